namespace Functional

/// What runs along a dimension besides totals and products: extremes, logarithms of totals, differences.
[<RequireQualifiedAccess>]
module internal Running =
    /// Where the extreme of the elements so far stands: the first of equals; of NaN, from the first one on.
    let rec private standing dim (x: Tensor) (y: Tensor) : Tensor =
        let size = x.Type.Sizes[dim]
        let sizes = [ for k in 0 .. x.Rank - 1 -> if k = dim then size else 1 ]
        let positions = Scans.iota x DType.Int64 size |> Arranging.resized sizes Format.None
        let before = Scans.shifted dim 0. y
        let equal a b = Elementwise.lift Equal [ a; b ]
        let areNaN = Elementwise.lift And [ Elementwise.isNaN y; Elementwise.isNaN before ]
        let isSame = Elementwise.lift Or [ equal y before; areNaN ]
        let zero = Tensor.Literal(DType.Int64, 0.)
        let found = Elementwise.lift Where [ Movement.relabel Format.None isSame; zero; positions ]
        Define.apply (max dim) [ found ]

    and private extreme name reduction scalar dim : Op =
        let pull _ (args: Tensor list) (y: Tensor) (dy: Tensor) =
            Some(Gathering.addAlong dim args.Head.Type (standing dim args.Head y) dy)
        Scans.scan name reduction scalar dim pull

    /// y[k] = the greatest of x[0] … x[k]; NaN from the first NaN on. The first of equals takes the cotangent.
    and max dim : Op = extreme "CumMax" MaxOf Max dim

    /// y[k] = the least of x[0] … x[k].
    let min dim : Op = extreme "CumMin" MinOf Min dim

    let greatest dim (Given "CumMax" x) = Define.apply (max (Labels.dimension "CumMax" x.Type dim)) [ x ]
    let least dim (Given "CumMin" x) = Define.apply (min (Labels.dimension "CumMin" x.Type dim)) [ x ]

    /// y[k] = ln (e^x[0] + … + e^x[k]), by recursive doubling (Hillis and Steele, 1986): each sum is taken about its own
    /// greatest term. O(n log n).
    let logSumExp dim (Given "LogCumSumExp" x) : Tensor =
        let dim = Labels.dimension "LogCumSumExp" x.Type dim
        let size = x.Type.Sizes[dim]
        let both a b = Arranging.stack -1 [ a; b ] |> Statistics.logSumExp [ x.Rank ]

        let rec double reach (y: Tensor) =
            if reach >= size then
                y
            else
                let first, rest = Scans.part dim 0 reach y, Scans.part dim reach (size - reach) y
                let longer = both (Scans.part dim 0 (size - reach) y) rest
                double (2 * reach) (Define.apply (Movement.concat dim) [ first; longer ])

        Statistics.floating "LogCumSumExp" x
        double 1 (Movement.relabel Format.None x) |> Movement.relabel x.Format

    /// x[k + 1] - x[k], taken `order` times; the dimension is that much shorter, and empty where it was no longer.
    let difference order dim (Given "Diff" x) : Tensor =
        let dim = Labels.dimension "Diff" x.Type dim
        if order < 0 then
            Labels.dimensionError "Diff" [ x.Type ] $"there is no difference of order {order}" "use 0 or more"
        let step (x: Tensor) =
            let n = x.Type.Sizes[dim]
            if n = 0 then x else Scans.part dim 1 (n - 1) x - Scans.part dim 0 (n - 1) x
        Seq.fold (fun x _ -> step x) x (seq { 1..order })

    let entries: Entry list =
        [ Scans.entry "CumMax" "The greatest so far along a dimension; NaN from the first NaN on." max
          Scans.entry "CumMin" "The least so far along a dimension; NaN from the first NaN on." min ]

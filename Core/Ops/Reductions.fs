namespace Functional

/// Ops that make one value of many along dimensions (ascending), which disappear. The sum, which movement needs, is in
/// Movement.
[<RequireQualifiedAccess>]
module internal Reductions =
    let private op name reduction domain dims start combine pull : Op =
        let infer (t: TensorType) =
            if not (Scalars.admits domain t.DType) then
                Labels.dtypeError name [ t ] $"{t.DType} has none" "cast the tensor, or compare to get Bool"

            Movement.without dims t

        let eval (result: TensorType) (lanes: Lanes list) i =
            Movement.meeting dims lanes.Head i
            |> Seq.fold
                (fun total lane -> Scalars.eval combine [ total; lane ])
                (Scalars.store result.DType (Real start))
            |> Scalars.store result.DType

        Define.op name [ "dims", box dims ] (Reduce(reduction, dims)) (List.head >> infer) eval pull

    /// The reverse rule of a product along the last dimension by halving it: each half's cotangent is the other half's
    /// product of partners times theirs. Zeros are no special case, as they are for y / x, and the rule is a composition
    /// that differentiates again. Takes O(n) multiplications in O(log n) ops.
    let rec private pullProduct (x: Tensor) (dy: Tensor) : Tensor =
        let last = x.Rank - 1
        let n = x.Shape[last]
        let along range = [ for k in 0..last -> if k = last then range else 0, 1, x.Shape[k] ]
        let part start count t = Define.apply (Movement.slice (along (start, 1, count))) [ t ]

        if n = 1 then
            dy
        elif n = 0 then
            x
        else
            let half = (n + 1) / 2
            let a, b = part 0 half x, part half (n - half) x
            let around = [ for k in 0..last -> 0, (if k = last then 2 * half - n else 0), 0 ]
            let b = if 2 * half = n then b else Define.apply (Movement.pad around 1.) [ b ]
            let d = pullProduct (a * b) dy
            Define.apply (Movement.concat last) [ d * b; part 0 (n - half) (d * a) ]

    /// Of nothing, 1.
    let product dims =
        let pull _ (args: Tensor list) _ (dy: Tensor) =
            let x = args.Head
            let kept = List.except dims [ 0 .. x.Rank - 1 ]
            let order = kept @ dims
            let inverse = [ for k in 0 .. x.Rank - 1 -> List.findIndex ((=) k) order ]
            let moved = Define.apply (Movement.permute order) [ x ]
            let reshape sizes (format: Format) t = Define.apply (Movement.reshape sizes format) [ t ]
            let outer = [ for d in kept -> x.Shape[d] ]
            let n = dims |> List.fold (fun n d -> n * x.Shape[d]) 1
            let dx = pullProduct (reshape (outer @ [ n ]) Format.None moved) (reshape (outer @ [ 1 ]) Format.None dy)
            let back = reshape (List.ofSeq moved.Shape) moved.Format dx
            Some(Define.apply (Movement.permute inverse) [ back ])

        op "Product" ProductOf Scalars.Numeric dims 1. Mul pull

    /// The extreme values of a reduction share the cotangent equally.
    let private pullExtreme dims _ (args: Tensor list) (y: Tensor) (dy: Tensor) =
        let x = args.Head
        let extreme = Elementwise.lift Equal [ x; Movement.spread x.Type dims y ]
        let count = Define.apply (Movement.sum dims) [ Elementwise.lift (Cast x.DType) [ extreme ] ]
        let share = Movement.spread x.Type dims (dy / count)
        Some(Elementwise.lift Where [ extreme; share; Tensor.Literal(x.DType, 0.) ])

    let private extreme name reduction dims combine : Op =
        let op = op name reduction Scalars.Numeric dims 0. combine (pullExtreme dims)

        let infer (types: TensorType list) =
            let results = op.Infer types

            if dims |> List.exists (fun d -> types.Head.Sizes[d] = 0) then
                Labels.shapeError name types "nothing has no extreme value" "reduce dimensions of size 1 or more"

            results

        let eval (result: TensorType) (lanes: Lanes list) i =
            Movement.meeting dims lanes.Head i
            |> Seq.reduce (fun a b -> Scalars.eval combine [ a; b ])
            |> Scalars.store result.DType

        { op with Infer = infer; Eval = fun _ results lanes -> [ eval results.Head lanes ] }

    let max dims = extreme "ReduceMax" MaxOf dims Max
    let min dims = extreme "ReduceMin" MinOf dims Min
    /// Of nothing, false.
    let any dims = op "Any" AnyOf Scalars.Logical dims 0. Or Define.noPull
    /// Of nothing, true.
    let all dims = op "All" AllOf Scalars.Logical dims 1. And Define.noPull

    let private entry name domain summary make nonempty =
        Entry.unary "reduction" name summary (fun choose t ->
            let dims = Entry.someDimensions choose t
            let refused = nonempty && dims |> List.exists (fun d -> t.Sizes[d] = 0)
            if Scalars.admits domain t.DType && not refused then Some(make dims) else None)

    let entries: Entry list =
        [ entry "Product" Scalars.Numeric "Π x; of nothing 1; integers wrap around." product false
          entry "ReduceMax" Scalars.Numeric "The greatest x; NaN where any is." max true
          entry "ReduceMin" Scalars.Numeric "The least x; NaN where any is." min true
          entry "Any" Scalars.Logical "∃ x; of nothing false." any false
          entry "All" Scalars.Logical "∀ x; of nothing true." all false ]

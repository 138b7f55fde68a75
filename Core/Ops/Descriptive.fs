namespace Functional

open System

/// Which number stands for a quantile that falls between two elements.
type QuantileMethod =
    /// On the line between the two.
    | Linear = 0
    /// The lesser.
    | Lower = 1
    /// The greater.
    | Higher = 2
    /// The nearer; of two equally near ones the one at an even position.
    | Nearest = 3
    /// The mean of the two.
    | Midpoint = 4

/// Descriptive statistics by order and by products.
[<RequireQualifiedAccess>]
module internal Descriptive =
    /// These dimensions as one, the last, behind the others.
    let private gathered dims (x: Tensor) =
        let kept = List.except dims [ 0 .. x.Rank - 1 ]
        let n = dims |> List.fold (fun n d -> n * x.Type.Sizes[d]) 1
        let moved = Define.apply (Movement.permute (kept @ dims)) [ x ]
        Arranging.resized ([ for d in kept -> x.Type.Sizes[d] ] @ [ n ]) Format.None moved, Movement.without dims x.Type

    /// The number that `q` of the elements, of n in order, are not greater than: type 7 of R. J. Hyndman and Y. Fan, "Sample
    /// quantiles in statistical packages" (1996).
    let private between (q: float) method (order: int -> Tensor) n : Tensor =
        let place = q * float (n - 1)
        let low, high = int (floor place), int (ceil place)
        match method with
        | QuantileMethod.Lower -> order low
        | QuantileMethod.Higher -> order high
        | QuantileMethod.Nearest -> order (int (Math.Round place))
        | _ when low = high -> order low
        | QuantileMethod.Midpoint -> 0.5 * order low + 0.5 * order high
        | _ -> (float high - place) * order low + (place - float low) * order high

    let quantile method (q: float) dims (Given "Quantile" x) : Tensor =
        Statistics.floating "Quantile" x
        if not (q >= 0. && q <= 1.) then
            Labels.dimensionError "Quantile" [ x.Type ] $"there is no quantile {q}" "use a share from 0 to 1"
        if not (Enum.IsDefined<QuantileMethod> method) then
            raise (ArgumentOutOfRangeException(nameof method, method, "there is no such method"))
        let flat, result = gathered (Statistics.dimensions "Quantile" x.Type dims) x
        let last = flat.Rank - 1
        let n = flat.Type.Sizes[last]
        if n = 0 then
            Labels.shapeError "Quantile" [ x.Type ] "nothing has no quantiles" "reduce dimensions of size 1 or more"
        let sorted, _ = Sorting.sort false last flat
        let order k = Scans.part last k 1 sorted |> Arranging.resized (List.ofArray result.Sizes) result.Format
        // NaN comes last.
        let greatest = order (n - 1)
        Elementwise.lift Where [ Elementwise.isNaN greatest; Tensor.Literal(x.DType, nan); between q method order n ]

    let median dims x = quantile QuantileMethod.Linear 0.5 dims x

    let covariance (correction: int) observations (Given "Covariance" x) : Tensor =
        Statistics.floating "Covariance" x
        if x.Rank < 2 then
            Labels.dimensionError
                "Covariance"
                [ x.Type ]
                "it has not both variables and observations"
                "give a matrix, or a batch of them"
        let dim = Labels.dimension "Covariance" x.Type observations
        let n = x.Type.Sizes[dim]
        let variables = x.Type |> Movement.without [ dim ]
        let rows = Arranging.resized (List.ofArray variables.Sizes @ [ n ]) Format.None (Arranging.moveDim dim -1 x)
        let deviations = rows - Statistics.keep Statistics.mean [ rows.Rank - 1 ] rows
        let products = Contractions.matmul deviations (Arranging.transpose deviations)
        let labels = variables.Format.Labels
        let format = if labels = "" then "" else labels[.. labels.Length - 2] + "UU"
        products / float (n - correction) |> Movement.relabel (Format.Parse format)

    let correlation observations (Given "Correlation" x) : Tensor =
        let covariances = covariance 0 observations x
        let plain = Movement.relabel Format.None covariances
        let deviations = Tensor.Sqrt(Matrices.diagonal 0 plain)
        let column, row = Arranging.expandDims -1 deviations, Arranging.expandDims -2 deviations
        plain / (column * row) |> Movement.relabel covariances.Format

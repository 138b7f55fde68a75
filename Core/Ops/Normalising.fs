namespace Functional

/// Elements less their mean, over their deviation: over dimensions that the kind of normalisation names. The variance is
/// that of the differences from the mean, in a second pass, and of the whole population.
[<RequireQualifiedAccess>]
module internal Normalising =
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes

    let private check op epsilon (Given op x) =
        Statistics.floating op x
        System.ArgumentOutOfRangeException.ThrowIfNegative(epsilon, nameof epsilon)

    /// A tensor of the sizes of these dimensions, along them in the sizes and labels of another.
    let private along op what dims (x: Tensor) (t: Tensor) =
        if sizesOf t <> [ for d in dims -> x.Shape[d] ] then
            Labels.shapeError
                op
                [ x.Type; t.Type ]
                $"the {what} does not fit the operand"
                $"give sizes %A{[ for d in dims -> x.Shape[d] ]}"
        Define.apply (Movement.broadcast (sizesOf x) x.Format dims) [ Movement.relabel Format.None t ]

    /// scale · x + offset, both along these dimensions and each where it is given.
    let private affine op dims (scale: Tensor option) (offset: Tensor option) (x: Tensor) =
        let scaled = scale |> Option.fold (fun x s -> x * along op "scale" dims x s) x
        offset |> Option.fold (fun x o -> x + along op "offset" dims x o) scaled

    /// (x - mean) / √(variance + ε) over dimensions, and the mean and the variance.
    let private standardised dims (epsilon: float) (x: Tensor) =
        let mean = Statistics.mean dims x
        let difference = x - Movement.spread x.Type dims mean
        let variance = Statistics.mean dims (difference * difference)
        difference * Movement.spread x.Type dims (Define.apply Activations.rsqrt [ variance + epsilon ]), mean, variance

    /// Every dimension but that of the channels.
    let private channelOf op (x: Tensor) =
        let channel = Labels.channels op x.Type
        channel, List.except [ channel ] [ 0 .. x.Rank - 1 ]

    /// By a mean and a variance for each channel that are at hand.
    let batch
        epsilon
        scale
        offset
        (Given "BatchNormalization" mean)
        (Given "BatchNormalization" variance)
        (x: Tensor)
        : Tensor =
        let op = "BatchNormalization"
        check op epsilon x
        let channel, _ = channelOf op x
        let over what t = along op what [ channel ] x t
        let factor = Define.apply Activations.rsqrt [ variance + epsilon ]
        (x - over "mean" mean) * over "variance" factor |> affine op [ channel ] scale offset

    /// By mean and variance of the batch, for each channel; and these, as the running ones move towards them by a part
    /// of the difference: the variance is the unbiased estimate.
    let batchTraining
        epsilon
        (momentum: float)
        scale
        offset
        (Given "BatchNormalization" mean)
        (Given "BatchNormalization" variance)
        (x: Tensor)
        =
        let op = "BatchNormalization"
        check op epsilon x
        let channel, others = channelOf op x
        for what, t in [ "mean", mean; "variance", variance ] do
            along op what [ channel ] x t |> ignore

        let y, batchMean, batchVariance = standardised others epsilon x
        let count = others |> List.fold (fun n d -> n * float x.Shape[d]) 1.
        // Of a single element there is no unbiased estimate.
        let unbiased = if count > 1. then batchVariance * (count / (count - 1.)) else batchVariance
        let moved (running: Tensor) (now: Tensor) =
            let now = Movement.relabel running.Format now in running + momentum * (now - running)
        affine op [ channel ] scale offset y, moved mean batchMean, moved variance unbiased

    /// Over these dimensions, which scale and offset have.
    let layer (dims: int list) epsilon scale offset (x: Tensor) : Tensor =
        let op = "LayerNormalization"
        check op epsilon x
        let dims = Statistics.dimensions op x.Type dims
        let y, _, _ = standardised dims epsilon x
        affine op dims scale offset y

    /// x / √(mean of x² + ε) over these dimensions, which the scale has (Zhang and Sennrich, 2019).
    let rms (dims: int list) (epsilon: float) scale (x: Tensor) : Tensor =
        let op = "RmsNormalization"
        check op epsilon x
        let dims = Statistics.dimensions op x.Type dims
        let factor = Define.apply Activations.rsqrt [ Statistics.mean dims (x * x) + epsilon ]
        x * Movement.spread x.Type dims factor |> affine op dims scale None

    /// Of each observation, over groups of channels and all dimensions that are neither channels nor batch.
    let group groups epsilon scale offset (x: Tensor) : Tensor =
        let op = "GroupNormalization"
        check op epsilon x
        let channel = Sliding.channel op x.Type
        if groups < 1 || x.Shape[channel] % groups <> 0 then
            Labels.shapeError
                op
                [ x.Type ]
                $"{groups} groups do not share {x.Shape[channel]} channels"
                "give a number of groups that divides the channels"

        let sizes, batches = sizesOf x, Labels.places x.Type 'B'
        let parts = List.take channel sizes @ [ groups; sizes[channel] / groups ] @ List.skip (channel + 1) sizes
        let dims =
            [ for k in 0 .. x.Rank do
                  let own = if k <= channel then k else k - 1
                  if k <> channel && not (List.contains own batches) then k ]
        let y, _, _ = standardised dims epsilon (Arranging.resized parts Format.None x)
        Arranging.resized sizes x.Format y |> affine op [ channel ] scale offset

    /// Each channel of each observation by itself.
    let instance epsilon scale offset (Given "InstanceNormalization" x) : Tensor =
        group x.Shape[Sliding.channel "InstanceNormalization" x.Type] epsilon scale offset x

    /// x / (k + α · mean of x² over a window of channels)^β; the window has ⌊(size - 1) / 2⌋ channels before, ⌊size / 2⌋
    /// after (Krizhevsky, Sutskever and Hinton, 2012, with α over the size of the window).
    let crossChannel size (alpha: float) (beta: float) (k: float) (x: Tensor) : Tensor =
        let op = "CrossChannelNormalization"
        check op 0. x
        let channel = Labels.channels op x.Type
        if size < 1 then
            Labels.shapeError op [ x.Type ] $"a window of {size} channels is impossible" "give at least 1"
        let window = { Dim = channel; Size = size; Stride = 1; Dilation = 1 }
        let windows =
            Movement.relabel Format.None (x * x)
            |> Sliding.padded 0. [ channel ] [ (size - 1) / 2, size / 2 ]
            |> Sliding.slide [ window ]
        let squares = Define.apply (Movement.sum [ x.Rank ]) [ windows ]
        x / Tensor.Pow(k + (alpha / float size) * Movement.relabel x.Format squares, beta)

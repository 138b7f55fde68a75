namespace Functional.FSharp

open Functional

/// How far predictions are from their targets. Classes are the dimension of the predictions that is labelled C, the last one
/// of unformatted predictions. The targets of classes are probabilities (one-hot rows, say), of the same sizes and labels; or
/// integers that number the classes from 0, without that dimension. An integer that numbers no class adds nothing. NaN gives
/// NaN, and so does the mean over nothing. All throw ShapeException for targets or masks that do not fit; those of classes
/// DimensionException where there are none.
[<RequireQualifiedAccess>]
module Loss =
    let private number (x: Tensor) value = Tensor.Literal(x.DType, value)
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private isZero t = Elementwise.lift Equal [ t; number t 0. ]
    let private positive x = Define.apply Activations.relu [ x ]

    let private checkSizes op (y: Tensor) (Given op target) (expected: int array) =
        if target.Type.Sizes <> expected then
            Labels.shapeError
                op
                [ y.Type; target.Type ]
                "the targets do not fit the predictions"
                $"here they have sizes %A{expected}"

    let private alike op (Given op y) (Given op target) = checkSizes op y target y.Type.Sizes

    /// The probability of each class: the target itself, or 1 at the class that it numbers and 0 elsewhere.
    let private probabilities op dim (y: Tensor) (target: Tensor) =
        if Scalars.isFloating target.DType then
            checkSizes op y target y.Type.Sizes
            target
        else
            checkSizes op y target (Array.removeAt dim y.Type.Sizes)
            let classes = Channels.numbers dim y.Type target.DType
            Elementwise.lift (Cast y.DType) [ Elementwise.lift Equal [ Channels.spread dim y.Type target; classes ] ]

    /// t · f, and 0 where t is 0, be f infinite.
    let private times (t: Tensor) (f: Tensor) = select (isZero t) (number t 0.) (t * f)

    /// Where a class is impossible its logarithm does not count, be it infinite.
    let private crossEntropyOf
        op
        (options: CrossEntropyOptions)
        (Given op y)
        (Given op target)
        (logarithm: Tensor -> Tensor)
        =
        System.ArgumentOutOfRangeException.ThrowIfNegative(options.Smoothing, "Smoothing")
        System.ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Smoothing, 1., "Smoothing")
        let dim = Channels.dimension op y.Type
        let t = probabilities op dim y target
        let weights = options.Weights |> Option.map (Channels.along op "weights" y)
        let weighed t = weights |> Option.fold (fun t w -> t * w) t
        let s = options.Smoothing
        // What numbers no class has no probability to share out.
        let shared () = Channels.spread dim y.Type (Channels.sum dim t) * (s / float y.Shape[dim])
        let smooth = if s = 0. then t else (1. - s) * t + shared ()
        let losses = -(Channels.sum dim (times (weighed smooth) (logarithm (isZero smooth))))
        let counts = weights |> Option.map (fun _ -> Channels.sum dim (weighed t))
        Losses.weighed op options.Reduction options.Mask counts losses

    /// `crossEntropy` with weights, a mask, smoothed targets, or another reduction. A mean weighs observations by the
    /// mask and by the weights of their targets, Σᵢ tᵢ · wᵢ.
    /// Throws ArgumentOutOfRangeException for a smoothing outside 0 … 1.
    let crossEntropyWith options (y: Tensor) (target: Tensor) : Tensor =
        crossEntropyOf "CrossEntropy" options y target (fun isImpossible -> log (select isImpossible (number y 1.) y))

    /// `crossEntropyOfLogits` with options, as `crossEntropyWith`.
    let crossEntropyOfLogitsWith options (x: Tensor) (target: Tensor) : Tensor =
        crossEntropyOf "CrossEntropyOfLogits" options x target (fun _ -> Activation.logSoftmax x)

    /// -Σᵢ tᵢ · log yᵢ over the classes, the mean over all else, given probabilities y. It is infinite where what is possible
    /// was given probability 0: where that may happen, `crossEntropyOfLogits` keeps the digits.
    let crossEntropy (y: Tensor) (target: Tensor) : Tensor = crossEntropyWith CrossEntropyOptions.Default y target

    /// The cross-entropy of softmax x, given logits x: -Σᵢ tᵢ · (xᵢ - log Σⱼ e^xⱼ), the mean over all but the classes.
    let crossEntropyOfLogits (x: Tensor) (target: Tensor) : Tensor =
        crossEntropyOfLogitsWith CrossEntropyOptions.Default x target

    /// -(t · log y + (1 - t) · log(1 - y)) for each element, given probabilities y of one class and targets from 0 to 1.
    let binaryCrossEntropy options (y: Tensor) (target: Tensor) : Tensor =
        let op = "BinaryCrossEntropy"
        alike op y target
        let logarithm t p = times t (log (select (isZero t) (number y 1.) p))
        Losses.reduce op options -(logarithm target y + logarithm (1. - target) (1. - y))

    /// The binary cross-entropy of sigmoid x, given logits x: finite for all of them.
    let binaryCrossEntropyOfLogits options (x: Tensor) (target: Tensor) : Tensor =
        let op = "BinaryCrossEntropyOfLogits"
        alike op x target
        let softplus x = Define.apply Activations.softplus [ x ]
        Losses.reduce op options (target * softplus -x + (1. - target) * softplus x)

    /// The cross-entropy of probabilities y, each class weighed by α · (1 - yᵢ)^γ, so that what is easily told adds little
    /// (Lin et al., 2017).
    let focalCrossEntropy (options: LossOptions) (alpha: float) (gamma: float) (y: Tensor) (target: Tensor) : Tensor =
        let op = "FocalCrossEntropy"
        let y, target = given op y, given op target
        let dim = Channels.dimension op y.Type
        let t = probabilities op dim y target
        let p = select (isZero t) (number y 1.) y
        let doubt = Tensor.Pow(1. - p, gamma)
        Losses.reduce op options (-alpha * Channels.sum dim (times t (doubt * log p)))

    /// The focal cross-entropy of softmax x, given logits x: finite for all of them.
    let focalCrossEntropyOfLogits
        (options: LossOptions)
        (alpha: float)
        (gamma: float)
        (x: Tensor)
        (target: Tensor)
        : Tensor =
        let op = "FocalCrossEntropyOfLogits"
        let x, target = given op x, given op target
        let dim = Channels.dimension op x.Type
        let t = probabilities op dim x target
        let logarithm = Activation.logSoftmax x
        // Digits that the logarithm has are not lost where e^l is nearly 1.
        let doubt = Tensor.Pow(-(Elementwise.lift Expm1 [ logarithm ]), gamma)
        Losses.reduce op options (-alpha * Channels.sum dim (times t (doubt * logarithm)))

    /// The focal cross-entropy of sigmoid x for each element, given logits x of one class and targets t from 0 to 1: that of
    /// `binaryCrossEntropyOfLogits` times (α · t + (1 - α) · (1 - t)) · dᵞ, where d is the probability that x gives to what is
    /// not the target (Lin et al., 2017). Finite for all logits.
    let binaryFocalCrossEntropyOfLogits
        (options: LossOptions)
        (alpha: float)
        (gamma: float)
        (x: Tensor)
        (target: Tensor)
        : Tensor =
        let op = "BinaryFocalCrossEntropyOfLogits"
        alike op x target
        let lift activation x = Define.apply activation [ x ]
        let softplus, sigmoid = lift Activations.softplus, lift Activations.sigmoid
        let entropy = target * softplus -x + (1. - target) * softplus x
        let doubt = target * sigmoid -x + (1. - target) * sigmoid x
        let weight = alpha * target + (1. - alpha) * (1. - target)
        Losses.reduce op options (weight * Tensor.Pow(doubt, gamma) * entropy)

    /// Σᵢ tᵢ · (log tᵢ - log yᵢ) over the classes, given logarithms of probabilities: the divergence of Kullback and Leibler
    /// (1951).
    let klDivergence options (logarithms: Tensor) (target: Tensor) : Tensor =
        let op = "KlDivergence"
        alike op logarithms target
        let own = log (select (isZero target) (number target 1.) target)
        Losses.reduce
            op
            options
            (Channels.sum (Channels.dimension op logarithms.Type) (times target (own - logarithms)))

    /// (y - t)² for each element. MATLAB's `mse` is half of it.
    let squaredError options (y: Tensor) (target: Tensor) : Tensor =
        alike "SquaredError" y target
        let error = y - target
        Losses.reduce "SquaredError" options (error * error)

    /// The mean of (y - t)² over all elements.
    let meanSquaredError (y: Tensor) (target: Tensor) : Tensor =
        let y, target = given "MeanSquaredError" y, given "MeanSquaredError" target
        alike "MeanSquaredError" y target
        squaredError LossOptions.Default y target

    /// |y - t| for each element.
    let absoluteError options (y: Tensor) (target: Tensor) : Tensor =
        alike "AbsoluteError" y target
        Losses.reduce "AbsoluteError" options (Tensor.Abs(y - target))

    /// Of the error e = y - t of each element ½ e² up to δ, beyond it δ · (|e| - ½ δ) (Huber, 1964).
    /// Throws ArgumentOutOfRangeException unless δ is positive.
    let huber options (delta: float) (y: Tensor) (target: Tensor) : Tensor =
        System.ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta, nameof delta)
        alike "Huber" y target
        let e = Tensor.Abs(y - target)
        let isSmall = Tensor.op_LessThanOrEqual (e, delta)
        // Of a large error, which is not squared here, the derivative would be 0 · ∞.
        let small = select isSmall e (number e 0.)
        Losses.reduce "Huber" options (select isSmall (0.5 * small * small) (delta * (e - 0.5 * delta)))

    /// max(0, 1 - t · y) for each element, with targets -1 and 1.
    let hinge options (y: Tensor) (target: Tensor) : Tensor =
        alike "Hinge" y target
        Losses.reduce "Hinge" options (positive (1. - target * y))

    /// 1 less the cosine of the angle between y and t along the channels; 1 where one of them is 0.
    let cosine options (y: Tensor) (target: Tensor) : Tensor =
        let op = "Cosine"
        alike op y target
        let dim = Channels.dimension op y.Type
        let lengths = Statistics.norm [ dim ] y * Statistics.norm [ dim ] target
        let product = Channels.sum dim (y * target)
        let nothing = isZero lengths
        let quotient = product / select nothing (number y 1.) lengths
        Losses.reduce op options (1. - select nothing (number y 0.) quotient)

    /// max(0, |a - p| - |a - n| + margin), distances along the channels: an anchor is to be nearer to its positive example
    /// than to the negative one (Schroff, Kalenichenko and Philbin, 2015, there with squares).
    let triplet options (margin: float) (anchor: Tensor) (near: Tensor) (far: Tensor) : Tensor =
        let op = "Triplet"
        alike op anchor near
        alike op anchor far
        let dim = Channels.dimension op anchor.Type
        let distance (other: Tensor) = Statistics.norm [ dim ] (anchor - other)
        Losses.reduce op options (positive (distance near - distance far + margin))

    /// -log of the probability that the classes spell the labels once repetitions and then blanks are left out, given
    /// logarithms of probabilities labelled T, B and C (Graves et al., 2006). Labels (integers, [batch; n]) count up to
    /// their length, the predictions up to theirs, both [batch]. Infinite, with derivative 0, where there are too few
    /// steps. The trace grows with the number of steps.
    /// Throws DimensionException for other labels of the predictions, or a label that is no class when it runs,
    /// DTypeException for labels or lengths that are not integers.
    let ctc
        (options: LossOptions)
        (blank: int)
        (logarithms: Tensor)
        (labels: Tensor)
        (times: Tensor)
        (lengths: Tensor)
        =
        Losses.reduce "Ctc" options (Ctc.ofLogarithms "Ctc" blank logarithms labels times lengths)

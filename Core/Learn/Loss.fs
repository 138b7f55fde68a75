namespace Functional.FSharp

open Functional

/// How far predictions are from their targets, as a scalar. Classes are the dimension of the predictions that is labelled C,
/// the last one of unformatted predictions. The targets of classes are probabilities (one-hot rows, say), of the same sizes
/// and labels; or integers that number the classes from 0, without that dimension. An integer that numbers no class adds
/// nothing. NaN gives NaN, and so does an empty batch.
[<RequireQualifiedAccess>]
module Loss =
    let private number (x: Tensor) value = Tensor.Literal(x.DType, value)
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private total (x: Tensor) = Define.apply (Movement.sum [ 0 .. x.Rank - 1 ]) [ x ]

    let private checkSizes op (y: Tensor) (target: Tensor) (expected: int array) =
        if target.Type.Sizes <> expected then
            Labels.shapeError
                op
                [ y.Type; target.Type ]
                "the targets do not fit the predictions"
                $"here they have sizes %A{expected}"

    /// The probability of each class: the target itself, or 1 at the class that it numbers and 0 elsewhere.
    let private probabilities op dim (y: Tensor) (target: Tensor) =
        if Scalars.isFloating target.DType then
            checkSizes op y target y.Type.Sizes
            target
        else
            checkSizes op y target (Array.removeAt dim y.Type.Sizes)
            let classes = Channels.numbers dim y.Type target.DType
            Elementwise.lift (Cast y.DType) [ Elementwise.lift Equal [ Channels.spread dim y.Type target; classes ] ]

    /// Where a class is impossible its logarithm does not count, be it infinite.
    let private crossEntropyOf op (Given op y) (Given op target) (logarithm: Tensor -> Tensor) =
        let dim = Channels.dimension op y.Type
        let t = probabilities op dim y target
        let isImpossible = Elementwise.lift Equal [ t; number t 0. ]
        let terms = select isImpossible (number t 0.) (t * logarithm isImpossible)
        -(total terms / (Array.removeAt dim y.Type.Sizes |> Array.fold (fun n size -> n * float size) 1.))

    /// -Σᵢ tᵢ · log yᵢ over the classes, the mean over all else, given probabilities y. It is infinite where what is possible
    /// was given probability 0: where that may happen, `crossEntropyOfLogits` keeps the digits.
    /// Throws ShapeException for targets of other sizes, DimensionException where there are no classes.
    let crossEntropy (y: Tensor) (target: Tensor) : Tensor =
        crossEntropyOf "CrossEntropy" y target (fun isImpossible -> log (select isImpossible (number y 1.) y))

    /// The cross-entropy of softmax x, given logits x: -Σᵢ tᵢ · (xᵢ - log Σⱼ e^xⱼ), the mean over all but the classes.
    /// Throws ShapeException for targets of other sizes, DimensionException where there are no classes.
    let crossEntropyOfLogits (x: Tensor) (target: Tensor) : Tensor =
        crossEntropyOf "CrossEntropyOfLogits" x target (fun _ -> Activation.logSoftmax x)

    /// The mean of (y - t)² over all elements.
    /// Throws ShapeException for targets of other sizes.
    let meanSquaredError (y: Tensor) (target: Tensor) : Tensor =
        let y, target = given "MeanSquaredError" y, given "MeanSquaredError" target
        checkSizes "MeanSquaredError" y target y.Type.Sizes
        let error = y - target
        Statistics.mean [] (error * error)

namespace Functional.FSharp

open Functional

/// How good predictions are, as a scalar, for people to read: metrics have no derivative. Classes are the dimension of the
/// predictions that is labelled C, the last one of unformatted predictions.
[<RequireQualifiedAccess>]
module Metric =
    /// The share of predictions whose greatest class is the target's. Targets are as `Loss.crossEntropy` takes them. NaN
    /// where there are no predictions.
    /// Throws ShapeException for targets of other sizes, DimensionException where there are no classes.
    let accuracy (y: Tensor) (target: Tensor) : Tensor =
        let y, target = given "Accuracy" y, given "Accuracy" target
        let dim = Channels.dimension "Accuracy" y.Type
        let guess = Sorting.argMaxAt dim y

        let truth =
            if Scalars.isFloating target.DType then Sorting.argMaxAt dim target
            elif target.DType = DType.Int64 then target
            else Elementwise.lift (Cast DType.Int64) [ target ]

        if truth.Type.Sizes <> guess.Type.Sizes then
            Labels.shapeError
                "Accuracy"
                [ y.Type; target.Type ]
                "the targets do not fit the predictions"
                $"here they have sizes %A{guess.Type.Sizes}"

        Statistics.mean [] (Elementwise.lift (Cast y.DType) [ Elementwise.lift Equal [ guess; truth ] ])

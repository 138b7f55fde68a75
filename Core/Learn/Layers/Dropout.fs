namespace Functional

open System
open Functional.FSharp

/// Sets each element to 0 with a probability while the network is trained, and scales the others so that their mean stays;
/// passes its input on in prediction (Srivastava et al., 2014).
[<Sealed; AllowNullLiteral(false)>]
type Dropout(probability: float) =
    inherit Layer()

    do
        ArgumentOutOfRangeException.ThrowIfNegative probability
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1.)

    /// The share of elements that is set to 0.
    member _.Probability = probability

    override _.Predict x = x

    override _.Forward x =
        let isDropped = Uniform.bernoulli x.Interpreter probability x.Type
        Elementwise.lift Where [ isDropped; Tensor.Literal(x.DType, 0.); x / (1. - probability) ]

    interface IAcceleratable

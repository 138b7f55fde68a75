namespace Functional

open System
open System.Collections.Generic
open Functional.FSharp

/// A layer that makes one tensor of several: its inputs are "in1", "in2" and so on.
[<AbstractClass; AllowNullLiteral(false)>]
type CombiningLayer(count: int) =
    inherit MultiLayer()
    do ArgumentOutOfRangeException.ThrowIfLessThan(count, 1)
    let inputs: IReadOnlyList<string> = [| for k in 1..count -> $"in{k}" |]

    /// What it makes of its inputs.
    abstract Combine: inputs: IReadOnlyList<Tensor> -> Tensor

    override _.Inputs = inputs

    override this.Predict given =
        Ports.count this count given
        [| this.Combine given |]

    interface IAcceleratable

/// The sum of its inputs, broadcast to each other by their labels.
[<Sealed; AllowNullLiteral(false)>]
type Addition(count: int) =
    inherit CombiningLayer(count)
    /// Of two inputs.
    new() = Addition 2
    override _.Combine inputs = Seq.reduce (+) inputs

/// The product of its inputs, broadcast to each other by their labels.
[<Sealed; AllowNullLiteral(false)>]
type Multiplication(count: int) =
    inherit CombiningLayer(count)
    /// Of two inputs.
    new() = Multiplication 2
    override _.Combine inputs = Seq.reduce (*) inputs

/// Its inputs side by side along the channels: the dimension labelled C, the last one of unformatted input.
[<Sealed; AllowNullLiteral(false)>]
type Concatenation(count: int) =
    inherit CombiningLayer(count)
    /// Of two inputs.
    new() = Concatenation 2
    override _.Combine inputs = Arranging.concat (Channels.dimension "Concatenation" inputs[0].Type) (List.ofSeq inputs)

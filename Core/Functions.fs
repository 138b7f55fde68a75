namespace Functional.FSharp

open System
open Functional

/// Tensors: made, taken apart and computed with. Elementwise functions of .NET's usual names (`exp`, `tanh`, `sqrt`, …) and
/// operators apply to tensors as they do to numbers.
[<RequireQualifiedAccess>]
module Tensor =
    let private one op args = Tensor.Apply(op, args) |> List.head

    let private dtypeOf<'T> =
        if typeof<'T> = typeof<float32> then
            DType.Float32
        elif typeof<'T> = typeof<float> then
            DType.Float64
        elif typeof<'T> = typeof<int> then
            DType.Int32
        elif typeof<'T> = typeof<int64> then
            DType.Int64
        elif typeof<'T> = typeof<bool> then
            DType.Bool
        else
            raise (
                DTypeException(
                    "Tensor",
                    [],
                    $"no tensor has elements of {typeof<'T>}",
                    "use float32, float, int, int64 or bool"
                )
            )

    /// A tensor of these sizes and labels; the data, in row-major order, is copied.
    /// Throws ShapeException where their number is not the product of the sizes.
    let create<'T> (sizes: int seq) (format: string) (data: 'T array) : Tensor =
        let ty = TensorType(dtypeOf<'T>, sizes, Format.Parse format)

        if data.Length <> ty.Count then
            raise (
                ShapeException(
                    "Tensor.create",
                    [ ty ],
                    $"{data.Length} elements were given for {ty.Count}",
                    "give as many elements as the product of the sizes"
                )
            )

        Direct.Tensor(ty, Blocks.ofArray ty (Array.copy data))

    /// A copy of the elements in row-major order.
    let toArray<'T> (x: Tensor) : 'T array =
        if dtypeOf<'T> <> x.DType then
            raise (
                DTypeException(
                    "Tensor.toArray",
                    [ x.Type ],
                    $"its elements are no {typeof<'T>}",
                    "cast the tensor first"
                )
            )

        Array.copy (Blocks.toArray x.Type (x.Interpreter.Read x) :?> 'T array)

    let sum (dims: int list) (x: Tensor) = one (Movement.sum (Labels.dimensions "Sum" x.Type dims)) [ x ]

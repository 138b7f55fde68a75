namespace Functional.FSharp

open System
open Functional

/// Tensors from the host language's data, and back.
[<AutoOpen>]
module Creation =
    /// Functions of tensors. Operators and .NET's usual functions (`exp`, `tanh`, `sqrt`, …) apply to tensors as they do to
    /// numbers, and are not repeated here.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// A tensor of these sizes and labels ("" for none); the data, in row-major order, are copied.
        /// Throws ShapeException where their number is not the product of the sizes, TensorFormatException for an impossible
        /// format, DTypeException for elements other than float32, float, int, int64 and bool.
        let create<'T> (sizes: int seq) (format: string) (data: 'T array) : Tensor =
            HostData.ofSpan<'T> (ReadOnlySpan data) sizes (Format.Parse format)

        /// A tensor with the sizes of an array of any number of dimensions, or of arrays of arrays: `[| [| 1.; 2. |] |]` is
        /// 1 × 2.
        /// Throws ShapeException where inner arrays differ in length, DTypeException for other elements than `create` takes.
        let ofArray (format: string) (data: Array) : Tensor = HostData.ofNested data (Format.Parse format)

        /// One number without dimensions.
        /// Throws DTypeException for other types than `create` takes.
        let scalar<'T> (value: 'T) : Tensor = create [] "" [| value |]

        /// The same number everywhere, as the data type stores it. Takes the memory of one element.
        let full dtype (sizes: int seq) (format: string) (value: float) : Tensor =
            HostData.constant (TensorType(dtype, sizes, Format.Parse format)) value

        /// 0 everywhere. Takes the memory of one element.
        let zeros dtype sizes format : Tensor = full dtype sizes format 0.
        /// 1 everywhere. Takes the memory of one element.
        let ones dtype sizes format : Tensor = full dtype sizes format 1.

        /// The same number everywhere, with data type, sizes and format of a tensor.
        let fullLike (like: Tensor) value : Tensor =
            let like = given "FullLike" like in Movement.constant like.Interpreter like.Type value

        /// 0 everywhere, with data type, sizes and format of a tensor.
        let zerosLike like : Tensor = fullLike like 0.
        /// 1 everywhere, with data type, sizes and format of a tensor.
        let onesLike like : Tensor = fullLike like 1.

        /// The identity matrix: n × n, 1 on the diagonal, 0 elsewhere.
        let eye dtype n : Tensor = HostData.eye dtype n

        /// start, start + step, … as far as before stop; each start + k · step, computed in Float64.
        /// Throws ArgumentOutOfRangeException where the step is 0 or NaN.
        let arange dtype start stop step : Tensor = HostData.arange dtype start stop step

        /// `count` evenly spaced numbers, first and last included; of one, the first.
        /// Throws ShapeException for a negative count.
        let linspace dtype first last count : Tensor = HostData.linspace dtype first last count

        /// A copy of the elements in row-major order. Of a traced tensor this is a host read, which guards the trace.
        /// Throws DTypeException where they are no 'T.
        let toArray<'T> (x: Tensor) : 'T array = HostData.toArray<'T> x

        /// The only element. Of a traced tensor this is a host read, which guards the trace.
        /// Throws DTypeException where it is no 'T, ShapeException for more elements or none.
        let toScalar<'T> (x: Tensor) : 'T = HostData.toScalar<'T> x

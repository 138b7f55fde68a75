namespace Functional.FSharp

open Functional

/// Discrete Fourier transforms along a dimension (negative: from the end). Complex tensors are pairs of real ones of one type,
/// real and imaginary parts; Float32 and Float64, Float32 being computed in Float64 and rounded once. Any length; powers of two
/// are fastest. A row with an element that is not finite is NaN everywhere. All have gradients, of any order. All throw
/// DTypeException for other data types, ShapeException for parts that are not alike, DimensionException for a dimension that is
/// not there.
[<RequireQualifiedAccess>]
module Fourier =
    /// Y[k] = Σ X[j] e^(-2πi jk/n), times what the norm says.
    let fft norm dim (struct (re: Tensor, im: Tensor)) : struct (Tensor * Tensor) =
        FourierTransforms.transform false norm dim re im

    /// The inverse of `fft` with this norm.
    let ifft norm dim (struct (re: Tensor, im: Tensor)) : struct (Tensor * Tensor) =
        FourierTransforms.transform true norm dim re im

    /// The first half of a real tensor's transform, ⌊n/2⌋ + 1 numbers; the others are the conjugates of these.
    let rfft norm dim (x: Tensor) : struct (Tensor * Tensor) = FourierTransforms.ofReal norm dim x

    /// The real tensor, of this length along the dimension, of which `rfft` gives these numbers; imaginary parts that a real
    /// tensor's transform cannot have do not count.
    /// Throws ShapeException unless there are ⌊length/2⌋ + 1 numbers.
    let irfft norm length dim (struct (re: Tensor, im: Tensor)) : Tensor =
        FourierTransforms.toReal norm length dim re im

    /// `fft` along several dimensions.
    let fftn norm (dims: int list) (x: struct (Tensor * Tensor)) : struct (Tensor * Tensor) =
        List.fold (fun x dim -> fft norm dim x) x dims

    /// `ifft` along several dimensions.
    let ifftn norm (dims: int list) (x: struct (Tensor * Tensor)) : struct (Tensor * Tensor) =
        List.fold (fun x dim -> ifft norm dim x) x dims

    /// The frequency of each number of a transform of n: k / (n·spacing) for k from 0 up, then from below up to -1; Float64.
    let frequencies n spacing : Tensor = Tensor.create [ n ] "" (FourierTransforms.frequencies n spacing)

    /// The frequency 0 moves to the middle.
    let shift dim (x: Tensor) : Tensor =
        let x = given "FourierShift" x
        Indexing.roll dim (x.Shape[Labels.dimension "FourierShift" x.Type dim] / 2) x

    /// The frequency 0 moves back to the beginning.
    let unshift dim (x: Tensor) : Tensor =
        let x = given "FourierShift" x
        Indexing.roll dim (-(x.Shape[Labels.dimension "FourierShift" x.Type dim] / 2)) x

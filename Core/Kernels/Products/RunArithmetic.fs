namespace Functional

#nowarn "9" // Addresses of elements.

open System
open System.Numerics
open System.Numerics.Tensors
open Microsoft.FSharp.NativeInterop

/// The arithmetic of products on elements that are adjacent in memory, for kernels that are not compiled.
[<AbstractClass>]
type internal RunArithmetic() =
    /// As many sums of nothing: added to a number it leaves all its bits.
    abstract Start: sums: nativeint * count: int -> unit
    /// To each sum the product of an element and one number, at an address.
    abstract Scale: elements: nativeint * number: nativeint * sums: nativeint * count: int -> unit
    /// To each sum the product of two elements.
    abstract Multiply: left: nativeint * right: nativeint * sums: nativeint * count: int -> unit
    abstract Add: elements: nativeint * sums: nativeint * count: int -> unit
    /// Makes every NaN the same one.
    abstract Settle: sums: nativeint * count: int -> unit

[<RequireQualifiedAccess>]
module internal RunArithmetic =
    let private pointer (address: nativeint) = NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address)
    let private written<'T when 'T: unmanaged and 'T: struct> address count = Span<'T>(pointer address, count)
    let private read<'T when 'T: unmanaged and 'T: struct> address count = ReadOnlySpan<'T>(pointer address, count)
    let private number<'T when 'T: unmanaged> (address: nativeint) = NativePtr.read (NativePtr.ofNativeInt<'T> address)

    /// With one rounding for a product and a sum.
    let private floating<'T
        when 'T: unmanaged
        and 'T: struct
        and 'T :> IFloatingPointIeee754<'T>
        and 'T: (new: unit -> 'T)
        and 'T :> ValueType>
        ()
        =
        { new RunArithmetic() with
            member _.Start(sums, n) = (written<'T> sums n).Fill 'T.NegativeZero

            member _.Scale(elements, x, sums, n) =
                TensorPrimitives.FusedMultiplyAdd<'T>(
                    read<'T> elements n,
                    number<'T> x,
                    read<'T> sums n,
                    written<'T> sums n
                )

            member _.Multiply(left, right, sums, n) =
                TensorPrimitives.FusedMultiplyAdd<'T>(
                    read<'T> left n,
                    read<'T> right n,
                    read<'T> sums n,
                    written<'T> sums n
                )

            member _.Add(elements, sums, n) =
                TensorPrimitives.Add<'T>(read<'T> sums n, read<'T> elements n, written<'T> sums n)

            member _.Settle(sums, n) =
                let sums = written<'T> sums n
                for k in 0 .. n - 1 do
                    if 'T.IsNaN sums[k] then sums[k] <- 'T.NaN }

    let private whole<'T
        when 'T: unmanaged and 'T: struct and 'T :> INumber<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        ()
        =
        { new RunArithmetic() with
            member _.Start(sums, n) = (written<'T> sums n).Clear()

            member _.Scale(elements, x, sums, n) =
                TensorPrimitives.MultiplyAdd<'T>(read<'T> elements n, number<'T> x, read<'T> sums n, written<'T> sums n)

            member _.Multiply(left, right, sums, n) =
                TensorPrimitives.MultiplyAdd<'T>(read<'T> left n, read<'T> right n, read<'T> sums n, written<'T> sums n)

            member _.Add(elements, sums, n) =
                TensorPrimitives.Add<'T>(read<'T> sums n, read<'T> elements n, written<'T> sums n)

            member _.Settle(_, _) = () }

    let private float32s, private floats = floating<float32>(), floating<float>()
    let private ints, private longs = whole<int>(), whole<int64>()

    let of' (element: Type) =
        if element = typeof<float32> then float32s
        elif element = typeof<float> then floats
        elif element = typeof<int> then ints
        else longs

/// Copies of elements, wherever they lie, for kernels that are not compiled.
[<RequireQualifiedAccess>]
module internal RunCopying =
    /// So many elements of a size, 4 or 8, at equal distances in bytes.
    let copy size (source: nativeint) (sourceStep: nativeint) (target: nativeint) (targetStep: nativeint) (count: int) =
        if sourceStep = nativeint (size: int) && targetStep = sourceStep then
            let bytes = int64 count * int64 size
            Buffer.MemoryCopy(
                NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> source),
                NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> target),
                bytes,
                bytes
            )
        else
            for k in 0n .. nativeint count - 1n do
                let from, into = source + k * sourceStep, target + k * targetStep
                if size = 4 then
                    NativePtr.write (NativePtr.ofNativeInt<int> into) (NativePtr.read (NativePtr.ofNativeInt<int> from))
                else
                    NativePtr.write
                        (NativePtr.ofNativeInt<int64> into)
                        (NativePtr.read (NativePtr.ofNativeInt<int64> from))

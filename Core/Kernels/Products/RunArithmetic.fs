namespace Functional

#nowarn "9" // Addresses of elements.

open System
open System.Numerics
open System.Numerics.Tensors
open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop

/// A row by a matrix: numbers at equal distances, and for each a row of adjacent elements, at equal distances as well or where a
/// table says, in bytes from the first; no table: 0.
[<Struct; NoEquality; NoComparison>]
type internal RowProduct =
    { Number: nativeint
      NumberStep: nativeint
      Elements: nativeint
      ElementStep: nativeint
      Table: nativeint
      K: nativeint }

    member inline p.At k =
        p.Elements
        + if p.Table = 0n then
              k * p.ElementStep
          else
              NativePtr.get (NativePtr.ofNativeInt<nativeint> p.Table) (int k)

/// The arithmetic of products on elements that are adjacent in memory, for kernels that are not compiled.
[<AbstractClass>]
type internal RunArithmetic() =
    /// As many sums of nothing: added to a number it leaves all its bits.
    abstract Start: sums: nativeint * count: int -> unit
    /// To each sum the product of an element and one number, at an address.
    abstract Scale: elements: nativeint * number: nativeint * sums: nativeint * count: int -> unit
    /// To the first sums all products of a row by a matrix, in ascending order, as far as they fill registers; how many sums.
    abstract Registers: product: RowProduct * sums: nativeint * count: int -> int
    /// To each sum the product of two elements.
    abstract Multiply: left: nativeint * right: nativeint * sums: nativeint * count: int -> unit
    abstract Add: elements: nativeint * sums: nativeint * count: int -> unit
    /// Makes every NaN the same one.
    abstract Settle: sums: nativeint * count: int -> unit

    /// To each sum all products of a row by a matrix, in ascending order. `size`: bytes of an element.
    member a.Row(size: nativeint, product: RowProduct, sums: nativeint, count: int) =
        let first = a.Registers(product, sums, count)
        if first < count then
            let at = nativeint first * size
            for k in 0n .. product.K - 1n do
                a.Scale(product.At k + at, product.Number + k * product.NumberStep, sums + at, count - first)

[<RequireQualifiedAccess>]
module internal RunArithmetic =
    let private pointer (address: nativeint) = NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address)
    let private written<'T when 'T: unmanaged and 'T: struct> address count = Span<'T>(pointer address, count)
    let private read<'T when 'T: unmanaged and 'T: struct> address count = ReadOnlySpan<'T>(pointer address, count)
    let private number<'T when 'T: unmanaged> (address: nativeint) = NativePtr.read (NativePtr.ofNativeInt<'T> address)

    /// Four registers of sums.
    let inline private four<'T when 'T: unmanaged and 'T: struct and 'T :> ValueType and 'T: (new: unit -> 'T)>
        ([<InlineIfLambda>] multiplyAdd: Vector<'T> -> Vector<'T> -> Vector<'T> -> Vector<'T>)
        (p: RowProduct)
        (at: nativeint)
        (sums: nativeint)
        =
        let n = nativeint sizeof<Vector<'T>>
        let inline load address = Unsafe.ReadUnaligned<Vector<'T>>(pointer address)
        let mutable a, b, c, d = load sums, load (sums + n), load (sums + 2n * n), load (sums + 3n * n)
        for k in 0n .. p.K - 1n do
            let x, row = Vector<'T>(number<'T>(p.Number + k * p.NumberStep)), p.At k + at
            a <- multiplyAdd (load row) x a
            b <- multiplyAdd (load (row + n)) x b
            c <- multiplyAdd (load (row + 2n * n)) x c
            d <- multiplyAdd (load (row + 3n * n)) x d
        Unsafe.WriteUnaligned(pointer sums, a)
        Unsafe.WriteUnaligned(pointer (sums + n), b)
        Unsafe.WriteUnaligned(pointer (sums + 2n * n), c)
        Unsafe.WriteUnaligned(pointer (sums + 3n * n), d)

    /// As many sums as fill four registers at a time; how many.
    let inline private registers<'T when 'T: unmanaged and 'T: struct and 'T :> ValueType and 'T: (new: unit -> 'T)>
        ([<InlineIfLambda>] multiplyAdd: Vector<'T> -> Vector<'T> -> Vector<'T> -> Vector<'T>)
        (p: RowProduct)
        (sums: nativeint)
        count
        =
        let size, group = nativeint sizeof<'T>, 4 * Vector<'T>.Count
        let mutable first = 0
        while first + group <= count do
            let at = nativeint first * size
            four<'T> multiplyAdd p at (sums + at)
            first <- first + group
        first

    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private float32Registers p sums n = registers<float32> (fun x y z -> Vector.FusedMultiplyAdd(x, y, z)) p sums n

    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private floatRegisters p sums n = registers<float> (fun x y z -> Vector.FusedMultiplyAdd(x, y, z)) p sums n

    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private intRegisters p sums n = registers<int> (fun x y z -> x * y + z) p sums n

    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private longRegisters p sums n = registers<int64> (fun x y z -> x * y + z) p sums n

    /// With one rounding for a product and a sum.
    let private floating<'T
        when 'T: unmanaged
        and 'T: struct
        and 'T :> IFloatingPointIeee754<'T>
        and 'T: (new: unit -> 'T)
        and 'T :> ValueType>
        (registers: RowProduct -> nativeint -> int -> int)
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

            member _.Registers(product, sums, n) = registers product sums n

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
        (registers: RowProduct -> nativeint -> int -> int)
        =
        { new RunArithmetic() with
            member _.Start(sums, n) = (written<'T> sums n).Clear()

            member _.Scale(elements, x, sums, n) =
                TensorPrimitives.MultiplyAdd<'T>(read<'T> elements n, number<'T> x, read<'T> sums n, written<'T> sums n)

            member _.Registers(product, sums, n) = registers product sums n

            member _.Multiply(left, right, sums, n) =
                TensorPrimitives.MultiplyAdd<'T>(read<'T> left n, read<'T> right n, read<'T> sums n, written<'T> sums n)

            member _.Add(elements, sums, n) =
                TensorPrimitives.Add<'T>(read<'T> sums n, read<'T> elements n, written<'T> sums n)

            member _.Settle(_, _) = () }

    let private float32s, private floats = floating<float32> float32Registers, floating<float> floatRegisters
    let private ints, private longs = whole<int> intRegisters, whole<int64> longRegisters

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

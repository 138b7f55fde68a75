namespace Functional

open System
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.Arm
open System.Runtime.Intrinsics.X86

/// The width of a vector register in bytes.
type internal VectorWidth =
    | Bits128 = 16
    | Bits256 = 32
    | Bits512 = 64

[<RequireQualifiedAccess>]
module internal VectorWidth =
    /// Those that this processor has.
    let supported =
        [ if Vector512.IsHardwareAccelerated then VectorWidth.Bits512
          if Vector256.IsHardwareAccelerated then VectorWidth.Bits256
          VectorWidth.Bits128 ]

    let best = supported.Head

    /// How many vector registers there are.
    let registers = if Avx512F.VL.IsSupported || AdvSimd.Arm64.IsSupported then 32 else 16

/// Emitted code that runs on a block of native integers: pointers, strides in bytes, counts.
type internal KernelCode = delegate of nativeint -> unit

/// Writes the body of a kernel: native integers, loops, loads and stores.
[<Sealed>]
type internal KernelWriter(name: string) =
    let kernel =
        DynamicMethod(
            name,
            typeof<Void>,
            // A delegate that is closed over its first argument calls the method itself, another one a stub.
            [| typeof<obj>; typeof<nativeint> |],
            typeof<KernelWriter>.Module,
            true,
            InitLocals = false
        )
    let il = kernel.GetILGenerator 4096

    member _.IL = il
    member _.Int() = il.DeclareLocal typeof<nativeint>
    member _.Local(ty: Type) = il.DeclareLocal ty
    member _.Get(local: LocalBuilder) = il.Emit(OpCodes.Ldloc, local)
    member _.Set(local: LocalBuilder) = il.Emit(OpCodes.Stloc, local)
    member _.Call(m: MethodInfo) = il.Emit(OpCodes.Call, m)
    member _.Add() = il.Emit OpCodes.Add
    member _.Mul() = il.Emit OpCodes.Mul

    member _.Number(n: int) =
        il.Emit(OpCodes.Ldc_I4, n)
        il.Emit OpCodes.Conv_I

    /// Pushes the address of the arguments.
    member _.Arguments() = il.Emit OpCodes.Ldarg_1

    /// Pushes the k-th argument.
    member w.Argument k =
        w.Arguments()
        if k > 0 then w.Offset(k * sizeof<nativeint>)
        il.Emit OpCodes.Ldind_I

    /// A local that starts as the k-th argument.
    member w.ArgumentLocal k =
        let local = w.Int()
        w.Argument k
        w.Set local
        local

    /// Adds a constant to what is on the stack.
    member w.Offset n =
        if n <> 0 then
            w.Number n
            w.Add()

    member w.Advance(local: LocalBuilder, by: LocalBuilder) =
        w.Get local
        w.Get by
        w.Add()
        w.Set local

    member w.Advance(local: LocalBuilder, by: int) =
        w.Get local
        w.Offset by
        w.Set local

    /// Repeats the body while the local is at least `step`, and takes `step` from it each time.
    member w.While(local: LocalBuilder, step: int, body: unit -> unit) =
        let top, test = il.DefineLabel(), il.DefineLabel()
        il.Emit(OpCodes.Br, test)
        il.MarkLabel top
        body ()
        w.Advance(local, -step)
        il.MarkLabel test
        w.Get local
        w.Number step
        il.Emit(OpCodes.Bge, top)

    /// One or the other as the number on the stack is not 0 or 0.
    member _.IfElse(yes: unit -> unit, no: unit -> unit) =
        let otherwise, after = il.DefineLabel(), il.DefineLabel()
        il.Emit(OpCodes.Brfalse, otherwise)
        yes ()
        il.Emit(OpCodes.Br, after)
        il.MarkLabel otherwise
        no ()
        il.MarkLabel after

    /// Compiles now: where the runtime refuses, it does so here.
    member _.Finish() =
        il.Emit OpCodes.Ret
        let code = kernel.CreateDelegate(typeof<KernelCode>, name) :?> KernelCode
        RuntimeHelpers.PrepareDelegate code
        code

/// The instructions on vectors of one element type and width. Each takes its operands from the stack and leaves its
/// result there.
[<Sealed>]
type internal VectorCode(element: Type, width: VectorWidth) =
    let holder, generic =
        match width with
        | VectorWidth.Bits512 -> typeof<Vector512>, typedefof<Vector512<int>>
        | VectorWidth.Bits256 -> typeof<Vector256>, typedefof<Vector256<int>>
        | _ -> typeof<Vector128>, typedefof<Vector128<int>>
    // Of no use, and maybe not to be had, where no code is emitted.
    let vector = lazy generic.MakeGenericType element
    let indices = if Marshal.SizeOf element = 4 then typeof<int> else typeof<int64>
    let floating = element = typeof<float32> || element = typeof<float>

    let found (m: MethodInfo | null) = nonNull m
    let static' (ty: Type) name (types: Type list) = found (ty.GetMethod(name, Array.ofList types))

    let genericOf name count =
        let candidates =
            holder.GetMethods()
            |> Array.filter (fun m -> m.Name = name && m.IsGenericMethod && m.GetParameters().Length = count)
        candidates[0].MakeGenericMethod element

    /// Of two interleaved vectors, the lower or upper half of each 128-bit part. As integers, which some processors
    /// interleave twice as fast.
    let unpack size upper =
        let whole = if size = 4 then typeof<int> else typeof<int64>
        let vector = generic.MakeGenericType whole
        let owner, name =
            match width with
            | VectorWidth.Bits256 -> typeof<Avx2>, "Unpack"
            | _ when AdvSimd.Arm64.IsSupported -> typeof<AdvSimd.Arm64>, "Zip"
            | _ -> typeof<Sse2>, "Unpack"
        static' owner (name + if upper then "High" else "Low") [ vector; vector ]

    member _.Element = element
    member _.Vector = vector.Value
    member _.IsFloating = floating
    member val Size = Marshal.SizeOf element
    member _.Bytes = int width
    member v.Lanes = int width / v.Size

    member val Load = lazy genericOf "Load" 1
    member val Store = lazy genericOf "Store" 2
    member val Repeat = lazy static' holder "Create" [ element ]
    /// A vector's lanes in the order that a vector of their numbers gives, which are as long as the elements.
    member val Shuffle = lazy static' holder "ShuffleNative" [ vector.Value; generic.MakeGenericType indices ]
    member val Equal = lazy genericOf "Equals" 2
    member val Select = lazy genericOf "ConditionalSelect" 3
    member val FusedMultiplyAdd = lazy static' holder "FusedMultiplyAdd" [ vector.Value; vector.Value; vector.Value ]
    member val Plus = lazy static' vector.Value "op_Addition" [ vector.Value; vector.Value ]
    member val Times = lazy static' vector.Value "op_Multiply" [ vector.Value; vector.Value ]

    /// Vectors of the numbers that `Shuffle` takes.
    member _.Indices = VectorCode(indices, width)

    /// Whether vectors of 16 and 32 bytes can be transposed.
    static member CanUnpack = Sse2.IsSupported || AdvSimd.Arm64.IsSupported
    member _.Unpack(size, upper) = unpack size upper

    /// 16 bytes at each of two addresses, pushed by the functions: a vector of 32 bytes. (An insertion would occupy the one
    /// port that also interleaves.)
    member _.LoadHalves(w: KernelWriter, lower: unit -> unit, upper: unit -> unit) =
        let half = typedefof<Vector128<int>>.MakeGenericType typeof<float32>
        let whole = typedefof<Vector256<int>>.MakeGenericType typeof<float32>
        lower ()
        w.IL.Emit(OpCodes.Unaligned, 1uy)
        w.IL.Emit(OpCodes.Ldobj, half)
        w.Call((nonNull (typeof<Vector128>.GetMethod "ToVector256Unsafe")).MakeGenericMethod typeof<float32>)
        upper ()
        w.Call(static' typeof<Avx> "BroadcastVector128ToVector256" [ typeof<float32>.MakePointerType() ])
        w.IL.Emit(OpCodes.Ldc_I4, 0xF0)
        w.Call(static' typeof<Avx> "Blend" [ whole; whole; typeof<byte> ])

    member _.Number(w: KernelWriter, x: float) =
        if element = typeof<float32> then w.IL.Emit(OpCodes.Ldc_R4, float32 x)
        elif element = typeof<float> then w.IL.Emit(OpCodes.Ldc_R8, x)
        elif element = typeof<int> then w.IL.Emit(OpCodes.Ldc_I4, int x)
        else w.IL.Emit(OpCodes.Ldc_I8, int64 x)

    /// A vector of equal numbers.
    member v.Constant(w, x) =
        v.Number(w, x)
        w.Call v.Repeat.Value

    /// Address → element.
    member _.Read(w: KernelWriter) = w.IL.Emit(OpCodes.Ldobj, element)
    /// Address, element →.
    member _.Write(w: KernelWriter) = w.IL.Emit(OpCodes.Stobj, element)

    /// a · b + c, of floats with one rounding.
    member v.MultiplyAdd(w: KernelWriter, a, b, c) =
        a ()
        b ()
        if floating then
            c ()
            w.Call v.FusedMultiplyAdd.Value
        else
            w.Call v.Times.Value
            c ()
            w.Call v.Plus.Value

    /// The same of single elements.
    member v.MultiplyAddElements(w: KernelWriter, a, b, c) =
        a ()
        b ()
        if floating then
            c ()
            let owner = if element = typeof<float32> then typeof<MathF> else typeof<Math>
            w.Call(static' owner "FusedMultiplyAdd" [ element; element; element ])
        else
            w.Mul()
            c ()
            w.Add()

    /// A vector from which a sum may start: added to a number it leaves all its bits.
    member v.Nothing w = v.Constant(w, (if floating then -0. else 0.))

    /// The sum of all lanes of some vectors, a power of two of them: lane j of all of them is combined with lane j + half of
    /// them, then those are halved in turn. Left on the stack.
    member v.Halve(w: KernelWriter, vectors: LocalBuilder array) =
        let half = vectors.Length / 2
        if half > 0 then
            for i in 0 .. half - 1 do
                w.Get(vectors[i])
                w.Get(vectors[i + half])
                w.Call v.Plus.Value
                w.Set(vectors[i])
            v.Halve(w, vectors[.. half - 1])
        elif width > VectorWidth.Bits128 then
            let narrow = VectorCode(element, enum (int width / 2))
            let sum = w.Local narrow.Vector
            for part in [ "GetLower"; "GetUpper" ] do
                w.Get(vectors[0])
                w.Call(genericOf part 1)
            w.Call narrow.Plus.Value
            w.Set sum
            narrow.Halve(w, [| sum |])
        else
            let rec combined lane half =
                if half = v.Lanes then
                    w.Get(vectors[0])
                    w.IL.Emit(OpCodes.Ldc_I4, (lane: int))
                    w.Call(genericOf "GetElement" 2)
                else
                    combined lane (2 * half)
                    combined (lane + half) (2 * half)
                    w.Add()
            combined 0 1

    /// Makes every NaN in a local the same one.
    member v.SettleNaN(w: KernelWriter, local) =
        if floating then
            w.Get local
            w.Get local
            w.Call v.Equal.Value
            w.Get local
            v.Constant(w, nan)
            w.Call v.Select.Value
            w.Set local

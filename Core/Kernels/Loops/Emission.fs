namespace Functional

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86

/// The width of vector registers in bytes: 16, 32 or 64.
[<RequireQualifiedAccess>]
module internal RegisterWidth =
    /// The widths that this machine has instructions for, the narrowest first.
    let supported =
        [ if Vector128.IsHardwareAccelerated then 16
          if Vector256.IsHardwareAccelerated then 32
          if Vector512.IsHardwareAccelerated then 64 ]

    let widest = if supported.IsEmpty then 16 else List.last supported

/// The runtime's operations on vectors, by width, name and element type. Each is an intrinsic: one or a few instructions.
[<RequireQualifiedAccess>]
module internal Vectors =
    let element dtype =
        match dtype with
        | DType.Float32 -> typeof<float32>
        | DType.Float64 -> typeof<float>
        | DType.Int32 -> typeof<int>
        | DType.Int64 -> typeof<int64>
        | _ -> typeof<byte>

    /// Bytes of an element in memory.
    let size dtype =
        match dtype with
        | DType.Float64
        | DType.Int64 -> 8
        | DType.Bool -> 1
        | _ -> 4

    let private generic width =
        match width with
        | 16 -> typedefof<Vector128<int>>
        | 32 -> typedefof<Vector256<int>>
        | _ -> typedefof<Vector512<int>>

    let private types = ConcurrentDictionary<struct (int * Type), Type>()

    /// The vector of a width and an element type.
    let ofElement (width: int) (element: Type) =
        types.GetOrAdd(
            struct (width, element),
            (fun struct (width, element) -> (generic width).MakeGenericType element)
        )

    let private methodsOf =
        let all width =
            (typeof<Vector128<int>>.Assembly.GetType $"System.Runtime.Intrinsics.Vector{8 * width}" |> nonNull)
                .GetMethods(BindingFlags.Static ||| BindingFlags.Public)
            |> Array.groupBy (fun m -> m.Name)
            |> dict
        let narrow, middle, wide = lazy (all 16), lazy (all 32), lazy (all 64)
        fun width ->
            match width with
            | 16 -> narrow.Value
            | 32 -> middle.Value
            | _ -> wide.Value

    let private find width name (elements: Type array) (parameters: Type array) =
        let close (m: MethodInfo) =
            if m.IsGenericMethodDefinition && m.GetGenericArguments().Length = elements.Length then
                m.MakeGenericMethod elements
            else
                m
        let fits (m: MethodInfo) =
            not m.ContainsGenericParameters
            && (m.GetParameters() |> Array.map (fun p -> p.ParameterType)) = parameters
        (methodsOf width)[name]
        |> Seq.map close
        |> Seq.tryFind fits
        |> Option.defaultWith (fun () -> invalidOp $"Vector{8 * width} has no {name} of %A{parameters}")

    let private found = ConcurrentDictionary<struct (int * string * Type * Type), MethodInfo>()

    let private lookUp width name element other (elements: Type array) parameters =
        found.GetOrAdd(struct (width, name, element, other), (fun _ -> find width name elements (parameters ())))

    /// An operation on so many vectors of one element type.
    let operation width name count (element: Type) =
        lookUp width name element element [| element |] (fun () -> Array.create count (ofElement width element))

    /// A vector whose lanes are all one number.
    let create width element = lookUp width "Create" element element [| element |] (fun () -> [| element |])

    /// Vector128.Create of so many elements.
    let ofElements count element = lookUp 16 $"Create" element typeof<Array> [||] (fun () -> Array.create count element)

    /// A vector whose first lane is a number, the others anything.
    let ofScalar width element =
        lookUp width "CreateScalarUnsafe" element element [| element |] (fun () -> [| element |])

    /// By a constant number of bits.
    let shift width name element =
        lookUp width name element element [||] (fun () -> [| ofElement width element; typeof<int> |])

    /// The same bits as a vector of another element type.
    let reinterpret width source target =
        lookUp width "As" source target [| source; target |] (fun () -> [| ofElement width source |])

    /// Vector128.Shuffle by lane numbers.
    let shuffle element index =
        lookUp 16 "Shuffle" element index [||] (fun () -> [| ofElement 16 element; ofElement 16 index |])

/// Loads and stores of some lanes of a register, where the machine has them for all numbers.
[<RequireQualifiedAccess>]
module internal MaskedMemory =
    let isSupported width = if width = 64 then Avx512F.IsSupported else Avx2.IsSupported

    let private find width (element: Type) name count =
        let home =
            if width = 64 then typeof<Avx512F>
            elif element = typeof<float32> || element = typeof<float> then typeof<Avx>
            else typeof<Avx2>
        let vector = Vectors.ofElement width element
        home.GetMethods()
        |> Seq.find (fun m ->
            let parameters = m.GetParameters()
            m.Name = name && parameters.Length = count && parameters[1].ParameterType = vector)

    let private found = ConcurrentDictionary<struct (int * Type * bool), MethodInfo>()

    /// Address, mask and, for 64 bytes, what the other lanes get.
    let load width element =
        found.GetOrAdd(
            struct (width, element, true),
            (fun _ -> find width element "MaskLoad" (if width = 64 then 3 else 2))
        )

    /// Address, mask and value.
    let store width element =
        found.GetOrAdd(struct (width, element, false), (fun _ -> find width element "MaskStore" 3))

/// Of a compiled sweep, by position: behind what its delegate is closed over.
type internal SweepArgument =
    | Places = 1
    | Strides = 2
    | Rows = 3
    | Lanes = 4

/// Writes the body of a method: what knows vectors and memory, but no loops over tensors. Kernels of all kinds are written
/// with it. Operations take their operands from the evaluation stack and leave their value there.
[<Sealed>]
type internal Emission(il: ILGenerator, width: int) =
    /// Locals that stand for a vector of one number.
    let constants = Dictionary<LocalBuilder, struct (DType * int64)>()

    member _.IL = il

    /// Pushes an argument of the sweep.
    member _.Argument(argument: SweepArgument) = il.Emit(OpCodes.Ldarg_S, byte argument)

    /// Bytes in a register.
    member _.Width = width

    /// Lanes in a register.
    member _.Lanes dtype = width / Vectors.size dtype

    member _.NativeLocal() = il.DeclareLocal typeof<nativeint>
    member _.VectorLocal dtype = il.DeclareLocal(Vectors.ofElement width (Vectors.element dtype))
    member e.Get(local: LocalBuilder) =
        match constants.TryGetValue local with
        | true, struct (dtype, bits) -> e.Constant(dtype, bits)
        | _ -> il.Emit(OpCodes.Ldloc, local)
    member _.Set(local: LocalBuilder) = il.Emit(OpCodes.Stloc, local)

    member _.Native(n: int) =
        il.Emit(OpCodes.Ldc_I4, n)
        il.Emit OpCodes.Conv_I

    /// Adds a constant to an address or count.
    member e.Plus(n: int) =
        if n <> 0 then
            e.Native n
            il.Emit OpCodes.Add

    member e.Times(n: int) =
        if n <> 1 then
            e.Native n
            il.Emit OpCodes.Mul

    member _.Call(m: MethodInfo) = il.Emit(OpCodes.Call, m)

    member e.OperationOf(name, count, element: Type) = e.Call(Vectors.operation width name count element)
    member e.Operation(name, count, dtype) = e.OperationOf(name, count, Vectors.element dtype)

    /// All lanes from the number on the stack.
    member e.Spread dtype = e.Call(Vectors.create width (Vectors.element dtype))

    member e.Shift(name, bits: int, dtype) =
        il.Emit(OpCodes.Ldc_I4, bits)
        e.Call(Vectors.shift width name (Vectors.element dtype))

    member e.Reinterpret(source: Type, target: Type) =
        if source <> target then e.Call(Vectors.reinterpret width source target)

    /// A number of the element type by its bits.
    member _.Number(dtype, bits: int64) =
        match dtype with
        | DType.Float32 -> il.Emit(OpCodes.Ldc_R4, BitConverter.Int32BitsToSingle(int32 bits))
        | DType.Float64 -> il.Emit(OpCodes.Ldc_R8, BitConverter.Int64BitsToDouble bits)
        | DType.Int64 -> il.Emit(OpCodes.Ldc_I8, bits)
        | _ -> il.Emit(OpCodes.Ldc_I4, int32 bits)

    /// A vector of one number.
    member e.Constant(dtype, bits) =
        e.Number(dtype, bits)
        e.Spread dtype

    /// Makes a local stand for a vector of one number, which is written wherever it is used: as an operand in memory it costs
    /// an instruction nothing, while in a register it would push out another value.
    member _.SetConstant(local: LocalBuilder, dtype, bits: int64) = constants[local] <- struct (dtype, bits)

    /// The vector at the address on the stack.
    member _.Load dtype =
        il.Emit(OpCodes.Unaligned, 1uy)
        il.Emit(OpCodes.Ldobj, Vectors.ofElement width (Vectors.element dtype))

    /// Address and vector from the stack.
    member _.Store dtype =
        il.Emit(OpCodes.Unaligned, 1uy)
        il.Emit(OpCodes.Stobj, Vectors.ofElement width (Vectors.element dtype))

    /// The lanes of a mask, 0 in the others: address and mask, of the element type, from the stack.
    member e.LoadMasked dtype =
        if width = 64 then e.Constant(dtype, 0L)
        e.Call(MaskedMemory.load width (Vectors.element dtype))

    /// Address, mask and vector from the stack.
    member e.StoreMasked dtype = e.Call(MaskedMemory.store width (Vectors.element dtype))

    /// The element at the address on the stack.
    member _.LoadElement dtype =
        match dtype with
        | DType.Float32 -> il.Emit OpCodes.Ldind_R4
        | DType.Float64 -> il.Emit OpCodes.Ldind_R8
        | DType.Int32 -> il.Emit OpCodes.Ldind_I4
        | DType.Int64 -> il.Emit OpCodes.Ldind_I8
        | _ -> il.Emit OpCodes.Ldind_U1

    member _.StoreElement dtype =
        match dtype with
        | DType.Float32 -> il.Emit OpCodes.Stind_R4
        | DType.Float64 -> il.Emit OpCodes.Stind_R8
        | DType.Int32 -> il.Emit OpCodes.Stind_I4
        | DType.Int64 -> il.Emit OpCodes.Stind_I8
        | _ -> il.Emit OpCodes.Stind_I1

    /// Copies bytes: target, source and count from the stack.
    member _.Copy() =
        il.Emit(OpCodes.Unaligned, 1uy)
        il.Emit OpCodes.Cpblk

    /// Memory of the method's own, until it returns.
    member e.Allocate(bytes: int) =
        let address = e.NativeLocal()
        il.Emit(OpCodes.Ldc_I4, bytes)
        il.Emit OpCodes.Conv_U
        il.Emit OpCodes.Localloc
        e.Set address
        address

    /// Runs a body while the condition that `test` leaves on the stack holds.
    member _.While(test: unit -> unit, body: unit -> unit) =
        let top, check = il.DefineLabel(), il.DefineLabel()
        il.Emit(OpCodes.Br, check)
        il.MarkLabel top
        body ()
        il.MarkLabel check
        test ()
        il.Emit(OpCodes.Brtrue, top)

    member _.If(test: unit -> unit, body: unit -> unit) =
        let after = il.DefineLabel()
        test ()
        il.Emit(OpCodes.Brfalse, after)
        body ()
        il.MarkLabel after

    /// local := local + n.
    member e.Advance(local: LocalBuilder, n: int) =
        e.Get local
        e.Plus n
        e.Set local

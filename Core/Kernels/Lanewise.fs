namespace Functional

open System
open System.Collections.Concurrent
open System.Numerics
open System.Numerics.Tensors
open System.Runtime.CompilerServices

/// Runs a formula lane by lane: its steps one after another over chunks of lanes, each step a vectorised primitive.
/// What a lane gives depends on that lane alone: the vectorised primitives are those that IEEE 754 defines to the bit.
[<RequireQualifiedAccess>]
module internal Lanewise =
    [<Literal>]
    let private Chunk = 1024

    /// Adjacent elements from an offset on.
    [<Struct>]
    type private Run = { Data: Array; Offset: int }

    type private Primitive = Run array -> Run -> int -> unit

    let inline private read<'T> (run: Run) n = ReadOnlySpan<'T>(run.Data :?> 'T array, run.Offset, n)
    let inline private write<'T> (run: Run) n = Span<'T>(run.Data :?> 'T array, run.Offset, n)

    let inline private each<'A, 'R> ([<InlineIfLambda>] f: 'A -> 'R) : Primitive =
        fun args result n ->
            let a = read<'A> args[0] n
            let r = write<'R> result n
            for k in 0 .. n - 1 do
                r[k] <- f a[k]

    let inline private each2<'A, 'R> ([<InlineIfLambda>] f: 'A -> 'A -> 'R) : Primitive =
        fun args result n ->
            let a = read<'A> args[0] n
            let b = read<'A> args[1] n
            let r = write<'R> result n
            for k in 0 .. n - 1 do
                r[k] <- f a[k] b[k]

    let private select<'T> () : Primitive =
        fun args result n ->
            let c = read<bool> args[0] n
            let a = read<'T> args[1] n
            let b = read<'T> args[2] n
            let r = write<'T> result n
            for k in 0 .. n - 1 do
                r[k] <- if c[k] then a[k] else b[k]

    let private numeric<'T when 'T: struct and 'T :> INumber<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        scalar
        : Primitive option =
        match scalar with
        | Add -> Some(fun args r n -> TensorPrimitives.Add<'T>(read args[0] n, read args[1] n, write r n))
        | Sub -> Some(fun args r n -> TensorPrimitives.Subtract<'T>(read args[0] n, read args[1] n, write r n))
        | Mul -> Some(fun args r n -> TensorPrimitives.Multiply<'T>(read args[0] n, read args[1] n, write r n))
        | Neg -> Some(fun args r n -> TensorPrimitives.Negate<'T>(read args[0] n, write r n))
        | Max -> Some(fun args r n -> TensorPrimitives.Max<'T>(read args[0] n, read args[1] n, write r n))
        | Min -> Some(fun args r n -> TensorPrimitives.Min<'T>(read args[0] n, read args[1] n, write r n))
        | Less -> Some(each2 (fun (a: 'T) b -> 'T.op_LessThan (a, b)))
        | LessEqual -> Some(each2 (fun (a: 'T) b -> 'T.op_LessThanOrEqual (a, b)))
        | Equal -> Some(each2 (fun (a: 'T) b -> 'T.op_Equality (a, b)))
        | Where -> Some(select<'T>())
        | _ -> None

    let private integer<'T
        when 'T: struct
        and 'T :> IBinaryInteger<'T>
        and 'T :> ISignedNumber<'T>
        and 'T: (new: unit -> 'T)
        and 'T :> ValueType>
        scalar
        : Primitive =
        match scalar with
        | Div ->
            each2 (fun (a: 'T) b ->
                if 'T.IsZero b then 'T.Zero
                elif 'T.op_Equality (b, 'T.NegativeOne) then 'T.op_UnaryNegation a
                else 'T.op_Division (a, b))
        | Rem ->
            each2 (fun (a: 'T) b ->
                if 'T.IsZero b || 'T.op_Equality (b, 'T.NegativeOne) then 'T.Zero else 'T.op_Modulus (a, b))
        | Abs -> each (fun (a: 'T) -> if 'T.IsNegative a then 'T.op_UnaryNegation a else a)
        | Sign ->
            each (fun (a: 'T) ->
                if 'T.IsZero a then a
                elif 'T.IsNegative a then 'T.NegativeOne
                else 'T.One)
        | _ -> invalidOp $"integers have no {scalar}"

    let private floating<'T
        when 'T: struct and 'T :> IFloatingPointIeee754<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        scalar
        : Primitive =
        let viaDouble (f: float -> float) = each (fun (a: 'T) -> 'T.CreateTruncating(f (Double.CreateTruncating a)))
        let viaDouble2 (f: float -> float -> float) =
            each2 (fun (a: 'T) b -> 'T.CreateTruncating(f (Double.CreateTruncating a) (Double.CreateTruncating b)))

        match scalar with
        | Div -> fun args r n -> TensorPrimitives.Divide<'T>(read args[0] n, read args[1] n, write r n)
        | Abs -> fun args r n -> TensorPrimitives.Abs<'T>(read args[0] n, write r n)
        | Floor -> fun args r n -> TensorPrimitives.Floor<'T>(read args[0] n, write r n)
        | Ceil -> fun args r n -> TensorPrimitives.Ceiling<'T>(read args[0] n, write r n)
        | Round -> fun args r n -> TensorPrimitives.Round<'T>(read args[0] n, write r n)
        | Sqrt -> fun args r n -> TensorPrimitives.Sqrt<'T>(read args[0] n, write r n)
        // The vectorised ones fuse, or not, as the code at hand was compiled: their bits change while a process runs.
        | Exp -> viaDouble Math.Exp
        | Log -> viaDouble Math.Log
        | Tanh -> viaDouble Math.Tanh
        | Rem -> each2 (fun (a: 'T) b -> 'T.op_Modulus (a, b))
        | Sign ->
            each (fun (a: 'T) ->
                if 'T.IsPositive a && not ('T.IsZero a || 'T.IsNaN a) then 'T.One
                elif 'T.IsNegative a && not ('T.IsZero a || 'T.IsNaN a) then 'T.NegativeOne
                else a)
        | Pow -> viaDouble2 (fun a b -> Math.Pow(a, b))
        | Atan2 -> viaDouble2 (fun a b -> Math.Atan2(a, b))
        | Hypot -> viaDouble2 (fun a b -> Double.Hypot(a, b))
        | Sin -> viaDouble Math.Sin
        | Cos -> viaDouble Math.Cos
        | Tan -> viaDouble Math.Tan
        | Asin -> viaDouble Math.Asin
        | Acos -> viaDouble Math.Acos
        | Atan -> viaDouble Math.Atan
        | Sinh -> viaDouble Math.Sinh
        | Cosh -> viaDouble Math.Cosh
        | Asinh -> viaDouble Math.Asinh
        | Acosh -> viaDouble Math.Acosh
        | Atanh -> viaDouble Math.Atanh
        // MathNet's loses the sign of 0.
        | Erf -> viaDouble (fun a -> if a = 0. then a else MathNet.Numerics.SpecialFunctions.Erf a)
        // Near 0 the plain formulas lose all digits; in these, Kahan's, the rounding error of u divides out.
        | Expm1 ->
            viaDouble (fun a ->
                let u = Math.Exp a
                if u = 1. then a
                elif u - 1. = -1. || Double.IsInfinity u then u - 1.
                else (u - 1.) * (a / Math.Log u))
        | Log1p ->
            viaDouble (fun a ->
                let u = 1. + a
                if u = 1. then a
                elif Double.IsPositiveInfinity u then u
                else Math.Log u * (a / (u - 1.)))
        | _ -> invalidOp $"floating-point numbers have no {scalar}"

    let private logical scalar : Primitive =
        match scalar with
        | And -> each2 (fun a b -> a && b)
        | Or -> each2 (fun a b -> a || b)
        | Xor -> each2 (fun (a: bool) b -> a <> b)
        | Not -> each not
        | Equal -> each2 (fun (a: bool) b -> a = b)
        | Where -> select<bool>()
        | _ -> invalidOp $"Bool has no {scalar}"

    let inline private cast (from: ^A -> 'R) : Primitive = each from

    let private copy<'T> () : Primitive = fun args r n -> (read<'T> args[0] n).CopyTo(write<'T> r n)

    let private castTo source target : Primitive =
        match source, target with
        | DType.Float32, DType.Float32 -> copy<float32>()
        | DType.Float32, DType.Float64 -> cast (fun (a: float32) -> float a)
        | DType.Float32, DType.Int32 -> cast (fun (a: float32) -> Int32.CreateSaturating a)
        | DType.Float32, DType.Int64 -> cast (fun (a: float32) -> Int64.CreateSaturating a)
        | DType.Float32, _ -> cast (fun (a: float32) -> a <> 0f)
        | DType.Float64, DType.Float32 -> cast (fun (a: float) -> float32 a)
        | DType.Float64, DType.Float64 -> copy<float>()
        | DType.Float64, DType.Int32 -> cast (fun (a: float) -> Int32.CreateSaturating a)
        | DType.Float64, DType.Int64 -> cast (fun (a: float) -> Int64.CreateSaturating a)
        | DType.Float64, _ -> cast (fun (a: float) -> a <> 0.)
        | DType.Int32, DType.Float32 -> cast (fun (a: int) -> float32 a)
        | DType.Int32, DType.Float64 -> cast (fun (a: int) -> float a)
        | DType.Int32, DType.Int32 -> copy<int>()
        | DType.Int32, DType.Int64 -> cast (fun (a: int) -> int64 a)
        | DType.Int32, _ -> cast (fun (a: int) -> a <> 0)
        | DType.Int64, DType.Float32 -> cast (fun (a: int64) -> float32 a)
        | DType.Int64, DType.Float64 -> cast (fun (a: int64) -> float a)
        | DType.Int64, DType.Int32 -> cast (fun (a: int64) -> int32 a)
        | DType.Int64, DType.Int64 -> copy<int64>()
        | DType.Int64, _ -> cast (fun (a: int64) -> a <> 0L)
        | _, DType.Float32 -> cast (fun a -> if a then 1f else 0f)
        | _, DType.Float64 -> cast (fun a -> if a then 1. else 0.)
        | _, DType.Int32 -> cast (fun a -> if a then 1 else 0)
        | _, DType.Int64 -> cast (fun a -> if a then 1L else 0L)
        | _ -> copy<bool>()

    let private primitive scalar (dtype: DType) : Primitive =
        match scalar, dtype with
        | Cast target, _ -> castTo dtype target
        | _, DType.Float32 -> numeric<float32> scalar |> Option.defaultWith (fun () -> floating<float32> scalar)
        | _, DType.Float64 -> numeric<float> scalar |> Option.defaultWith (fun () -> floating<float> scalar)
        | _, DType.Int32 -> numeric<int> scalar |> Option.defaultWith (fun () -> integer<int> scalar)
        | _, DType.Int64 -> numeric<int64> scalar |> Option.defaultWith (fun () -> integer<int64> scalar)
        | _ -> logical scalar

    let private fill (data: Array) start count (value: 'T) = Array.Fill(data :?> 'T array, value, start, count)

    /// Elements `first` to `first + count` in row-major order, into the start of `target`.
    let private gatherTyped<'T> (sizes: int array) (block: Block) first count (target: Array) =
        let source, target = block.Data :?> 'T array, target :?> 'T array
        let last = sizes.Length - 1
        let index = Array.zeroCreate<int> sizes.Length
        let mutable rest, offset = first, block.Offset
        for k in last .. -1 .. 0 do
            index[k] <- rest % sizes[k]
            rest <- rest / sizes[k]
            offset <- offset + index[k] * block.Strides[k]
        let stride = block.Strides[last]
        let mutable p = 0
        while p < count do
            let n = min (sizes[last] - index[last]) (count - p)
            if stride = 1 then
                Array.Copy(source, offset, target, p, n)
            elif stride = 0 then
                Array.Fill(target, source[offset], p, n)
            else
                for k in 0 .. n - 1 do
                    target[p + k] <- source[offset + k * stride]
            p <- p + n
            offset <- offset - index[last] * stride
            index[last] <- 0
            let mutable k = last - 1
            while k >= 0 && index[k] = sizes[k] - 1 do
                offset <- offset - index[k] * block.Strides[k]
                index[k] <- 0
                k <- k - 1
            if k >= 0 then
                index[k] <- index[k] + 1
                offset <- offset + block.Strides[k]

    let private gather (ty: TensorType) (block: Block) first count target =
        if ty.Rank = 0 then
            match ty.DType with
            | DType.Float32 -> fill target 0 count ((block.Data :?> float32 array)[block.Offset])
            | DType.Float64 -> fill target 0 count ((block.Data :?> float array)[block.Offset])
            | DType.Int32 -> fill target 0 count ((block.Data :?> int array)[block.Offset])
            | DType.Int64 -> fill target 0 count ((block.Data :?> int64 array)[block.Offset])
            | _ -> fill target 0 count ((block.Data :?> bool array)[block.Offset])
        else
            match ty.DType with
            | DType.Float32 -> gatherTyped<float32> ty.Sizes block first count target
            | DType.Float64 -> gatherTyped<float> ty.Sizes block first count target
            | DType.Int32 -> gatherTyped<int> ty.Sizes block first count target
            | DType.Int64 -> gatherTyped<int64> ty.Sizes block first count target
            | _ -> gatherTyped<bool> ty.Sizes block first count target

    [<RequireQualifiedAccess>]
    type private Step =
        | Operand of int
        | Number of DType * float
        | Apply of Primitive * int array * DType

    let private isLiteral step =
        match step with
        | Formulas.Step.Literal _ -> true
        | _ -> false

    /// Literals take the data type of the step that uses them, so they follow it; everything else is as in the formula.
    let private plan (types: DType array) formula =
        let steps = Formulas.steps formula
        let planned, dtypes = Collections.Generic.List<Step>(), Collections.Generic.List<DType>()
        let places = Array.create steps.Length -1

        let add step dtype =
            planned.Add step
            dtypes.Add dtype
            planned.Count - 1

        let apply f (args: int list) =
            let typed = (if f = Where then args.Tail else args) |> List.tryFind (fun a -> not (isLiteral steps[a]))
            let dtype = typed |> Option.map (fun a -> dtypes[places[a]]) |> Option.defaultValue types[0]

            let operand a =
                match steps[a] with
                | Formulas.Step.Literal c -> add (Step.Number(dtype, c)) dtype
                | _ -> places[a]

            let operands = args |> List.map operand |> Array.ofList
            let result = Formulas.resultType f dtype
            add (Step.Apply(primitive f dtype, operands, result)) result

        for k in 0 .. steps.Length - 1 do
            match steps[k] with
            | Formulas.Step.Literal _ -> ()
            | Formulas.Step.Arg i -> places[k] <- add (Step.Operand i) types[i]
            | Formulas.Step.Apply(f, args) -> places[k] <- apply f args

        planned.ToArray()

    let private plans = ConditionalWeakTable<Formula, ConcurrentDictionary<int, Step array>>()

    let private planOf (types: TensorType array) formula =
        let key = types |> Array.fold (fun key t -> key * 5 + int t.DType) 1
        let known = plans.GetValue(formula, (fun _ -> ConcurrentDictionary()))

        match known.TryGetValue key with
        | true, plan -> plan
        | _ -> known.GetOrAdd(key, plan (types |> Array.map (fun t -> t.DType)) formula)

    /// One run of a plan. Each step has a register: a range of an operand or of the result, or a chunk of its own.
    type private Machine(steps: Step array, types: TensorType array, blocks: Block array, output: Array, count: int) =
        let last = steps.Length - 1
        let room = min Chunk count
        let inPlace i = types[i].Rank > 0 && Blocks.isContiguous types[i].Sizes blocks[i]

        let register k =
            match steps[k] with
            | Step.Operand i when inPlace i -> { Data = blocks[i].Data; Offset = blocks[i].Offset }
            | Step.Operand i ->
                let data = Blocks.allocate types[i].DType room
                if types[i].Rank = 0 then gather types[i] blocks[i] 0 room data
                { Data = data; Offset = 0 }
            | Step.Number(dtype, c) ->
                let data = Blocks.allocate dtype room
                Blocks.fill data c
                { Data = data; Offset = 0 }
            | Step.Apply _ when k = last -> { Data = output; Offset = 0 }
            | Step.Apply(_, _, dtype) -> { Data = Blocks.allocate dtype room; Offset = 0 }

        let registers = Array.init steps.Length register

        let at k first =
            let register = registers[k]

            match steps[k] with
            | Step.Operand i when obj.ReferenceEquals(register.Data, blocks[i].Data) ->
                { register with Offset = register.Offset + first }
            | Step.Apply _ when obj.ReferenceEquals(register.Data, output) -> { register with Offset = first }
            | _ -> register

        let chunk first n =
            for k in 0..last do
                match steps[k] with
                | Step.Operand i when types[i].Rank > 0 && not (obj.ReferenceEquals(registers[k].Data, blocks[i].Data)) ->
                    gather types[i] blocks[i] first n registers[k].Data
                | Step.Apply(run, args, _) -> run [| for a in args -> at a first |] (at k first) n
                | _ -> ()

        member _.Run() =
            let mutable first = 0

            while first < count do
                let n = min Chunk (count - first)
                chunk first n
                first <- first + n

    /// The kernel of a formula for operands of these types (alike, or scalars).
    let prepare (types: TensorType list) (result: TensorType) formula : Block array -> Array =
        let types = Array.ofList types
        let plan = planOf types formula

        fun blocks ->
            let output = Blocks.allocate result.DType result.Count
            Machine(plan, types, blocks, output, result.Count).Run()
            output

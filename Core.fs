/// The idea on one page. A tensor is concrete, or a node of a graph; an op is a record of rules; each interpreter
/// (direct execution, a gradient's tape, tracing) reads one of the rules; a trace is what one call did, immutable.
namespace Functional

open System
open System.Collections.Generic

/// The underlying data type of a tensor's elements.
type DType = Float32 = 0 | Float64 = 1 | Int32 = 2 | Int64 = 3 | Bool = 4

/// A label for each dimension: S spatial, C channel, B batch, T time, U unspecified. S and U may repeat, C, B and T may
/// not. The empty format belongs to an unformatted tensor. Kept in the order given.
type [<Sealed; AllowNullLiteral(false)>] Format private (labels: string) =
    static member None = Format ""
    /// Reads labels such as "BCSS". Throws TensorFormatException for any other letter, or for a repeated C, B or T.
    static member Parse(labels: string) =
        let once = [ 'C'; 'B'; 'T' ] |> List.tryFind (fun l -> Seq.length (Seq.filter ((=) l) labels) > 1)
        match labels |> Seq.tryFind (fun l -> not ("SCBTU".Contains l)), once with
        | Some l, _ -> raise (TensorFormatException("Format", [], $"'{l}' in \"{labels}\" is no label", "use S, C, B, T or U"))
        | _, Some l -> raise (TensorFormatException("Format", [], $"'{l}' stands twice in \"{labels}\"", "only S and U may repeat"))
        | _ -> Format labels
    member _.Labels = labels
    member _.IsNone = labels.Length = 0
    override _.ToString() = labels
    override _.GetHashCode() = labels.GetHashCode()
    override _.Equals other = match other with :? Format as f -> f.Labels = labels | _ -> false
    static member op_Equality(a: Format, b: Format) = a.Equals b
    static member op_Inequality(a: Format, b: Format) = not (a.Equals b)
    static member op_Implicit(labels: string) : Format = Format.Parse labels

/// Data type, sizes and labels together: all that a trace may depend on.
and [<Sealed; AllowNullLiteral(false)>] TensorType(dtype: DType, shape: seq<int>, format: Format) =
    let sizes = Array.ofSeq shape
    let count = sizes |> Array.fold (fun n size -> min (n * int64 size) (1L <<< 31)) 1L
    let hash = HashCode.Combine(dtype, format, sizes |> Array.fold (fun h size -> h * 31 + size) sizes.Length)
    let mutable strides: int array | null = null
    let shown () = $"""[{String.Join(", ", sizes)}]"""
    do
        if sizes |> Array.exists (fun size -> size < 0) || count > int64 Array.MaxLength then
            raise (ShapeException("Tensor", [], $"no tensor has sizes {shown ()}", "sizes are at least 0, in all at most 2^31 elements"))
        if not format.IsNone && format.Labels.Length <> sizes.Length then
            raise (TensorFormatException("Tensor", [], $"\"{format}\" labels no {sizes.Length} dimensions", "give a label for each"))
    new(dtype, shape) = TensorType(dtype, shape, Format.None)
    member _.DType = dtype
    member _.Shape = sizes :> IReadOnlyList<int>
    member _.Format = format
    member _.Rank = sizes.Length
    /// The number of elements.
    member _.Count = int count
    member internal _.Sizes = sizes
    static member internal RowMajor(sizes: int array) : int array =
        let strides = Array.create sizes.Length 1
        for k in sizes.Length - 2 .. -1 .. 0 do
            strides[k] <- strides[k + 1] * max 1 sizes[k + 1]
        strides
    /// Of row-major order: one array, so that dense elements are known by it.
    member internal _.Strides: int array =
        match strides with
        | null ->
            let made = TensorType.RowMajor sizes
            strides <- made
            made
        | made -> made
    override _.GetHashCode() = hash
    override _.Equals other =
        match other with
        | :? TensorType as t -> t.DType = dtype && t.Format = format && ReadOnlySpan(sizes).SequenceEqual(ReadOnlySpan t.Sizes)
        | _ -> false
    override _.ToString() = string dtype + shown () + (if format.IsNone then "" else $" \"{format}\"")
    static member op_Equality(a: TensorType, b: TensorType) = a.Equals b
    static member op_Inequality(a: TensorType, b: TensorType) = not (a.Equals b)

/// What every error of the library tells: the op, its operands, the place in the user's code, and what to do.
and [<AbstractClass>] FunctionalException internal (op: string, operands: TensorType list, problem: string, remedy: string) =
    inherit Exception()
    /// The op, or the function of the library, that refused.
    member _.Op = op
    member _.Operands = operands :> IReadOnlyList<TensorType>
    member _.Remedy = remedy
    /// The layer of a network that refused, "outer/inner" of a network in a network; empty outside networks.
    member val Layer = "" with get, private set
    /// Notes that the error goes through a layer.
    member internal e.Enter(name: string, kind: string) = e.Layer <- if e.Layer = "" then $"{name} ({kind})" else $"{name}/{e.Layer}"
    /// File and line, or method, of the first frame outside the library.
    static member internal SiteOf(trace: Diagnostics.StackTrace) =
        let own = [ "Functional"; "Functional.CSharp"; "Functional.Data"; "FSharp.Core" ]
        let isOwn (name: string) = name.StartsWith "System." || List.contains (name.Split(',')[0]) own
        let user (frame: Diagnostics.StackFrame) =
            match Diagnostics.DiagnosticMethodInfo.Create frame with
            | null -> None
            | m when isOwn m.DeclaringAssemblyName -> None
            | m -> Some(match frame.GetFileName() with null -> $"{m.DeclaringTypeName}.{m.Name}" | file -> $"{file}:{frame.GetFileLineNumber()}")
        trace.GetFrames() |> Array.tryPick user |> Option.defaultValue ""
    /// File and line, or method, of the first frame outside the library; empty before the error is thrown.
    member e.CallSite = FunctionalException.SiteOf(Diagnostics.StackTrace(e, true))
    override e.Message =
        let at = match e.CallSite with "" -> "" | site -> $" At {site}."
        let within = match e.Layer with "" -> "" | layer -> $"Layer {layer}: "
        $"""{within}{op}({String.Join(", ", operands)}): {problem}. To mend it: {remedy}.{at}"""

/// Sizes do not fit: operands of different shapes, a wrong number of elements, an impossible size.
and [<Sealed>] ShapeException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// Labels do not fit: an unknown or repeated label, formats that cannot be aligned.
and [<Sealed>] TensorFormatException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// The op is not defined for these data types, or for two different ones.
and [<Sealed>] DTypeException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// A dimension, label or index that the operand does not have.
and [<Sealed>] DimensionException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// An object that is not a structure of tensors: a type unknown, a cycle, null where a tensor is due.
and [<Sealed>] StructureException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// A matrix has not what is asked for: it is singular, or not positive definite.
and [<Sealed>] LinearAlgebraException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)
/// A function calls itself, or a structure nests, so deeply that the stack is about to run out.
and [<Sealed>] RecursionException internal (op, operands, problem, remedy) = inherit FunctionalException(op, operands, problem, remedy)

/// What one lane can compute. Closed: kernels and compiler match on it. Bool lanes are 0 and 1.
type internal Scalar =
    | Add | Sub | Mul | Div | Rem | Pow | Atan2 | Hypot | Max | Min
    | Less | LessEqual | Equal | And | Or | Xor
    | Not | Neg | Abs | Sign | Floor | Ceil | Round | Sqrt | Exp | Expm1 | Log | Log1p
    | Sin | Cos | Tan | Asin | Acos | Atan | Sinh | Cosh | Tanh | Asinh | Acosh | Atanh | Erf
    | Where | Cast of DType

/// What one lane of an elementwise op computes. Value, derivative and kernel all follow from it.
type Formula =
    internal
    | Arg of int | Literal of float
    /// In the formula of a slope: the value of the op itself.
    | Self
    | Apply of Scalar * Formula list
    static member (+)(a, b) = Apply(Add, [ a; b ])
    static member (-)(a, b) = Apply(Sub, [ a; b ])
    static member (*)(a, b) = Apply(Mul, [ a; b ])
    static member (/)(a, b) = Apply(Div, [ a; b ])
    static member (~-) a = Apply(Neg, [ a ])

type internal Reduction = SumOf | ProductOf | MaxOf | MinOf | AnyOf | AllOf | ArgMaxOf | ArgMinOf

type internal Window = { Dim: int; Size: int; Stride: int; Dilation: int }

/// What comes of an element that is put where another stands.
type internal Collision = Added | Replaced | Greater | Lesser

/// A change of indexing. The first five are views, a reshape where strides can say it: nothing is copied.
type internal Move =
    /// To these sizes; dimension k of the operand becomes dimension dims[k] of the result.
    | Broadcast of sizes: int list * dims: int list
    | Permute of int list
    | Reshape of int list
    /// Start, step (not 0) and count for each dimension.
    | Slice of (int * int * int) list
    /// The dimension counts windows o; k, a new last dimension, their positions o · Stride + k · Dilation.
    | Windows of Window
    /// The transpose of Windows, onto a dimension of this size: what overlaps adds up, window by window.
    | Overlap of Window * size: int
    | Concat of dim: int
    /// Elements added before, after and between in each dimension, and their value.
    | Pad of (int * int * int) list * value: float
    /// Operand 1 holds integer positions along the dimension and takes that dimension's place.
    | Gather of dim: int
    /// Operand 2 is put into operand 0 at the positions that operand 1 gives along the dimension, in ascending order.
    | Scatter of Collision * dim: int
/// Pairs of dimensions (left, right): kept side by side, or summed over. Result: batch, left's rest, right's rest.
type internal Contraction = { Batch: (int * int) list; Sum: (int * int) list }
/// Filters [filters; channels / groups; sizes …] over an operand: the dimension of its channels, the windows over others, in
/// ascending order, and into how many groups channels and filters are divided.
type internal Filtering = { Channel: int; Windows: Window list; Groups: int }
/// Which numbers a draw gives: a pure function of the generator's key and the draw's position in its stream.
[<Struct>] type internal Draw = { Key: uint64; Position: uint64 }
/// Elements in memory, seen through strides.
[<Struct; NoEquality; NoComparison>] type internal Block = { Data: Array; Offset: int; Strides: int array }
/// From operands into the results' dense blocks.
type internal Filling = Draw -> Block array -> Block array -> unit
/// How the compiler sees an op: the one closed choice.
type internal Kernel =
    | Map of Formula
    | Reduce of Reduction * dims: int list
    | Scan of Reduction * dim: int
    | Move of Move
    | Contract of Contraction
    /// Operand 1 are the filters.
    | Convolve of Filtering
    /// Uniform in [0, 1), or over all integers.
    | Random
    /// Runs as one call on row-major elements: operand types, result types, operands → results.
    | Opaque of (TensorType list -> TensorType list -> Array list -> Array list)
    /// Runs closed traces: operand types, result types, how each of them runs → how the op runs.
    | Nested of Trace list * (TensorType list -> TensorType list -> Filling list -> Filling)
/// One element, as the oracle sees it. Bool is Whole 0 or 1.
and [<Struct>] internal Lane = Real of real: float | Whole of whole: int64
/// A tensor as the oracle sees it: a lane for every index.
and [<ReferenceEquality>] internal Lanes = { Type: TensorType; At: int list -> Lane }

/// An operation, defined once; every interpreter reads one field of it. Two ops are equal by name and attributes.
and [<CustomEquality; NoComparison>] Op =
    internal
        { Name: string
          Attributes: (string * objnull) list
          /// Operand types → result types, or a typed error.
          Infer: TensorType list -> TensorType list
          /// The oracle: obvious and slow. Result types, operands → results.
          Eval: Draw -> TensorType list -> Lanes list -> (int list -> Lane) list
          /// The reverse rule: numbers of operands, operands, results, cotangents of the results → cotangents of those operands.
          Pull: int list -> Tensor list -> Tensor list -> Tensor option list -> Tensor option list
          Kernel: Kernel }
    override op.GetHashCode() = HashCode.Combine(op.Name, op.Attributes)
    override op.Equals other = match other with :? Op as o -> o.Name = op.Name && o.Attributes = op.Attributes | _ -> false
    override op.ToString() =
        match op.Attributes with
        | [] -> op.Name
        | attributes -> let shown = [ for name, value in attributes -> $"{name}=%A{value}" ] in $"""{op.Name}<{String.Join(", ", shown)}>"""
/// An op applied. Numbered in order of creation, so that operands always have smaller numbers. `Values` holds the results
/// where they are computed as they are recorded; `Draw` counts the draws of the trace before it.
and [<ReferenceEquality>] internal Node =
    { Id: int64; Op: Op; Args: Tensor list; Results: TensorType list; Values: Block array; Draw: int; Owner: Interpreter }

and [<RequireQualifiedAccess>] internal Origin =
    /// A number that takes the data type of its fellow operands; it belongs to no interpreter.
    | Literal of float
    | Concrete of Block
    /// The k-th input of a trace; its value where one is at hand.
    | Input of int * Block voption
    /// The k-th result of a node.
    | Result of Node * int

/// Gives ops their meaning: computes at once, records on a gradient's tape, or builds a trace.
and [<AbstractClass; AllowNullLiteral>] internal Interpreter() =
    /// Nesting of what this belongs to. Of several operands' interpreters the outermost (smallest) takes the op.
    abstract Depth: int
    abstract Apply: Op * Tensor list -> Tensor list
    /// Applies a scalar function lane by lane, operands aligned by label or position and broadcast.
    abstract Lift: Scalar * Tensor list -> Tensor
    /// Takes a value out into the host language; of a single number the bits of what a data type keeps of it.
    abstract Read: Tensor -> Block
    abstract Number: Tensor * DType -> int64
    abstract Show: Tensor -> string

/// What users hold: an immutable array, or a node of a graph being traced.
and [<Sealed; AllowNullLiteral(false)>] Tensor internal (ty: TensorType, origin: Origin, interpreter: Interpreter) =
    member _.Type: TensorType = ty
    member _.DType = ty.DType
    member _.Shape = ty.Shape
    member _.Format = ty.Format
    member _.Rank = ty.Rank
    /// The number of elements.
    member _.Count = ty.Count
    member internal _.Origin = origin
    member internal _.Interpreter = interpreter
    /// Type and elements, the middle of long dimensions left out. Of a traced tensor this reads the value.
    override t.ToString() = if isNull interpreter then string ty else interpreter.Show t
    /// The outermost interpreter among operands. A null is no tensor, whatever the compiler was told.
    static member internal Chosen(op: obj, args: Tensor list) : Interpreter =
        let isTensor (a: Tensor) = not (isNull (box a))
        if not (List.forall isTensor args) then
            raise (StructureException(string op, List.filter isTensor args |> List.map _.Type, "an operand is null", "give a tensor in its place"))
        let outer (a: Interpreter) (b: Interpreter) = if isNull b || not (isNull a) && a.Depth <= b.Depth then a else b
        args |> List.fold (fun chosen a -> outer chosen a.Interpreter) null
    /// Gives an op to the interpreter in charge of its operands.
    static member internal Apply(op: Op, args: Tensor list) =
        if not (Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack()) then
            raise (RecursionException(op.Name, [ for a in args -> a.Type ], "the stack is nearly used up", "end the recursion, or make it a loop"))
        Tensor.Chosen(op.Name, args).Apply(op, args)
    static member internal Literal(dtype: DType, value: float) = Tensor(TensorType(dtype, []), Origin.Literal value, null)
    static member private Lift(f: Scalar, args: Tensor list) = Tensor.Chosen(f, args).Lift(f, args)
    static member private Binary(f, a: Tensor, b: Tensor) = Tensor.Lift(f, [ a; b ])
    static member private Number(f, like: Tensor, value) = Tensor.Chosen(f, [ like ]) |> ignore; Tensor.Literal(like.DType, value)
    static member private Binary(f, a: Tensor, b: float) = Tensor.Lift(f, [ a; Tensor.Number(f, a, b) ])
    static member private Binary(f, a: float, b: Tensor) = Tensor.Lift(f, [ Tensor.Number(f, b, a); b ])
    static member (+)(a: Tensor, b: Tensor) = Tensor.Binary(Add, a, b)
    static member (+)(a: Tensor, b: float) = Tensor.Binary(Add, a, b)
    static member (+)(a: float, b: Tensor) = Tensor.Binary(Add, a, b)
    static member (-)(a: Tensor, b: Tensor) = Tensor.Binary(Sub, a, b)
    static member (-)(a: Tensor, b: float) = Tensor.Binary(Sub, a, b)
    static member (-)(a: float, b: Tensor) = Tensor.Binary(Sub, a, b)
    static member (*)(a: Tensor, b: Tensor) = Tensor.Binary(Mul, a, b)
    static member (*)(a: Tensor, b: float) = Tensor.Binary(Mul, a, b)
    static member (*)(a: float, b: Tensor) = Tensor.Binary(Mul, a, b)
    static member (/)(a: Tensor, b: Tensor) = Tensor.Binary(Div, a, b)
    static member (/)(a: Tensor, b: float) = Tensor.Binary(Div, a, b)
    static member (/)(a: float, b: Tensor) = Tensor.Binary(Div, a, b)
    static member (%)(a: Tensor, b: Tensor) = Tensor.Binary(Rem, a, b)
    static member (%)(a: Tensor, b: float) = Tensor.Binary(Rem, a, b)
    static member Pow(a: Tensor, b: Tensor) = Tensor.Binary(Pow, a, b)
    static member Pow(a: Tensor, b: float) = Tensor.Binary(Pow, a, b)
    static member Pow(a: float, b: Tensor) = Tensor.Binary(Pow, a, b)
    static member Atan2(a: Tensor, b: Tensor) = Tensor.Binary(Atan2, a, b)
    static member (~-)(a: Tensor) = Tensor.Lift(Neg, [ a ])
    static member op_LessThan(a: Tensor, b: Tensor) = Tensor.Binary(Less, a, b)
    static member op_LessThan(a: Tensor, b: float) = Tensor.Binary(Less, a, b)
    static member op_GreaterThan(a: Tensor, b: Tensor) = Tensor.Binary(Less, b, a)
    static member op_GreaterThan(a: Tensor, b: float) = Tensor.Binary(Less, b, a)
    static member op_LessThanOrEqual(a: Tensor, b: Tensor) = Tensor.Binary(LessEqual, a, b)
    static member op_LessThanOrEqual(a: Tensor, b: float) = Tensor.Binary(LessEqual, a, b)
    static member op_GreaterThanOrEqual(a: Tensor, b: Tensor) = Tensor.Binary(LessEqual, b, a)
    static member op_GreaterThanOrEqual(a: Tensor, b: float) = Tensor.Binary(LessEqual, b, a)
    static member op_BitwiseAnd(a: Tensor, b: Tensor) = Tensor.Binary(And, a, b)
    static member op_BitwiseOr(a: Tensor, b: Tensor) = Tensor.Binary(Or, a, b)
    static member op_ExclusiveOr(a: Tensor, b: Tensor) = Tensor.Binary(Xor, a, b)
    static member op_LogicalNot(a: Tensor) = Tensor.Lift(Not, [ a ])
    static member private Only(a: Tensor, seen: DType) =
        let by = Tensor.Chosen("Cast", [ a ])
        if a.Count = 1 then by.Number(a, seen) else raise (ShapeException("Cast", [ a.Type ], $"{a.Count} elements are no single number", "reduce it, or read an array"))
    static member op_Explicit(a: Tensor) : float = BitConverter.Int64BitsToDouble(Tensor.Only(a, DType.Float64))
    static member op_Explicit(a: Tensor) : float32 = BitConverter.Int32BitsToSingle(int (Tensor.Only(a, DType.Float32)))
    static member op_Explicit(a: Tensor) : int64 = Tensor.Only(a, DType.Int64)
    static member op_Explicit(a: Tensor) : int = int (Tensor.Only(a, DType.Int32))
    static member op_Explicit(a: Tensor) : bool = Tensor.Only(a, DType.Bool) <> 0L
    static member Abs(a: Tensor) = Tensor.Lift(Abs, [ a ])
    static member Floor(a: Tensor) = Tensor.Lift(Floor, [ a ])
    static member Ceiling(a: Tensor) = Tensor.Lift(Ceil, [ a ])
    /// To the nearest integer, halves to even.
    static member Round(a: Tensor) = Tensor.Lift(Round, [ a ])
    static member Sqrt(a: Tensor) = Tensor.Lift(Sqrt, [ a ])
    static member Exp(a: Tensor) = Tensor.Lift(Exp, [ a ])
    static member Log(a: Tensor) = Tensor.Lift(Log, [ a ])
    static member Sin(a: Tensor) = Tensor.Lift(Sin, [ a ])
    static member Cos(a: Tensor) = Tensor.Lift(Cos, [ a ])
    static member Tan(a: Tensor) = Tensor.Lift(Tan, [ a ])
    static member Asin(a: Tensor) = Tensor.Lift(Asin, [ a ])
    static member Acos(a: Tensor) = Tensor.Lift(Acos, [ a ])
    static member Atan(a: Tensor) = Tensor.Lift(Atan, [ a ])
    static member Sinh(a: Tensor) = Tensor.Lift(Sinh, [ a ])
    static member Cosh(a: Tensor) = Tensor.Lift(Cosh, [ a ])
    static member Tanh(a: Tensor) = Tensor.Lift(Tanh, [ a ])

/// An operand inside a trace: one of its inputs or constants, or the k-th result of an instruction.
and [<RequireQualifiedAccess>] internal Value = Input of int | Constant of int | Result of instruction: int * k: int
and internal Instruction = { Op: Op; Operands: Value array; Results: TensorType array; Draw: int }
/// What a function did for one signature: an immutable program. `Draws` random draws belong to one run of it.
and Trace =
    internal { Inputs: TensorType array; Constants: Tensor array; Instructions: Instruction array; Outputs: Value array; Draws: int }

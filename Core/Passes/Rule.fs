namespace Functional

open System.Collections.Generic

/// A value of a draft, as rules see it.
[<Struct; NoEquality; NoComparison>]
type internal Term =
    { Draft: Draft
      Value: Value }

    member t.Type = t.Draft.TypeOf t.Value

/// What a term is, one step deep.
[<NoEquality; NoComparison>]
type internal Form =
    /// A scalar function in every lane.
    | Lanes of Scalar * Term list
    /// Any other formula in every lane.
    | Formed of Op * Term list
    | Moved of Move * Term list
    | Reduced of Reduction * dims: int list * Term
    | Contracted of Contraction * Term * Term
    /// Input, constant, or whatever no rule is about.
    | Leaf

/// A rewrite as data. Its name is its law: both sides are the same to the bit for all values, unless it stands in `Relaxed`.
[<NoEquality; NoComparison>]
type internal Rule =
    {
        Name: string
        /// What is the same as a term of this form; given the term as well.
        Rewrite: Term -> Form -> Term option
    }

/// What rules are written with.
[<AutoOpen>]
module internal Terms =
    let rule name rewrite = { Name = name; Rewrite = fun _ form -> rewrite form }

    /// A rule that needs the term itself.
    let ruleOf name rewrite = { Name = name; Rewrite = rewrite }

    /// A rule under which the operands of an op stand in each other's place.
    let symmetric name scalar (rewrite: Term * Term -> Term option) =
        rule name (function
            | Lanes(f, [ a; b ]) when f = scalar -> rewrite (a, b) |> Option.orElseWith (fun () -> rewrite (b, a))
            | _ -> None)

    let (|Term|) (t: Term) =
        match t.Draft.Definition t.Value with
        | ValueNone -> Leaf
        | ValueSome instruction ->
            let args = [ for v in instruction.Operands -> { t with Value = v } ]

            match instruction.Op.Kernel with
            | Map(Formula.Apply(f, operands)) when
                operands.Length = args.Length
                && operands |> Seq.indexed |> Seq.forall (fun (k, a) -> a = Formula.Arg k)
                ->
                Lanes(f, args)
            | Map _ -> Formed(instruction.Op, args)
            | Move move -> Moved(move, args)
            | Reduce(reduction, dims) -> Reduced(reduction, dims, args.Head)
            | Contract contraction -> Contracted(contraction, args[0], args[1])
            | _ -> Leaf

    /// A number, also one that is broadcast.
    let rec (|Number|_|) (t: Term) =
        match t.Draft.NumberOf t.Value with
        | ValueSome x -> Some x
        | ValueNone ->
            match t with
            | Term(Moved(Broadcast _, [ Number x ])) -> Some x
            | _ -> None

    let same (a: Term) (b: Term) = a.Value = b.Value

    let apply (op: Op) (args: Term list) : Term =
        let draft = args.Head.Draft
        let instruction =
            { Op = op
              Operands = [| for a in args -> a.Value |]
              Results = Array.ofList (op.Infer [ for a in args -> a.Type ])
              Draw = 0 }
        { Draft = draft; Value = Value.Result(draft.Append instruction, 0) }

    let lanes f args = apply (Elementwise.scalar f) args

    /// A number of the type of another term.
    let number (like: Term) x = { like with Value = like.Draft.Number(like.Type.DType, x) }

    /// A number in every place of the type of another term.
    let filled (like: Term) x =
        let t = like.Type
        if t.Rank = 0 then
            number like x
        else
            apply (Movement.broadcast (List.ofArray t.Sizes) t.Format []) [ number like x ]

    let isFloating (t: Term) = Scalars.isFloating t.Type.DType

    /// Whether two numbers are the same to the bit: 0 is not -0.
    let equals (a: float) (b: float) = System.BitConverter.DoubleToInt64Bits a = System.BitConverter.DoubleToInt64Bits b

    /// Holds no NaN but the one that kernels make: what a formula or a reduction gave, or no float. Only movement leaves
    /// the bits of other NaNs as they are, so that a law which leaves all arithmetic out asks for such an operand.
    let rec isSettled (t: Term) =
        not (isFloating t)
        || match t.Draft.Definition t.Value with
           | ValueSome { Op = { Kernel = Map _ | Reduce _ | Contract _ | Convolve _ | Random } } -> true
           | ValueSome { Op = { Kernel = Move(Broadcast _ | Permute _ | Reshape _ | Slice _ | Windows _) }
                         Operands = from } -> isSettled { t with Value = from[0] }
           | _ -> false

/// Applies rules, from a trace's first instruction to its last, until none is left that fires.
[<RequireQualifiedAccess>]
module internal Rewrite =
    /// A rule that leaves the type as it is; some laws of elements hold for operands of one label order only.
    let private fire (term: Term) (rules: Rule array) =
        let form = (|Term|) term

        let rec at k =
            if k = rules.Length then
                ValueNone
            else
                match rules[k].Rewrite term form with
                | Some other when other.Value <> term.Value && other.Type.Equals term.Type ->
                    ValueSome struct (rules[k].Name, other)
                | _ -> at (k + 1)

        match form with
        | Leaf -> ValueNone
        | _ -> at 0

    /// The rewritten trace, and how often each rule fired.
    let run (rules: Rule list) (trace: Trace) : Trace * (string * int) list =
        let rules = Array.ofList rules
        let fired = Dictionary<string, int>()

        let rec settle (term: Term) =
            match fire term rules with
            | ValueSome(name, other) ->
                fired[name] <-
                    1
                    + (match fired.TryGetValue name with
                       | true, n -> n
                       | _ -> 0)
                settle other
            | ValueNone -> term.Value

        let place draft instruction =
            match Draft.keep draft instruction with
            | [| value |] -> [| settle { Draft = draft; Value = value } |]
            | values -> values

        let rewritten = Draft.rewrite place trace
        rewritten,
        [ for rule in rules do
              match fired.TryGetValue rule.Name with
              | true, count -> rule.Name, count
              | _ -> () ]

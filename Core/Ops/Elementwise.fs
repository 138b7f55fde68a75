namespace Functional

open System.Collections.Concurrent
open System.Collections.Generic

/// Ops that are one formula in every lane; everything about them follows from it.
[<RequireQualifiedAccess>]
module internal Elementwise =
    /// Operands are alike, or scalars without a format, which meet every lane.
    let private infer name formula (types: TensorType list) =
        let shapes = types |> List.filter (fun t -> t.Rank > 0)
        let lead =
            match shapes with
            | [] -> types.Head
            | t :: _ -> t

        for t in shapes do
            if t.Format <> lead.Format || t.Sizes <> lead.Sizes then
                Labels.shapeError name types "its operands have different shapes" "broadcast them to one"

        match Formulas.typeOf [ for t in types -> t.DType ] formula with
        | Ok dtype -> TensorType(dtype, lead.Sizes, lead.Format)
        | Error problem -> Labels.dtypeError name types problem "cast the operands"

    let private eval formula (_: TensorType) (lanes: Lanes list) i =
        Formulas.eval
            [ for x in lanes -> x.Type.DType ]
            [ for x in lanes -> x.At(if x.Type.Rank = 0 then [] else i) ]
            formula

    let private whole f = Formula.Apply(f, [ for k in 0 .. Scalars.arity f - 1 -> Arg k ])
    let private scalars = ConcurrentDictionary<Scalar, Op>()

    /// The op of a scalar function.
    let rec scalar (f: Scalar) : Op =
        scalars.GetOrAdd(
            f,
            fun f ->
                let op =
                    make
                        (match f with
                         | Cast _ -> "Cast"
                         | _ -> string f)
                        (Scalars.arity f)
                        (whole f)

                match f with
                | Cast dtype ->
                    let back _ (args: Tensor list) (y: Tensor) dy =
                        if Scalars.isFloating y.DType then Some(lift (Cast args.Head.DType) [ dy ]) else None
                    { op with Attributes = [ "dtype", box dtype ]; Pull = rule back }
                | _ -> op
        )

    /// An op from its formula: shape, value, kernel and reverse rule.
    and make name arity formula : Op =
        withPulls
            [ for i in 0 .. arity - 1 -> lazy (Formulas.pull i formula (Arg arity)) ]
            (Define.op name [] (Map formula) (infer name formula) (eval formula) Define.noPull)

    /// The op with another reverse rule: for each operand a formula of the operands, `Self` and the cotangent, which
    /// follows the operands.
    and withPulls (pulls: Lazy<Formula option> list) (op: Op) : Op =
        let pull i (args: Tensor list) (y: Tensor) (dy: Tensor) =
            let total (dx: Tensor) =
                if args[i].Rank = 0 && y.Rank > 0 then
                    Define.apply (Movement.sum [ 0 .. y.Rank - 1 ]) [ dx ]
                else
                    dx
            pulls[i].Value |> Option.map (onTensors (Array.ofList (args @ [ dy ])) y >> total)

        { op with Pull = rule pull }

    /// Integers and Bool have no cotangent.
    and private rule pull wanted (args: Tensor list) (results: Tensor list) (cotangents: Tensor option list) =
        [ for i in wanted ->
              if Scalars.isFloating args[i].DType then
                  cotangents.Head |> Option.bind (pull i args results.Head)
              else
                  None ]

    /// The formula with tensors for lanes; equal parts once.
    and private onTensors (args: Tensor array) (self: Tensor) =
        let memo = Dictionary<Formula, Tensor>()

        let rec go formula =
            match memo.TryGetValue formula with
            | true, t -> t
            | _ ->
                let t =
                    match formula with
                    | Arg i -> args[i]
                    | Self -> self
                    | Literal c -> Tensor.Literal(self.DType, c)
                    | Formula.Apply(f, operands) -> lift f (List.map go operands)

                memo[formula] <- t
                t

        go

    /// Literals alone make a literal.
    and private literal f (args: Tensor list) =
        let formula = whole f
        let value (a: Tensor) =
            match a.Origin with
            | Origin.Literal c -> Scalars.store a.DType (Real c)
            | _ -> invalidOp "not a literal"
        let dtype = (infer (string f) formula [ for a in args -> a.Type ]).DType

        match Formulas.eval [ for a in args -> a.DType ] (List.map value args) formula with
        | Real x -> Tensor.Literal(dtype, x)
        | Whole n -> Tensor.Literal(dtype, float n)

    /// A number beside integers or Bool is one of theirs: none is rounded unseen.
    and private checkNumbers f (args: Tensor list) =
        for a in args do
            match a.Origin with
            | Origin.Literal x when not (Scalars.holds a.DType x) ->
                Labels.dtypeError
                    (string f)
                    [ for a in args do
                          if not (isNull a.Interpreter) then a.Type ]
                    $"the number {x} is no {a.DType}"
                    (if a.DType = DType.Bool then
                         "use 0 or 1, or cast the tensor"
                     else
                         "use a whole number in its range, or cast the tensor to Float32 or Float64")
            | _ -> ()

    /// Applies a scalar function to operands aligned and broadcast.
    and lift (f: Scalar) (args: Tensor list) : Tensor =
        Tensor.Chosen(f, args) |> ignore
        checkNumbers f args
        let shapes = args |> List.filter (fun a -> a.Rank > 0)

        let same =
            match shapes with
            | []
            | [ _ ] -> true
            | a :: rest ->
                rest
                |> List.forall (fun b ->
                    obj.ReferenceEquals(a.Type, b.Type) || (a.Format = b.Format && a.Type.Sizes = b.Type.Sizes))

        if args |> List.forall (fun a -> isNull a.Interpreter) then
            literal f args
        elif same then
            Define.apply (scalar f) args
        else
            let sizes, format, places = Labels.align (string f) [ for a in shapes -> a.Type ]
            let places =
                Dictionary<Tensor, int list>(
                    List.zip shapes places |> List.distinctBy fst |> List.map KeyValuePair,
                    HashIdentity.Reference
                )

            let fit (a: Tensor) =
                if
                    a.Rank = 0
                    || (List.ofArray a.Type.Sizes = sizes && a.Format = format && places[a] = List.sort places[a])
                then
                    a
                else
                    Define.apply (Movement.broadcast sizes format places[a]) [ a ]

            Define.apply (scalar f) (List.map fit args)

    /// Where elements are NaN.
    let isNaN (x: Tensor) = lift Not [ lift Equal [ x; x ] ]

    let private entry f ranges summary =
        let op = scalar f

        { Name = op.Name
          Family = "elementwise"
          Summary = summary
          Sample =
            fun _ t ->
                if Scalars.admits (Scalars.domain f) t.DType then
                    Some(op, [ for range in ranges -> Operand.smooth range t ])
                else
                    None }

    let private whereEntry =
        { Name = "Where"
          Family = "elementwise"
          Summary = "c ? x : y."
          Sample =
            fun choose t ->
                let branch = Operand.any (TensorType(enum<DType>(choose 5), t.Sizes, t.Format))
                if t.DType = DType.Bool then Some(scalar Where, [ Operand.any t; branch; branch ]) else None }

    let private castEntry =
        Entry.unary
            "elementwise"
            "Cast"
            "The nearest value of another data type; to integers towards zero, saturating, NaN to 0; to Bool x ≠ 0."
            (fun choose _ -> Some(scalar (Cast(enum<DType>(choose 5)))))

    let entries: Entry list =
        let wide, above = (-2., 2.), (0.1, 2.)

        [ entry Add [ wide; wide ] "x + y; integers wrap around."
          entry Sub [ wide; wide ] "x - y; integers wrap around."
          entry Mul [ wide; wide ] "x · y; integers wrap around."
          entry Div [ wide; (0.5, 2.) ] "x / y; for integers towards zero, and x / 0 = 0."
          // The quotient stays between 2 and 3: the remainder jumps at integers.
          entry Rem [ (4.1, 4.9); (1.8, 2.) ] "x - y · trunc(x / y), of the sign of x; for integers x % 0 = 0."
          entry Pow [ (0.2, 2.); wide ] "x to the power of y."
          entry Atan2 [ above; wide ] "The angle of the point (y, x), in -π … π."
          entry Hypot [ above; wide ] "√(x² + y²) without overflow on the way."
          entry Max [ (-2., -0.1); above ] "The greater of x and y; NaN where either is, and -0 < 0."
          entry Min [ (-2., -0.1); above ] "The less of x and y; NaN where either is, and -0 < 0."
          entry Less [ wide; wide ] "x < y; false where either is NaN."
          entry LessEqual [ wide; wide ] "x ≤ y; false where either is NaN."
          entry Equal [ wide; wide ] "x = y; false where either is NaN."
          entry And [ wide; wide ] "x ∧ y."
          entry Or [ wide; wide ] "x ∨ y."
          entry Xor [ wide; wide ] "x ⊕ y."
          entry Not [ wide ] "¬x."
          entry Neg [ wide ] "-x; integers wrap around."
          entry Abs [ (-2., -0.1) ] "|x|; the least integer is its own."
          entry Sign [ above ] "x / |x|; x where it is 0 or NaN."
          entry Floor [ (0.1, 0.9) ] "⌊x⌋."
          entry Ceil [ (0.1, 0.9) ] "⌈x⌉."
          entry Round [ (0.6, 1.4) ] "The nearest integer, halves to even."
          entry Sqrt [ above ] "√x; NaN below 0."
          entry Exp [ wide ] "eˣ."
          entry Expm1 [ wide ] "eˣ - 1, accurate near 0."
          entry Log [ above ] "ln x; NaN below 0."
          entry Log1p [ (-0.8, 2.) ] "ln(1 + x), accurate near 0."
          entry Sin [ wide ] "sin x."
          entry Cos [ wide ] "cos x."
          entry Tan [ (-1.2, 1.2) ] "tan x."
          entry Asin [ (-0.9, 0.9) ] "arcsin x; NaN outside -1 … 1."
          entry Acos [ (-0.9, 0.9) ] "arccos x; NaN outside -1 … 1."
          entry Atan [ wide ] "arctan x."
          entry Sinh [ wide ] "sinh x."
          entry Cosh [ wide ] "cosh x."
          entry Tanh [ wide ] "tanh x."
          entry Asinh [ wide ] "arsinh x."
          entry Acosh [ (1.2, 3.) ] "arcosh x; NaN below 1."
          entry Atanh [ (-0.9, 0.9) ] "artanh x; NaN outside -1 … 1."
          entry Erf [ wide ] "The error function, 2/√π ∫₀ˣ exp(-t²) dt."
          whereEntry
          castEntry ]

/// What all interpreters share: operators mean elementwise ops.
[<AbstractClass>]
type internal OpInterpreter() =
    inherit Interpreter()
    /// Whether what it does becomes part of a trace, to be run again.
    abstract IsTracing: bool
    default _.IsTracing = false
    override _.Lift(f, args) = Elementwise.lift f args
    override _.Show t = $"{t.Type} (traced)"
    override by.Number(t, dtype) = HostNumber.bits dtype (by.Read t)

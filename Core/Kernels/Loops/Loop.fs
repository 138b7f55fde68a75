namespace Functional

open System
open System.Collections.Generic

/// A step of a loop: what one lane computes from earlier steps.
[<RequireQualifiedAccess>]
type internal LoopStep =
    /// The lane's element of an operand.
    | Load of operand: int
    /// The bits of a Float64, so that 0 and -0 are two numbers; in the lane it is stored as the data type stores it.
    | Number of DType * bits: int64
    /// A scalar function. Its operands have one data type (of `Where` the last two).
    | Apply of Scalar * args: int list
    /// The step reduced over the reduced dimensions; one value for each place in the kept ones. Steps that use it, and
    /// `kept` ones besides, have one value there too. SumOf, ProductOf, MaxOf, MinOf, AnyOf, AllOf.
    | Fold of Reduction * step: int

/// What is read by a loop. Its strides have the rank of the loop; a kept operand has stride 0 in reduced dimensions.
[<Struct>]
type internal LoopOperand = { DType: DType; Kept: bool }

/// A fused kernel as data: for every index of a space, straight-line steps. The dimensions of the space and which of them
/// are reduced are structure; sizes, strides and addresses are given when it is run. A value, compared by structure: one
/// compiled kernel serves all equal loops. Steps are shared, never repeated: `Loops.Builder` sees to it.
type internal Loop =
    {
        /// For each dimension, the outermost first, whether folds reduce over it.
        Reduced: bool list
        Operands: LoopOperand list
        Steps: LoopStep list
        /// Whether a product that is added to something is not rounded first: one rounding less, and other bits.
        Contracted: bool
        /// The steps that are stored: over the whole space, or over its kept dimensions where the step has a value there.
        Results: int list
    }

[<RequireQualifiedAccess>]
module internal Loops =
    let number dtype (x: float) = LoopStep.Number(dtype, BitConverter.DoubleToInt64Bits x)

    let private stepType (operands: LoopOperand array) (types: DType array) step =
        match step with
        | LoopStep.Load k -> operands[k].DType
        | LoopStep.Number(dtype, _) -> dtype
        | LoopStep.Apply(f, args) -> Formulas.resultType f types[List.last args]
        | LoopStep.Fold(_, k) -> types[k]

    let private isKept (operands: LoopOperand array) (kept: bool array) step =
        match step with
        | LoopStep.Load k -> operands[k].Kept
        | LoopStep.Number _
        | LoopStep.Fold _ -> true
        | LoopStep.Apply(_, args) -> args |> List.forall (fun k -> kept[k])

    let private over loop (property: LoopOperand array -> 'T array -> LoopStep -> 'T) =
        let steps, operands = Array.ofList loop.Steps, Array.ofList loop.Operands
        let found = Array.zeroCreate<'T> steps.Length
        for k in 0 .. steps.Length - 1 do
            found[k] <- property operands found steps[k]
        found

    /// The data type of each step.
    let types loop : DType array = over loop stepType

    /// How often each step is used, by other steps or as a result.
    let uses loop : int array =
        let uses = Array.zeroCreate<int> loop.Steps.Length
        let count k = uses[k] <- uses[k] + 1
        for step in loop.Steps do
            match step with
            | LoopStep.Apply(_, args) -> List.iter count args
            | LoopStep.Fold(_, k) -> count k
            | LoopStep.Load _
            | LoopStep.Number _ -> ()
        List.iter count loop.Results
        uses

    let private isFold step =
        match step with
        | LoopStep.Fold _ -> true
        | _ -> false

    /// For each step whether it has one value for each place in the kept dimensions. Without folds nothing has.
    let kept loop : bool array =
        if List.exists isFold loop.Steps then over loop isKept else Array.create loop.Steps.Length false

    let private fits operand (types: DType array) step =
        match step with
        | LoopStep.Load k -> k < operand
        | LoopStep.Number _ -> true
        | LoopStep.Apply(f, args) ->
            let alike = if f = Where then args.Tail else args
            args.Length = Scalars.arity f
            && alike |> List.forall (fun a -> types[a] = types[alike.Head])
            && Scalars.admits (Scalars.domain f) types[alike.Head]
            && (f <> Where || types[args.Head] = DType.Bool)
        | LoopStep.Fold((AnyOf | AllOf), a) -> types[a] = DType.Bool
        | LoopStep.Fold((ArgMaxOf | ArgMinOf), _) -> false
        | LoopStep.Fold(_, a) -> types[a] <> DType.Bool

    /// What is wrong with a loop, if anything.
    let problem (loop: Loop) : string option =
        let earlier =
            loop.Steps
            |> List.indexed
            |> List.forall (fun (k, step) ->
                match step with
                | LoopStep.Apply(_, args) -> not args.IsEmpty && args |> List.forall (fun a -> a >= 0 && a < k)
                | LoopStep.Fold(_, a) -> a >= 0 && a < k
                | _ -> true)

        if not earlier then
            Some "a step uses a later one"
        elif List.contains true loop.Reduced && not (List.exists isFold loop.Steps) then
            Some "dimensions are reduced, but nothing is folded"
        elif loop.Results |> List.exists (fun k -> k < 0 || k >= loop.Steps.Length) || loop.Results.IsEmpty then
            Some "its results are no steps of it"
        else
            let types = types loop
            loop.Steps
            |> List.tryFindIndex (fun step -> not (fits loop.Operands.Length types step))
            |> Option.map (fun k -> $"step {k}, {loop.Steps[k]}, does not fit its operands")

    /// Collects the steps of a loop, equal ones once.
    [<Sealed>]
    type Builder(reduced: bool list, contracted: bool) =
        let operands, steps = List<LoopOperand>(), List<LoopStep>()
        let seen = Dictionary<LoopStep, int>()

        member _.Add step =
            match seen.TryGetValue step with
            | true, k -> k
            | _ ->
                seen[step] <- steps.Count
                steps.Add step
                steps.Count - 1

        /// A further operand; the step that loads it.
        member b.Operand(dtype, kept) =
            operands.Add { DType = dtype; Kept = kept }
            b.Add(LoopStep.Load(operands.Count - 1))

        /// A formula of earlier steps; its literals take the data type of their fellow operands, as in `Formulas.eval`.
        member b.Formula(args: (int * DType) list, formula: Formula) =
            let steps = Formulas.steps formula
            let places, types = Array.create steps.Length -1, Array.create steps.Length DType.Float32
            let isLiteral k =
                match steps[k] with
                | Formulas.Step.Literal _ -> true
                | _ -> false

            let place dtype k =
                match steps[k] with
                | Formulas.Step.Literal c -> b.Add(number dtype c)
                | _ -> places[k]

            for k in 0 .. steps.Length - 1 do
                match steps[k] with
                | Formulas.Step.Literal _ -> ()
                | Formulas.Step.Arg i ->
                    places[k] <- fst args[i]
                    types[k] <- snd args[i]
                | Formulas.Step.Apply(f, operands) ->
                    let alike = if f = Where then operands.Tail else operands
                    let typed = alike |> List.tryFind (fun a -> not (isLiteral a))
                    let dtype = typed |> Option.map (fun a -> types[a]) |> Option.defaultValue (snd args.Head)
                    let own a = if f = Where && a = operands.Head then DType.Bool else dtype
                    types[k] <- Formulas.resultType f dtype
                    places[k] <- b.Add(LoopStep.Apply(f, [ for a in operands -> place (own a) a ]))

            place (snd args.Head) (steps.Length - 1)

        /// The loop that stores these steps.
        member _.Loop results : Loop =
            { Reduced = reduced
              Operands = List.ofSeq operands
              Steps = List.ofSeq steps
              Contracted = contracted
              Results = results }

    /// The loop of an elementwise op.
    let map rank (types: DType list) formula : Loop =
        let b = Builder(List.replicate rank false, false)
        let args = [ for t in types -> b.Operand(t, false), t ]
        b.Loop [ b.Formula(args, formula) ]

    /// The loop of a reduction.
    let reduce rank dims dtype reduction : Loop =
        let b = Builder([ for d in 0 .. rank - 1 -> List.contains d dims ], false)
        b.Loop [ b.Add(LoopStep.Fold(reduction, b.Operand(dtype, false))) ]

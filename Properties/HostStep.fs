namespace Functional.Properties

open System
open Functional

/// What the host language does with a tensor between ops: reads it, loops, draws, or lets in what is no argument. The
/// result has the tensor's type.
[<RequireQualifiedAccess>]
type internal HostStep =
    /// Reads something of the tensor (which of `HostSteps.reads`) and goes one of two ways.
    | Branch of read: int * whenTrue: int * whenFalse: int
    /// Goes on while a value says so, at most a number of times; drawing in each, or not.
    | Loop of draws: bool * limit: int
    /// Draws like the tensor: noise, dropout, or until a draw is accepted.
    | Noise of kind: int
    /// Adds a draw that is not like the tensor.
    | PlainDraw
    /// A counter, System.Random, what the last call left, the clock.
    | Hidden of kind: int

/// What a program can do beside applying ops.
[<RequireQualifiedAccess>]
type Feature =
    | Branches
    | Loops
    | Random
    | State

/// What a function keeps from call to call, and should not.
[<Sealed>]
type internal HostState() =
    member val Calls = 0 with get, set
    member val Random = System.Random 0
    member val Last: Tensor option = None with get, set

/// The meaning of such steps.
[<RequireQualifiedAccess>]
module internal HostSteps =
    let private reals (x: Tensor) = Elementwise.lift (Cast DType.Float64) [ x ]
    let private total (x: Tensor) : float = Tensor.op_Explicit (Statistics.sum [] (reals x))
    let private isBool (x: Tensor) = x.DType = DType.Bool
    let private isFloating (x: Tensor) = Scalars.isFloating x.DType

    /// How many ways there are to take a value out: a number, a Bool, a position, all elements.
    [<Literal>]
    let Reads = 4

    let private holds read (x: Tensor) : bool =
        match read with
        | 0 -> total x > 0.
        | 1 -> Tensor.op_Explicit (Statistics.any [] (Tensor.op_GreaterThan (reals x, 0.)))
        | 2 when x.Count > 0 ->
            let flat = Define.apply (Movement.reshape [ x.Count ] Format.None) [ reals x ]
            (Tensor.op_Explicit (Sorting.argMaxAt 0 flat): int) % 2 = 0
        | _ ->
            HostData.toArray<float>(reals x)
            |> Array.filter (fun x -> x > 0.)
            |> Array.length
            |> (fun n -> 2 * n > x.Count)

    [<Literal>]
    let Ways = 4

    let private goes way (x: Tensor) : Tensor =
        if isBool x then
            if way % 2 = 0 then Tensor.op_LogicalNot x else x
        else
            match way with
            | 0 -> x + x
            | 1 -> -x
            | 2 -> x * x
            | _ -> x

    let private smaller draws (x: Tensor) : Tensor =
        if isBool x then Tensor.op_LogicalNot x
        elif draws && isFloating x then x * Uniform.draw x.Interpreter x.Type
        else x / 2.

    let private noisy kind (x: Tensor) : Tensor =
        if not (isFloating x) then
            Elementwise.lift Where [ Uniform.bernoulli x.Interpreter 0.5 x.Type; x; x ]
        else
            match kind with
            | 0 -> x + 0.5 * Uniform.normal x.Interpreter x.Type
            | 1 ->
                let kept = Uniform.bernoulli x.Interpreter 0.5 x.Type
                Elementwise.lift Where [ kept; 2. * x; Tensor.Literal(x.DType, 0.) ]
            | _ ->
                // Rejection: a sum of draws below the middle, or the tenth.
                let mutable u, tries = Uniform.draw x.Interpreter x.Type, 1
                while total u > 0.5 * float x.Count && tries < 10 do
                    u <- Uniform.draw x.Interpreter x.Type
                    tries <- tries + 1
                x * u

    let private hidden (state: HostState) kind (x: Tensor) : Tensor =
        let times (n: int) =
            if not (isBool x) then x * float n
            elif n % 2 = 0 then x
            else Tensor.op_LogicalNot x

        match kind with
        | 0 -> times state.Calls
        | 1 -> if isBool x then times state.Calls else times (state.Random.Next(1, 1_000_000))
        | 2 ->
            let last = state.Last |> Option.defaultWith (fun () -> HostData.constant (TensorType(x.DType, [])) 0.)
            state.Last <-
                Some(
                    HostData.constant
                        (TensorType(x.DType, []))
                        (if isBool x then float (state.Calls % 2) else float state.Calls)
                )
            if isBool x then Elementwise.lift Xor [ x; last ] else x + last
        | _ -> times (if isBool x then state.Calls else int (Environment.TickCount64 % 1_000_000L))

    let apply (state: HostState) step (x: Tensor) : Tensor =
        match step with
        | HostStep.Branch(read, whenTrue, whenFalse) -> goes (if holds read x then whenTrue else whenFalse) x
        | HostStep.Loop(draws, limit) ->
            let mutable y, k = x, 0
            while k < limit && total (if isBool y then y else abs y) > 1. do
                y <- smaller draws y
                k <- k + 1
            y
        | HostStep.Noise kind -> noisy kind x
        | HostStep.PlainDraw ->
            let u = Uniform.draw Direct.Instance (TensorType(DType.Float64, []))
            if isFloating x then
                x + Elementwise.lift (Cast x.DType) [ u ]
            else
                Elementwise.lift Where [ Tensor.op_LessThan (u, 0.5); x; goes 0 x ]
        | HostStep.Hidden kind -> hidden state kind x

    /// One of a feature.
    let draw (random: Random) feature =
        match feature with
        | Feature.Branches -> HostStep.Branch(random.Next Reads, random.Next Ways, random.Next Ways)
        | Feature.Loops -> HostStep.Loop(random.Next 2 = 0, random.Next 8)
        | Feature.Random
        | Feature.State -> HostStep.Noise(random.Next 3)

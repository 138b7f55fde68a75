namespace Functional

open Functional.FSharp

/// Looks for a layer that does not declare itself acceleratable, and is in no layer that does.
[<Sealed>]
type internal Traceable private () =
    inherit PartVisitor()
    member val private Found = false with get, set

    override _.Number(_, _) = ()
    override _.Key _ = ()
    override _.OpeningOf ty = Openings.openingOf ty
    override _.Enter _ = ()
    override _.Leave() = ()
    override _.EnterState() = true
    override _.LeaveState() = ()

    override this.Part value =
        match value with
        | null
        | :? Tensor
        | :? IAcceleratable -> ()
        | :? ILayer as layer when not (layer :? Network) -> this.Found <- true
        | value ->
            match Openings.openingOf (value.GetType()) with
            | null -> ()
            | opening -> opening.Show(value, this)

    /// Whether a structure may be traced as a whole.
    static member Is(structure: objnull) =
        let visitor = Traceable()
        visitor.Part structure
        not visitor.Found

/// The functions that training calls: a batch's whole step, or where gradients are averaged its part of one; and validation.
/// Each is one function of structures, accelerated as a whole or run directly.
[<Sealed>]
type internal Steps<'N, 'S, 'B>
    (objective: Objective<'N, 'B>, optimiser: Optimiser<'N, 'S>, options: FitOptions<'N, 'B>, isAccelerated: bool) =

    let clip = defaultArg options.Clip id

    let update (struct (network: 'N, state: 'S, gradient: 'N)) : struct ('N * 'S) =
        optimiser.Step(network, state, clip gradient)

    let whole (struct (network: 'N, state: 'S, batch: 'B)) : struct (Tensor * 'N * 'S) =
        let loss, next, gradient = objective.Gradient(network, batch)
        let struct (network, state) = update (struct (next, state, gradient))
        struct (loss, network, state)

    let add (sum: 'N) (gradient: 'N) : 'N =
        let terms, _ = Structures.flatten (box gradient)
        let sums, _ = Structures.flatten (box sum)
        let added = Array.map2 (fun (s: Tensor) g -> if Scalars.isFloating s.DType then s + g else s) sums terms
        Structures.replace sum added

    let part (struct (network: 'N, batch: 'B)) : struct (Tensor * 'N * 'N) =
        let loss, next, gradient = objective.Gradient(network, batch)
        struct (loss, next, gradient)

    let further (struct (network: 'N, sum: 'N, batch: 'B)) : struct (Tensor * 'N * 'N) =
        let struct (loss, next, gradient) = part (struct (network, batch))
        struct (loss, next, add sum gradient)

    let finish (struct (network: 'N, state: 'S, sum: 'N, count: Tensor)) : struct ('N * 'S) =
        let mean (t: Tensor) = if Scalars.isFloating t.DType then t / Parameters.castLike t count else t
        let sums, _ = Structures.flatten (box sum)
        update (struct (network, state, Structures.replace sum (Array.map mean sums)))

    let measure (struct (network: 'N, batch: 'B)) : Tensor array = objective.Measure(network, batch)

    let fast name (f: 'T -> 'R) =
        AcceleratedFunction<'T, 'R>(f, { AccelerateOptions.Default with Name = name; Enabled = isAccelerated })

    let fastWhole = fast "Train.Fit step" whole
    let fastPart = fast "Train.Fit first gradient" part
    let fastFurther = fast "Train.Fit gradient" further
    let fastFinish = fast "Train.Fit update" finish
    let fastMeasure = fast "Train.Fit validation" measure

    /// Loss, network and state after a batch's step.
    member _.Whole(network, state, batch) = fastWhole.Invoke(struct (network, state, batch))

    /// The same, always directly.
    member _.WholeDirectly(network, state, batch) = whole (struct (network, state, batch))

    /// Loss, the network with its next state, and the sum of gradients.
    member _.Part(network, sum: 'N voption, batch) =
        match sum with
        | ValueSome sum -> fastFurther.Invoke(struct (network, sum, batch))
        | ValueNone -> fastPart.Invoke(struct (network, batch))

    /// Network and state after a step along the mean of so many gradients.
    member _.Finish(network, state, sum, count: int) =
        fastFinish.Invoke(struct (network, state, sum, Parameters.number (float count)))

    /// What is measured of a batch: the loss of validation, then the metrics.
    member _.Measure(network, batch) : float array =
        fastMeasure.Invoke(struct (network, batch)) |> Array.map HostData.toScalar<float>

    /// The function that a batch of training runs, with its counters.
    member _.Main: AcceleratedFunction = if options.Accumulate = 1 then fastWhole else fastFurther

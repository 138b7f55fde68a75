namespace Functional.FSharp

/// How an accelerated function keeps its traces.
type AccelerateOptions =
    {
        /// False: every call runs the function directly.
        Enabled: bool
        /// How many signatures are kept; the least recently used goes first.
        CacheSize: int
        /// The function's name in messages.
        Name: string
    }

    /// Enabled, 50 signatures, no name.
    static member Default = { Enabled = true; CacheSize = 50; Name = "" }

namespace Functional

open System
open System.Collections.Generic
open System.Threading
open Functional.FSharp

/// The structure of the inputs and the type of each tensor in them.
[<Sealed>]
type internal Signature(skeleton: Skeleton, types: TensorType array) =
    let hash = types |> Array.fold (fun h t -> h * 31 + t.GetHashCode()) (skeleton.GetHashCode())
    member _.Skeleton = skeleton
    member _.Types = types
    override _.GetHashCode() = hash

    override _.Equals other =
        match other with
        | :? Signature as s ->
            types.Length = s.Types.Length
            && Array.forall2 (fun (a: TensorType) b -> a.Equals b) types s.Types
            && skeleton.Equals s.Skeleton
        | _ -> false

/// What is known of one signature, and when it was last used.
[<Sealed>]
type internal Entry<'R>(path: Path<'R>) =
    let mutable lastUse = 0L
    member _.Path = path
    member _.LastUse
        with get () = Volatile.Read &lastUse
        and set (tick: int64) = Volatile.Write(&lastUse, tick)

/// The counters of an accelerated function.
[<AbstractClass>]
type AcceleratedFunction internal (options: AccelerateOptions) =
    let mutable enabled = options.Enabled
    let mutable hits, misses = 0L, 0L

    do ArgumentOutOfRangeException.ThrowIfLessThan(options.CacheSize, 1)

    /// False: calls run the function directly; the traces are kept.
    member _.Enabled
        with get () = Volatile.Read &enabled
        and set (value: bool) = Volatile.Write(&enabled, value)

    /// The function's name in messages.
    member _.Name = options.Name
    /// How many signatures are kept at most.
    member _.CacheSize = options.CacheSize
    /// Calls that were answered by a trace made before.
    member _.Hits = Volatile.Read &hits
    /// Calls for which a trace was made.
    member _.Misses = Volatile.Read &misses
    /// Hits in percent of all calls that looked for a trace; 0 before the first.
    member this.HitRate =
        let calls = this.Hits + this.Misses in if calls = 0L then 0. else 100. * float this.Hits / float calls
    /// Signatures kept.
    abstract Count: int
    /// Signatures kept, in percent of CacheSize.
    member this.Occupancy = 100. * float this.Count / float options.CacheSize
    /// Forgets all traces and sets the counters to 0.
    abstract Clear: unit -> unit
    /// The traces kept, most recently used first: one for each path of each signature.
    abstract Traces: IReadOnlyList<Trace>
    member internal _.Hit() = Interlocked.Increment(&hits) |> ignore
    member internal _.Miss() = Interlocked.Increment(&misses) |> ignore

    member internal _.ResetCounters() =
        Volatile.Write(&hits, 0L)
        Volatile.Write(&misses, 0L)

/// A function that is traced once for each signature of its input and replayed from then on. Safe for any number of
/// threads. Inside another accelerated function, or inside a gradient being taken, it runs directly and becomes part of it.
type AcceleratedFunction<'T, 'R> internal (f: 'T -> 'R, options: AccelerateOptions) =
    inherit AcceleratedFunction(options)
    let gate = obj ()
    let mutable cache = Dictionary<Signature, Entry<'R>>()
    let mutable clock = 0L
    let tick () = Interlocked.Increment(&clock)
    let name = if options.Name = "" then "the accelerated function" else options.Name

    let outputs (program: Program) (template: 'R) (blocks: Block array) (inputs: Tensor array) : 'R =
        let value k v =
            match v with
            | Value.Input i -> inputs[i]
            | _ -> Direct.Tensor(Program.TypeOf(program.Trace, v), blocks[k])

        Structures.replace template (program.Trace.Outputs |> Array.mapi value)

    let store signature (entry: Entry<'R>) =
        let next = Dictionary<Signature, Entry<'R>> cache
        next[signature] <- entry
        while next.Count > options.CacheSize do
            let oldest = next |> Seq.minBy (fun kept -> kept.Value.LastUse)
            next.Remove oldest.Key |> ignore
        Volatile.Write(&cache, next)

    let remember signature (tracer: Tracer) (result: 'R) (results: Tensor array) =
        let reads = [ for t, seen in tracer.Reads -> Program(tracer.Trace [ t ]), seen ]
        let blank = results |> Array.map (fun t -> Tensor.Literal(t.DType, 0.))
        let leaf = Path.Leaf(Program(tracer.Trace(List.ofArray results)), Structures.replace result blank)

        let path =
            match cache.TryGetValue signature with
            | true, entry -> Paths.insert reads leaf (Some entry.Path)
            | _ -> Paths.insert reads leaf None

        store signature (Entry(path, LastUse = tick ()))

    let trace signature (x: 'T) (leaves: Tensor array) : 'R =
        let run inputs = f (Structures.replace x (Array.ofList inputs))

        Tracing.record name (List.ofArray leaves) run (fun tracer result ->
            let results, _ = Structures.flatten (box result)
            remember signature tracer result results

            // What was traced is also this call's answer.
            let value (t: Tensor) =
                match t.Origin with
                | Origin.Input(k, _) -> leaves[k]
                | _ -> Direct.Tensor(t.Type, tracer.Value t)

            Structures.replace result (Array.map value results))

    /// The answer of a trace made before, or none: then one is to be made.
    let rec replay signature (leaves: Tensor array) : 'R voption =
        match (Volatile.Read &cache).TryGetValue signature with
        | true, entry ->
            let generator = Generator.Current
            let start = generator.Peek()
            let blocks = leaves |> Array.map Execute.read

            match Paths.follow start blocks entry.Path with
            | ValueNone -> ValueNone
            // Another thread drew meanwhile, so the reads on the way may have seen other draws.
            | ValueSome(program, _) when not (generator.TryReserve(start, program.Trace.Draws)) ->
                replay signature leaves
            | ValueSome(program, template) ->
                entry.LastUse <- tick ()
                ValueSome(outputs program template (program.Run(start, blocks)) leaves)
        | _ -> ValueNone

    override _.Count = (Volatile.Read &cache).Count

    override _.Traces =
        [| for entry in (Volatile.Read &cache).Values |> Seq.sortByDescending (fun e -> e.LastUse) do
               for program in Paths.programs entry.Path -> program.Trace |]

    override this.Clear() =
        lock gate (fun () ->
            Volatile.Write(&cache, Dictionary())
            this.ResetCounters())

    /// Calls the function: by a trace made before for such an argument, or by a new one.
    member this.Invoke(x: 'T) : 'R =
        if not this.Enabled || Scopes.Depth > 0 then
            f x
        else
            let leaves, skeleton = Structures.flatten x
            let signature = Signature(skeleton, [| for t in leaves -> t.Type |])

            let hit answer =
                this.Hit()
                answer

            match replay signature leaves with
            | ValueSome answer -> hit answer
            | ValueNone ->
                lock gate (fun () ->
                    match replay signature leaves with
                    | ValueSome answer -> hit answer
                    | ValueNone ->
                        this.Miss()
                        trace signature x leaves)

    /// The accelerated function as a delegate.
    static member op_Implicit(f: AcceleratedFunction<'T, 'R>) : Func<'T, 'R> = Func<'T, 'R>(f.Invoke)

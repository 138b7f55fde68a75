namespace Functional

open System
open System.Collections.Generic
open System.Threading

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

    static member Default = { Enabled = true; CacheSize = 50; Name = "" }

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

/// What is known of one signature: a tree of host reads with a program at each leaf.
[<RequireQualifiedAccess>]
type internal Path<'R> =
    /// The program, and the result with tensors to be replaced.
    | Leaf of Program * template: 'R
    /// Computes what the host reads next; by the elements seen, how it goes on.
    | Guard of Program * (Array * Path<'R>) list

/// What is known of one signature, and when it was last used.
[<Sealed>]
type internal Entry<'R>(path: Path<'R>, paths: int) =
    let mutable lastUse = 0L
    member _.Path = path
    member _.Paths = paths
    member _.LastUse
        with get () = Volatile.Read &lastUse
        and set (tick: int64) = Volatile.Write(&lastUse, tick)

/// The counters of an accelerated function.
[<AbstractClass>]
type AcceleratedFunction internal (options: AccelerateOptions) =
    let mutable enabled = options.Enabled
    let mutable hits, misses = 0L, 0L
    member _.Options = options

    /// False: calls run the function directly; the traces are kept.
    member _.Enabled
        with get () = Volatile.Read &enabled
        and set (value: bool) = Volatile.Write(&enabled, value)

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
[<Sealed>]
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
            | _ -> Direct.Tensor((Program.TypeOf(program.Trace, v)), blocks[k])

        Structures.replace template (program.Trace.Outputs |> Array.mapi value)

    /// The program for these inputs, as far as the reads seen before lead.
    let rec follow start blocks path =
        match path with
        | Path.Leaf(program, template) -> Some(program, template)
        | Path.Guard(slice, branches) ->
            let seen =
                Blocks.toArray
                    (Program.TypeOf(slice.Trace, slice.Trace.Outputs[0]))
                    (slice.Run(start, blocks) |> Array.head)
            branches
            |> List.tryFind (fun (value, _) -> Blocks.sameBits value seen)
            |> Option.bind (snd >> follow start blocks)

    let rec insert (reads: (Program * Array) list) leaf path =
        match reads, path with
        | [], _ -> leaf
        | (_, seen) :: rest, Some(Path.Guard(slice, branches)) ->
            let below = branches |> List.tryFind (fun (value, _) -> Blocks.sameBits value seen) |> Option.map snd
            Path.Guard(
                slice,
                (seen, insert rest leaf below)
                :: List.filter (fun (value, _) -> not (Blocks.sameBits value seen)) branches
            )
        | (slice, seen) :: rest, _ -> Path.Guard(slice, [ seen, insert rest leaf None ])

    let store signature (entry: Entry<'R>) =
        let next = Dictionary<Signature, Entry<'R>> cache
        next[signature] <- entry
        while next.Count > max 1 options.CacheSize do
            let oldest = next |> Seq.minBy (fun kept -> kept.Value.LastUse)
            next.Remove oldest.Key |> ignore
        Volatile.Write(&cache, next)

    let trace signature (x: 'T) (leaves: Tensor array) : 'R =
        Tracing.record
            name
            (List.ofArray leaves)
            (fun inputs -> f (Structures.replace x (Array.ofList inputs)))
            (fun tracer result ->
                let results, _ = Structures.flatten result
                let reads = [ for t, seen in tracer.Reads -> Program(tracer.Trace [ t ]), seen ]
                let program = Program(tracer.Trace(List.ofArray results))
                let blank = results |> Array.map (fun t -> Tensor.Literal(t.DType, 0.))
                let leaf = Path.Leaf(program, Structures.replace result blank)
                let known =
                    match cache.TryGetValue signature with
                    | true, entry -> Some entry
                    | _ -> None
                let path = insert reads leaf (known |> Option.map (fun entry -> entry.Path))
                store
                    signature
                    (Entry(
                        path,
                        (match known with
                         | Some entry -> entry.Paths + 1
                         | None -> 1),
                        LastUse = tick ()
                    ))
                // What was traced is also this call's answer.
                let values =
                    results
                    |> Array.map (fun t ->
                        match t.Origin with
                        | Origin.Input(k, _) -> leaves[k]
                        | _ -> Direct.Tensor(t.Type, tracer.Value t))
                Structures.replace result values)

    let lookup
        signature
        (leaves: Tensor array)
        (found: Program -> 'R -> Draw -> Block array -> 'R)
        (missing: unit -> 'R)
        =
        match (Volatile.Read &cache).TryGetValue signature with
        | true, entry ->
            let start = { Key = Generator.Current.Seed; Position = Generator.Current.Position }
            let blocks = leaves |> Array.map (fun t -> (Execute.blockOf t).Value)

            match follow start blocks entry.Path with
            | Some(program, template) ->
                entry.LastUse <- tick ()
                found program template (Generator.Current.Reserve program.Trace.Draws) blocks
            | None -> missing ()
        | _ -> missing ()

    override _.Count = (Volatile.Read &cache).Count

    override _.Traces =
        let rec leaves path =
            match path with
            | Path.Leaf(program, _) -> [ program.Trace ]
            | Path.Guard(_, branches) -> branches |> List.collect (snd >> leaves)

        [| for entry in (Volatile.Read &cache).Values |> Seq.sortByDescending (fun e -> e.LastUse) do
               yield! leaves entry.Path |]

    override this.Clear() =
        lock gate (fun () ->
            Volatile.Write(&cache, Dictionary())
            this.ResetCounters())

    member this.Invoke(x: 'T) : 'R =
        if not this.Enabled || Scopes.Depth > 0 then
            f x
        else
            let leaves, skeleton = Structures.flatten x
            let signature = Signature(skeleton, [| for t in leaves -> t.Type |])

            let hit program template start blocks =
                this.Hit()
                outputs program template (program.Run(start, blocks)) leaves

            lookup signature leaves hit (fun () ->
                lock gate (fun () ->
                    lookup signature leaves hit (fun () ->
                        this.Miss()
                        trace signature x leaves)))

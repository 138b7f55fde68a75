namespace Functional

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics
open System.Threading
open Functional.FSharp

/// A function that is traced once for each signature of its input and replayed from then on. Safe for any number of
/// threads, and no call waits for another. Inside another accelerated function, or inside a gradient being taken, it runs
/// directly and becomes part of it.
type AcceleratedFunction<'T, 'R> internal (f: 'T -> 'R, options: AccelerateOptions) =
    inherit AcceleratedFunction(options)
    let cache = Cache<'R>(options.CacheSize, options.CacheBytes)
    let governor = Governor options.Governed
    /// Signatures that a thread is tracing.
    let claimed = ConcurrentDictionary<Signature, unit>()
    let mutable isPublished, isLimitSaid = 0, 0

    /// The first replays of a signature are timed, then one of so many.
    static let timed = 16
    /// So many calls beyond the limit of paths, and more of them than of others, and a signature runs directly at once.
    static let hopeless = 16

    /// Runs the function with a tracer that looks for the place of one of its reads; what is made of it.
    let record watched (x: 'T) (leaves: Tensor array) title finish =
        let prepare (tracer: Tracer) =
            tracer.Policy <- options.Branches
            tracer.Watched <- watched

        let run inputs = f (Structures.replace x (Array.ofList inputs))
        Tracing.recordWith prepare title (List.ofArray leaves) run finish

    /// Gives the answer of a path kept; or tells where the paths kept end.
    let replay (entry: Entry<'R>) (scan: Scan) (answer: byref<'R>) : Unknown | null =
        let tree = entry.Tree
        let slots = scan.Slots(Paths.slots tree, tree.Root.IsGuard)
        let generator = if tree.HasDraws then Generator.Current else null
        let mutable unknown: Unknown | null = null
        let mutable isOpen = true

        while isOpen do
            let start = if isNull generator then { Key = 0UL; Position = 0UL } else generator.Peek()

            match Paths.follow start slots scan tree with
            | Found.Unknown at ->
                unknown <- at
                isOpen <- false
            | Found.Leaf leaf ->
                // Otherwise another thread drew meanwhile, so the reads on the way may have seen other draws.
                if isNull generator || generator.TryReserve(start, leaf.Trace.Draws) then
                    answer <- Paths.finish start leaf slots scan
                    isOpen <- false

        unknown

    let isOverfull (entry: Entry<'R>) = entry.Tree.Count >= options.PathLimit

    member private this.Obey(ruling: Ruling) =
        match ruling with
        | Ruling.Bypass sightings -> this.Say(Diagnostic.Bypassed(sightings, this.TracesMade, this.Hits))
        | Ruling.Resume -> this.Say(Diagnostic.Resumed(this.TracesMade, this.Hits))
        | Ruling.Unchanged -> ()

    /// Runs the function directly though it was asked for a trace.
    member private this.RunDirectly(reason: MissReason, x: 'T, trial: Trial | null) : 'R =
        this.Miss() |> ignore
        this.Because reason
        let start = this.Clock()
        let result = f x
        let ticks = this.Clock() - start
        this.Obey(governor.Ran ticks)

        if not (isNull trial) then (nonNull trial).Ran ticks
        result

    /// Runs a signature directly that is tried, or that has lost.
    member private this.RunInstead(entry: Entry<'R>, x: 'T) =
        let why =
            if entry.Trial.IsLost then
                "its replay had taken longer than the function"
            else
                "to see what replays save"
        this.RunDirectly(MissReason.Disabled why, x, entry.Trial)

    member private this.RunBeyondLimit(entry: Entry<'R>, unknown: Unknown | null, types, x: 'T) =
        entry.Unknown <- entry.Unknown + 1

        if Interlocked.Exchange(&isLimitSaid, 1) = 0 then
            this.Say(Diagnostic.PathLimitReached(options.PathLimit, types, Unknown.shown unknown, entry.LastSite))

        this.RunDirectly(MissReason.Disabled $"more than {options.PathLimit} paths", x, null)

    /// Of what was traced, the tree that the signature has from now on: how many signatures had to go for it, and the op
    /// that shows hidden state.
    member private this.Keep(signature, entry: Entry<'R> | null, tracer: Tracer, result: 'R, results: Tensor array) =
        let trace, reads = tracer.Call(List.ofArray results)

        match entry with
        | null ->
            let tree, hidden = Paths.insert this.Making trace reads result results None
            cache.Store(Entry(signature, tree, Trial.For(options, trace))), hidden
        | entry ->
            let tree, hidden = Paths.insert this.Making trace reads result results (Some entry.Tree)
            entry.Grow tree
            cache.Store entry, hidden

    /// Makes a trace, and answers the call by it. `unknown` is where the paths kept ended.
    member private this.Trace
        (signature: Signature, entry: Entry<'R> | null, unknown: Unknown | null, x: 'T, leaves: Tensor array)
        : 'R =
        let call, start = this.Miss(), this.Clock()
        let reason, differences = cache.WhyNot(signature, unknown, this.Title)
        let finish (tracer: Tracer) (result: 'R) =
            let results, _ = Structures.flatten result
            tracer.Refuse()

            // What was traced is also this call's answer.
            let value (t: Tensor) =
                match t.Origin with
                | Origin.Input(k, _) -> leaves[k]
                | _ -> Direct.Tensor(t.Type, tracer.Value t)

            let answer = Structures.replace result (Array.map value results)
            answer, this.Keep(signature, entry, tracer, result, results), tracer.Site

        let answer, (gone, hidden), site =
            Instruments.Trace(options.Name, (fun () -> record (Unknown.depth unknown) x leaves this.Title finish))

        let reason =
            match reason, entry with
            | _, null -> reason
            | MissReason.NewPath(read, _), entry ->
                entry.LastSite <- site
                MissReason.NewPath(read, site)
            | _ -> reason

        if Interlocked.Exchange(&isPublished, 1) = 0 then Instruments.Publish this
        this.Because reason
        this.Traced(Miss(call, reason, Array.ofList differences, signature.Types), gone)
        hidden |> Option.iter (Diagnostic.HiddenState >> this.Say)
        this.Obey(governor.Traced(this.Clock() - start))
        answer

    /// Replays a signature that is kept, and times some of the replays.
    member private this.TryHit(entry: Entry<'R>, scan: Scan, answer: byref<'R>) : Unknown | null =
        let n = entry.Replays
        entry.Replays <- n + 1

        if n >= timed && n % timed <> 0 && not (entry.Trial.WantsReplay n) then
            replay entry scan &answer
        else
            let start = this.Clock()
            let unknown = replay entry scan &answer
            let ticks = this.Clock() - start

            if isNull unknown then
                let calls =
                    if n < timed then 1
                    elif n % timed = 0 then timed
                    else 0
                if calls > 0 then governor.Replayed(ticks, calls)
                entry.Trial.Replayed ticks

                if entry.Trial.Judge() then
                    this.Say(Diagnostic.ReplayLost(entry.Signature.Types, entry.Trial.Replay, entry.Trial.Direct))

            unknown

    /// Answers from the cache, or sees to it that a trace is made. `isClaimed`: this call is the one to trace.
    member private this.Answer(x: 'T, scan: Scan, isClaimed: bool) : 'R =
        let mutable answer = Unchecked.defaultof<'R>
        let mutable unknown: Unknown | null = null

        match cache.Find scan with
        | null -> this.Look(x, scan, null, null, isClaimed)
        | entry when entry.Unknown > hopeless && entry.Unknown > entry.Known && isOverfull entry ->
            this.RunBeyondLimit(entry, null, entry.Signature.Types, x)
        | entry when entry.Trial.IsLost || entry.Trial.WantsDirect entry.Replays -> this.RunInstead(entry, x)
        | entry ->
            unknown <- this.TryHit(entry, scan, &answer)

            if isNull unknown then
                cache.Touch entry
                if entry.Unknown > 0 then entry.Known <- entry.Known + 1
                this.Hit()
                answer
            elif isOverfull entry then
                this.RunBeyondLimit(entry, unknown, entry.Signature.Types, x)
            else
                this.Look(x, scan, entry, unknown, isClaimed)

    /// What to do about a call without a trace.
    member private this.Look(x: 'T, scan: Scan, entry: Entry<'R> | null, unknown: Unknown | null, isClaimed) : 'R =
        let signature = Signature.Of scan

        if isClaimed then
            this.Trace(signature, entry, unknown, x, scan.Leaves.ToArray())
        elif isNull entry && not (governor.Admits(signature.GetHashCode())) then
            this.RunDirectly(MissReason.Disabled "traces had cost more time than they saved", x, null)
        elif claimed.TryAdd(signature, ()) then
            try
                // Another call may have made the trace before this one claimed it.
                this.Answer(x, scan, true)
            finally
                claimed.TryRemove signature |> ignore
        else
            this.RunDirectly(MissReason.BeingTraced this.Title, x, null)

    member private this.AnswerNow(x: 'T) =
        let scan = cache.Scan x
        let answer = this.Answer(x, scan, false)
        scan.Release()
        answer

    /// The op at which the trace kept for this call and the call itself part.
    member private this.FirstOp(x: 'T, start: Draw) =
        Generator.Current <- Generator.From start
        let scan = Scan.Of x
        let leaves = scan.Leaves.ToArray()
        let entry = cache.Find scan

        let fresh =
            record -1 x leaves this.Title (fun tracer result ->
                fst (tracer.Call(List.ofArray (fst (Structures.flatten result)))))

        let found =
            match entry with
            | null -> "no op: no trace was kept"
            | entry ->
                match Paths.follow start (scan.Slots(Paths.slots entry.Tree, true)) scan entry.Tree with
                | Found.Leaf leaf ->
                    Check.firstOp this.Making.Compilation leaf.Trace fresh start (Array.map Execute.read leaves)
                | Found.Unknown _ -> "no op: no path was kept"

        scan.Release()
        found

    /// Calls both ways, on the same draws.
    member private this.Checked(x: 'T, types: TensorType array) : 'R =
        let outer = Generator.Current
        let start = outer.Peek()
        let ours = Generator.From start

        try
            Generator.Current <- ours
            let accelerated = this.AnswerNow x
            Generator.Current <- Generator.From start
            let direct = f x

            match Check.compare options.CheckTolerance accelerated direct (fun () -> this.FirstOp(x, start)) with
            | None -> ()
            | Some mismatch ->
                this.Say(Diagnostic.Mismatch mismatch)
                if options.CheckAction = CheckAction.Throw then raise (CheckException(List.ofArray types, mismatch))

            accelerated
        finally
            Generator.Current <- outer
            outer.Reserve(int (ours.Position - start.Position)) |> ignore

    /// Ticks of `Stopwatch`, unless told otherwise.
    member val internal Clock = (fun () -> Stopwatch.GetTimestamp()) with get, set

    override _.Count = cache.Count
    override _.Bytes = cache.Bytes
    override _.IsBypassed = governor.Threshold > 1

    override _.Traces =
        [| for entry in cache.Entries do
               for leaf in Paths.leaves entry.Tree -> leaf.Trace |]

    override this.Clear() =
        cache.Clear()
        this.ResetCounters()

    /// Calls the function: by a trace made before for such an argument, or by a new one.
    member this.Invoke(x: 'T) : 'R =
        if not this.Enabled || Scopes.Depth > 0 then
            f x
        else
            let scan = cache.Scan x

            if not scan.IsConcrete then
                scan.Release()
                f x
            elif options.Check = CheckMode.None then
                let answer = this.Answer(x, scan, false)
                scan.Release()
                answer
            else
                let types = (Signature.Of scan).Types
                scan.Release()
                this.Checked(x, types)

    /// The accelerated function as a delegate.
    static member op_Implicit(f: AcceleratedFunction<'T, 'R>) : Func<'T, 'R> = Func<'T, 'R>(f.Invoke)

namespace Functional

open System
open System.Collections.Generic
open System.Runtime.CompilerServices

/// Following and growing trees.
[<RequireQualifiedAccess>]
module internal Paths =
    /// How many slots following a tree takes.
    let slots (tree: Tree<'R>) =
        match tree.Root with
        | Path.Leaf leaf -> leaf.Slots
        | Path.Guard _ -> tree.Slots

    /// The leaf for the inputs in the first slots and for these draws, as far as the reads seen before lead. Nothing is
    /// computed twice: what a guard needed stays in the slots for later guards and for the leaf.
    let follow (start: Draw) (slots: Block array) (scan: Scan) (tree: Tree<'R>) : Found<'R> =
        let mutable path, depth = tree.Root, 0
        let mutable unknown: Unknown | null = null

        while isNull unknown && path.IsGuard do
            match path with
            | Path.Leaf _ -> ()
            | Path.Guard guard ->
                guard.Stretch.Fill(start, slots, scan)
                let seen = Sight.again guard.Read.Seen guard.Type slots[guard.Slot]

                match guard.Branches.TryGetValue seen with
                | true, next -> path <- next
                | _ -> unknown <- { Depth = depth; Type = guard.Type; Seen = Sight.kept seen }

                depth <- depth + 1

        // Not one match on both: that would make a tuple.
        match unknown with
        | null ->
            match path with
            | Path.Leaf leaf -> Found.Leaf leaf
            | Path.Guard _ -> invalidOp "unreachable"
        | unknown -> Found.Unknown unknown

    /// The results of a leaf.
    let finish (start: Draw) (leaf: Leaf<'R>) (slots: Block array) (scan: Scan) : 'R =
        if leaf.Trace.Instructions.Length > 0 then leaf.Last.Finish(start, slots, leaf.Places, scan)

        // Of a value type a box would be made.
        if not typeof<'R>.IsValueType && box leaf.Template :? Tensor then
            let mutable result = Placing.Result(leaf.Outputs[0], slots, scan)
            Unsafe.As<Tensor, 'R>(&result)
        else
            Placing.Fill(leaf.Template, leaf.Outputs, slots, scan)

    let private offsets (trace: Trace) =
        Array.scan (fun at (i: Instruction) -> at + i.Results.Length) trace.Inputs.Length trace.Instructions

    let private slotIn (offsets: int array) value =
        match value with
        | Value.Input k -> k
        | Value.Result(i, k) -> offsets[i] + k
        | Value.Constant _ -> invalidOp "a constant has no slot"

    /// For each stretch the values in it that are read at its end or needed after it.
    let private exports (trace: Trace) (reads: Read array) : HashSet<Value> array =
        let stretch = Array.zeroCreate trace.Instructions.Length
        let mutable from = 0

        for d in 0 .. reads.Length do
            let until = if d = reads.Length then stretch.Length else reads[d].After
            Array.fill stretch from (until - from) d
            from <- until

        let found = Array.init (reads.Length + 1) (fun _ -> HashSet<Value>())

        let using later value =
            match value with
            | Value.Result(i, _) when stretch[i] < later -> found[stretch[i]].Add value |> ignore
            | _ -> ()

        trace.Instructions
        |> Array.iteri (fun i instruction ->
            for v in instruction.Operands do
                using stretch[i] v)

        for read in reads do
            using Int32.MaxValue read.Of

        for v in trace.Outputs do
            using Int32.MaxValue v

        found

    let private sameConstant (a: Tensor) (b: Tensor) =
        obj.ReferenceEquals(a, b)
        || a.Type = b.Type
           && (let elements (t: Tensor) = Blocks.toArray t.Type (Execute.blockOf t).Value in
               Blocks.sameBits (elements a) (elements b))

    /// The first instruction of a range in which two traces differ.
    let divergence (a: Trace) (b: Trace) first until =
        let sameOperand x y =
            match x, y with
            | Value.Constant j, Value.Constant k -> sameConstant a.Constants[j] b.Constants[k]
            | x, y -> x = y

        seq { first .. until - 1 }
        |> Seq.tryFind (fun i ->
            i >= a.Instructions.Length
            || i >= b.Instructions.Length
            || (let x, y = a.Instructions[i], b.Instructions[i] in
                not (x.Op.Equals y.Op)
                || x.Results <> y.Results
                || x.Draw <> y.Draw
                || x.Operands.Length <> y.Operands.Length
                || not (Array.forall2 sameOperand x.Operands y.Operands)))

    /// The leaves, and how many they are.
    let leaves (tree: Tree<'R>) : Leaf<'R> list =
        let pending, found = Stack [ tree.Root ], List<Leaf<'R>>()

        while pending.Count > 0 do
            match pending.Pop() with
            | Path.Leaf leaf -> found.Add leaf
            | Path.Guard guard -> Seq.iter pending.Push guard.Branches.Values

        List.ofSeq found

    /// `free` is the first slot that the path does not need.
    let private leaf making (trace: Trace) slot free first (template: 'R) (results: Tensor array) : Leaf<'R> =
        let computed = trace.Outputs |> Array.filter _.IsResult |> Array.distinct
        let places = Dictionary<Value, int>()
        computed |> Array.iteri (fun j v -> places[v] <- free + j)

        let output value =
            match value with
            | Value.Input k -> Output.Input k
            | Value.Constant k ->
                let t = trace.Constants[k] in Output.Fixed(Direct.Tensor(t.Type, (Execute.blockOf t).Value))
            | value -> Output.Computed(places[value], trace.TypeOf value)

        let trace' = { trace with Outputs = computed }

        { Trace = trace
          Last = Stretch(making, trace', slot, first, trace.Instructions.Length, computed)
          Places = [| free .. free + computed.Length - 1 |]
          Slots = free + computed.Length
          Outputs = Array.map output trace.Outputs
          Template = Structures.replace template [| for t in results -> Tensor.Literal(t.DType, 0.) |] }

    /// What the path of a new call does up to one of its reads, joined with what is known of it. Also whether what was known
    /// is something else, which is then forgotten.
    let private guard making (trace: Trace) slot first (read: Read) (needed: HashSet<Value>) known below : Path<'R> =
        match known with
        | Some guard ->
            let stretch =
                if needed.IsSubsetOf guard.Stretch.Exports then
                    guard.Stretch
                else
                    needed.UnionWith guard.Stretch.Exports
                    Stretch(making, guard.Trace, slot, first, read.After, [| yield! needed |])

            let branches = Dictionary<Sight, Path<'R>>(guard.Branches, SightComparer.Instance)
            branches[read.Seen] <- below
            Path.Guard { guard with Stretch = stretch; Branches = branches }
        | None ->
            let branches = Dictionary<Sight, Path<'R>>(SightComparer.Instance)
            branches[read.Seen] <- below

            Path.Guard
                { Trace = trace
                  Read = read
                  Slot = slot read.Of
                  Type = trace.TypeOf read.Of
                  Stretch = Stretch(making, trace, slot, first, read.After, [| yield! needed |])
                  Branches = branches }

    /// The guards of a tree that a new path goes through, from the root on; and the op at which the function did something
    /// else than it had done there before.
    let private through
        (trace: Trace)
        (reads: Read array)
        (known: Tree<'R> option)
        : Guard<'R> option array * string option =
        let found = Array.create reads.Length None
        let mutable path, hidden = (known |> Option.map _.Root), None

        let named (trace: Trace) i =
            if i < trace.Instructions.Length then Print.op trace.Instructions[i].Op else "its end"

        for d in 0 .. reads.Length do
            let first = if d = 0 then 0 else reads[d - 1].After

            match path with
            | Some(Path.Guard guard) when
                d < reads.Length
                && guard.Read.After = reads[d].After
                && guard.Read.Of = reads[d].Of
                && Sight.isAlike guard.Read.Seen reads[d].Seen
                && (divergence guard.Trace trace first reads[d].After).IsNone
                ->
                found[d] <- Some guard
                path <-
                    match guard.Branches.TryGetValue reads[d].Seen with
                    | true, next -> Some next
                    | _ -> None
            | Some(Path.Leaf _) when d = reads.Length -> ()
            | Some other ->
                let before =
                    match other with
                    | Path.Guard guard -> guard.Trace
                    | Path.Leaf leaf -> leaf.Trace

                let until = min before.Instructions.Length trace.Instructions.Length
                hidden <- Some(named trace (divergence before trace first until |> Option.defaultValue until))
                path <- None
            | None -> ()

        found, hidden

    /// The tree with one more path, that of a call which was just traced; and where the function is seen to depend on
    /// hidden state, the op that tells.
    let insert
        making
        (trace: Trace)
        (reads: Read list)
        (template: 'R)
        (results: Tensor array)
        (known: Tree<'R> option)
        =
        let before = known |> Option.map _.Slots |> Option.defaultValue 0
        let reads = reads |> List.filter (fun read -> not read.Of.IsConstant) |> Array.ofList
        let known, hidden = through trace reads known
        let needed = exports trace reads
        let offsets = offsets trace
        // Traces with the same beginning have the same slots there.
        let slot = slotIn offsets
        let last = if reads.Length = 0 then 0 else reads[reads.Length - 1].After
        let free = if reads.Length = 0 then trace.Inputs.Length else Array.last offsets
        let leaf = leaf making trace slot free last template results
        let mutable root = Path.Leaf leaf

        for d in reads.Length - 1 .. -1 .. 0 do
            let first = if d = 0 then 0 else reads[d - 1].After
            root <- guard making trace slot first reads[d] needed[d] known[d] root

        let tree = { Root = root; Slots = max before leaf.Slots; Count = 0; HasDraws = false }
        let leaves = leaves tree
        { tree with
            Count = leaves.Length
            HasDraws = leaves |> List.exists (fun leaf -> leaf.Trace.Draws > 0) },
        hidden

    /// The bytes that trees hold, estimated: constants once, and some hundred for each instruction.
    let bytes (tree: Tree<'R>) : int64 =
        let seen = HashSet<obj>(HashIdentity.Reference)

        leaves tree
        |> List.sumBy (fun leaf ->
            let constants =
                leaf.Trace.Constants
                |> Seq.map (fun c -> (Execute.blockOf c).Value.Data)
                |> Seq.filter (fun data -> seen.Add data)
                |> Seq.sumBy (fun data -> int64 (Buffer.ByteLength data))

            constants + 300L * int64 (leaf.Trace.Instructions.Length + 1))

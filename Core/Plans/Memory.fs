namespace Functional

open System.Collections.Generic

/// Where a root's elements live while a plan runs.
[<RequireQualifiedAccess>]
type internal Home =
    | Given of input: int
    | Constant of int
    /// From this element of the arena of its data type on.
    | Arena of first: int
    /// An array of its own: of a result, or made by a call.
    | Own

/// Room in one array: the free ranges below its top, by first element.
[<Sealed>]
type private Room() =
    let free = SortedDictionary<int64, int64>()
    let mutable top = 0L
    member _.Top = top

    /// The smallest range that is large enough, or more room at the top.
    member _.Take size =
        let mutable best = KeyValuePair(-1L, System.Int64.MaxValue)
        for range in free do
            if range.Value >= size && range.Value < best.Value then best <- range
        if best.Key >= 0L then
            free.Remove best.Key |> ignore
            if best.Value > size then free[best.Key + size] <- best.Value - size
            best.Key
        else
            top <- top + size
            top - size

    member _.Give(first, size) =
        let mutable first, size = first, size
        match free.TryGetValue(first + size) with
        | true, after ->
            free.Remove(first + size) |> ignore
            size <- size + after
        | _ -> ()
        match free |> Seq.tryFind (fun range -> range.Key + range.Value = first) with
        | Some before ->
            first <- before.Key
            size <- size + before.Value
        | None -> ()
        free[first] <- size

/// Memory by liveness: a place is taken when its value is made and given back after its last use.
[<RequireQualifiedAccess>]
module internal Memory =
    /// Cache lines.
    [<Literal>]
    let Alignment = 64

    let size dtype =
        match dtype with
        | DType.Float64
        | DType.Int64 -> 8
        | DType.Bool -> 1
        | _ -> 4

    /// What is larger has an array of its own, so that no index leaves the range of Int32.
    let private largest = 1L <<< 30

    let private lastUses (roots: TensorType array) (launches: Launch array) outputs =
        let last = Array.create roots.Length -1
        launches
        |> Array.iteri (fun i launch ->
            for root in Array.append (Launch.reads launch) (Launch.results launch) do
                last[root] <- i)
        for root in outputs do
            last[root] <- System.Int32.MaxValue
        last

    /// A result may take the place of an operand that the loop reads element by element in the same order, and nobody later.
    let private inPlace
        (roots: TensorType array)
        (last: int array)
        i
        (loop: Loop)
        (operands: Access array)
        (result: Access)
        =
        if List.contains true loop.Reduced then
            None
        else
            operands
            |> Array.tryFind (fun a ->
                last[a.Root] = i
                && roots[a.Root].DType = roots[result.Root].DType
                && roots[a.Root].Count = roots[result.Root].Count
                && a.Offset = 0
                && a.Strides = result.Strides
                && (operands |> Seq.filter (fun b -> b.Root = a.Root) |> Seq.length) = 1)
            |> Option.map (fun a -> a.Root)

    /// A home for each root, and the elements that the arena of each data type has.
    let plan given constants (roots: TensorType array) (launches: Launch array) outputs : Home array * Map<DType, int> =
        let homes =
            Array.init roots.Length (fun root ->
                if root < given then Home.Given root
                elif root < given + constants then Home.Constant(root - given)
                else Home.Own)

        let last = lastUses roots launches outputs
        let rooms = Dictionary<DType, Room>()
        let rounded root =
            let line = int64 (Alignment / size roots[root].DType)
            (int64 roots[root].Count + line - 1L) / line * line

        let roomOf root =
            let dtype = roots[root].DType
            if not (rooms.ContainsKey dtype) then rooms[dtype] <- Room()
            rooms[dtype]

        let take root =
            if roots[root].Count > 0 && (roomOf root).Top + rounded root <= largest then
                homes[root] <- Home.Arena(int ((roomOf root).Take(rounded root)))

        let give root =
            match homes[root] with
            | Home.Arena first -> (roomOf root).Give(int64 first, rounded root)
            | _ -> ()

        let place i launch =
            let taken = HashSet<int>()
            match launch with
            | Launch.Fused(loop, _, operands, results, _) ->
                for result in results do
                    if last[result.Root] < System.Int32.MaxValue then
                        match inPlace roots last i loop operands result with
                        | Some operand when homes[operand].IsArena && taken.Add operand ->
                            homes[result.Root] <- homes[operand]
                        | _ -> take result.Root
            | Launch.Call(instruction, _, _)
            | Launch.Followed(instruction, _, _) when Execute.fills instruction.Op.Kernel ->
                for root in Launch.results launch do
                    if last[root] < System.Int32.MaxValue then take root
            | Launch.Call _
            | Launch.Followed _ -> ()
            for root in Seq.distinct (Seq.append (Launch.reads launch) (Launch.results launch)) do
                if last[root] = i && not (taken.Contains root) then give root

        launches |> Array.iteri place
        homes,
        Map.ofList
            [ for entry in rooms do
                  if entry.Value.Top > 0L then entry.Key, int entry.Value.Top ]

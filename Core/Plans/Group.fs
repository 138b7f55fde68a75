namespace Functional

open System.Collections.Generic

/// Work that is done in one loop, or a single call. Dimensions of the loop are numbered; each root that it makes runs through
/// some of them.
[<Sealed>]
type internal Group(id: int, space: int array, isCall: bool) =
    let work = List<int>()
    let loads = HashSet<int>()

    /// Groups run in the order of these numbers.
    member _.Id = id
    member _.IsCall = isCall
    member val Space = space with get, set
    /// Which dimensions its folds reduce over; empty without a fold.
    member val Reduced: bool array = [||] with get, set
    /// By number, in ascending order.
    member _.Work = work
    /// Roots that others make, or that are given.
    member _.Loads = loads
    /// The other groups that use what this one makes. One of them may have become part of a later one since.
    member val Users = SortedSet<int>()
    /// For each root made here, the dimension of the loop for each of its own.
    member val Places = Dictionary<int, int array>()
    /// What it became part of.
    member val Into: Group option = None with get, set

    member g.Kept =
        [| for d in 0 .. g.Space.Length - 1 do
               if g.Reduced.Length = 0 || not g.Reduced[d] then d |]

    /// Numbers the dimensions anew: dimension d becomes `order[d]`.
    member g.Renumber(order: int array) =
        let space = Array.zeroCreate g.Space.Length
        order |> Array.iteri (fun d into -> space[into] <- g.Space[d])
        g.Space <- space
        for root in List.ofSeq g.Places.Keys do
            g.Places[root] <- g.Places[root] |> Array.map (fun d -> order[d])

/// How a piece of work fits into a group.
[<RequireQualifiedAccess>]
module internal Fit =
    /// More than this makes no loop faster, and compiling slower.
    let private mostWork, mostLoads = 64, 20

    let roots work =
        [ for operand in work.Operands do
              match operand with
              | Argument.At(access, _) -> access.Root
              | Argument.Number _ -> () ]

    let hasRoom (g: Group) works loads = g.Work.Count + works <= mostWork && g.Loads.Count + loads <= mostLoads

    /// The dimension of the loop for each dimension of the work's space, as far as what the group made settles it: -1 where
    /// it does not. None: two operands would run through the loop in different ways.
    let private settled (spaceOf: int -> int array) (g: Group) work : int array option =
        let found = Array.create work.Space.Length -1

        let settle d loop =
            if found[d] = loop then
                true
            elif found[d] >= 0 || Array.contains loop found then
                false
            else
                found[d] <- loop
                true

        let operand operand =
            match operand with
            | Argument.At(access, _) when g.Places.ContainsKey access.Root ->
                match Access.through (spaceOf access.Root) work.Space access with
                | Some dims ->
                    let place = g.Places[access.Root]
                    dims |> Seq.indexed |> Seq.forall (fun (d, j) -> j < 0 || settle d place[j])
                | None -> false
            | _ -> true

        if Array.forall operand work.Operands then Some found else None

    /// Dimensions that nothing settles run through the rest of the loop in order.
    let private completed (g: Group) (found: int array) (space: int array) =
        let rest = Queue(seq { 0 .. g.Space.Length - 1 } |> Seq.filter (fun l -> not (Array.contains l found)))
        let take d loop =
            if loop >= 0 then Some loop
            elif rest.Count > 0 && g.Space[rest.Peek()] = space[d] then Some(rest.Dequeue())
            else None
        let all = found |> Array.mapi take
        if Array.forall Option.isSome all then Some(Array.map Option.get all) else None

    let private isIdentity (order: int array) = order |> Seq.indexed |> Seq.forall (fun (d, l) -> d = l)

    /// Whether all of the loop's dimensions would be run through, and not only because operands are repeated there.
    let private isFull (g: Group) work (order: int array) =
        let full operand =
            match operand with
            | Argument.At(access, _) ->
                match g.Places.TryGetValue access.Root with
                | true, place -> place.Length = g.Space.Length
                | _ -> true
            | Argument.Number _ -> false
        order.Length = g.Space.Length && (g.Reduced.Length = 0 || Array.exists full work.Operands)

    let private isKept (g: Group) (order: int array) = g.Reduced.Length > 0 && Set.ofArray order = Set.ofArray g.Kept

    /// The dimension of the loop for each of the work's; none where it does not fit. A fold's order of summation is that of
    /// its own dimensions, so that the loop has to run in that order.
    let order spaceOf (g: Group) work : int array option =
        let within =
            if
                g.IsCall
                || not (hasRoom g 1 (roots work |> Seq.filter (fun r -> not (g.Places.ContainsKey r)) |> Seq.length))
            then
                None
            else
                settled spaceOf g work
                |> Option.bind (fun found ->
                    // What is computed once for all reduced places is not told apart from what is not until all is settled.
                    if isKept g (Array.filter (fun l -> l >= 0) found) && not (Array.contains -1 found) then
                        Some found
                    else
                        completed g found work.Space)

        match within, work.Task with
        | Some order, Task.Fold(_, reduced) when isFull g work order ->
            if g.Reduced.Length = 0 || (isIdentity order && g.Reduced = reduced) then Some order else None
        | Some order, (Task.Lanes _ | Task.Copy) when isFull g work order || isKept g order -> Some order
        | _ -> None

    /// Puts work into a group that it fits.
    let join (spaceOf: int -> int array) (g: Group) number work (order: int array) =
        let order =
            match work.Task with
            | Task.Fold(_, reduced) when g.Reduced.Length = 0 ->
                let inverse = Array.init order.Length (fun l -> Array.findIndex ((=) l) order)
                g.Renumber inverse
                g.Reduced <- reduced
                [| 0 .. order.Length - 1 |]
            | _ -> order

        let place =
            match work.Task with
            | Task.Fold(_, reduced) ->
                [| for d in order do
                       if not reduced[d] then d |]
            | _ -> order

        g.Work.Add number
        for root in roots work do
            if not (g.Places.ContainsKey root) then g.Loads.Add root |> ignore
        for root in work.Results do
            assert ((spaceOf root).Length = place.Length)
            g.Places[root] <- place

    /// A group made part of a later one, dimension d of the loop as `order[d]` of the other's.
    let absorb (g: Group) (into: Group) (order: int array) =
        // The one with folds keeps its order.
        if into.Reduced.Length = 0 && g.Reduced.Length > 0 then
            into.Renumber(Array.init order.Length (fun l -> Array.findIndex ((=) l) order))
            into.Reduced <- g.Reduced
        else
            g.Renumber order

        let work = Seq.append g.Work into.Work |> Seq.sort |> Array.ofSeq
        into.Work.Clear()
        into.Work.AddRange work
        for entry in g.Places do
            into.Places[entry.Key] <- entry.Value
        into.Loads.UnionWith g.Loads
        into.Loads.ExceptWith into.Places.Keys
        into.Users.UnionWith g.Users
        into.Users.Remove into.Id |> ignore
        g.Into <- Some into

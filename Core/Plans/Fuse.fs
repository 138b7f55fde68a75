namespace Functional

open System.Collections.Generic

/// Work gathered into loops: producers with their consumers, and neighbours that read the same. Nothing is computed twice.
[<RequireQualifiedAccess>]
module internal Fuse =
    /// How many of the latest groups over one space are looked at for a neighbour.
    [<Literal>]
    let private Neighbours = 6

    [<Sealed>]
    type private Fuser(list: WorkList) =
        let groups = List<Group>()
        let owners = Dictionary<int, Group>()
        let spaces = list.Roots |> Array.map Work.space
        let spaceOf root = spaces[root]
        let bySpace = Dictionary<string, List<Group>>()

        let rec current (g: Group) =
            match g.Into with
            | None -> g
            | Some other ->
                let last = current other
                g.Into <- Some last
                last

        let ownerOf root =
            match owners.TryGetValue root with
            | true, g -> Some(current g)
            | _ -> None

        let key (space: int array) = System.String.Join("×", space)

        let identity (space: int array) = [| 0 .. space.Length - 1 |]

        let isFold work =
            match work.Task with
            | Task.Fold _ -> true
            | _ -> false

        /// How dimensions of a group's loop are those of a later one's, by work that both fit; else the same dimensions in
        /// the same order. Folds settle the order on either side.
        let match' (g: Group) (into: Group) work : int array option =
            let bothWays =
                match Fit.order spaceOf g work, Fit.order spaceOf into work with
                | Some a, Some b when not (isFold work) && a.Length = g.Space.Length && b.Length = into.Space.Length ->
                    Some(Array.init a.Length (fun l -> b[Array.findIndex ((=) l) a]))
                | _ -> if g.Space = into.Space then Some(identity g.Space) else None

            match bothWays with
            | Some order when g.Reduced.Length > 0 && into.Reduced.Length > 0 ->
                if order = identity g.Space && g.Reduced = into.Reduced then Some order else None
            | order -> order

        /// Whether a group could run as late as another one: nobody needs it before, nor that one all of a result at once.
        let canWait (g: Group) (into: Group) =
            not g.IsCall
            && not into.IsCall
            && (g.Users.Count = 0 || g.Users.Min >= into.Id)
            && not (into.Loads.Overlaps g.Places.Keys)

        let merge (g: Group) (into: Group) work =
            if
                canWait g into
                && Fit.hasRoom
                    into
                    g.Work.Count
                    (g.Loads |> Seq.filter (fun r -> not (into.Loads.Contains r)) |> Seq.length)
            then
                match' g into work |> Option.iter (Fit.absorb g into)

        let place (g: Group) number work order =
            Fit.join spaceOf g number work order
            for root in work.Results do
                owners[root] <- g
            for root in Fit.roots work do
                match ownerOf root with
                | Some other when not (obj.ReferenceEquals(other, g)) -> other.Users.Add g.Id |> ignore
                | _ -> ()

        let start number work =
            let isCall =
                match work.Task with
                | Task.Call _ -> true
                | _ -> false
            let g = Group(groups.Count, work.Space, isCall)
            groups.Add g

            if isCall then
                g.Work.Add number
                g.Loads.UnionWith(Fit.roots work)
                for root in work.Results do
                    owners[root] <- g
                for root in Fit.roots work do
                    ownerOf root |> Option.iter (fun other -> other.Users.Add g.Id |> ignore)
            else
                let name = key work.Space
                if not (bySpace.ContainsKey name) then bySpace[name] <- List()
                bySpace[name].Add g
                place g number work (identity work.Space)

        /// A group after all that the work depends on, over the same space, that reads something it reads too. Single numbers
        /// go together in any case.
        let neighbour after work =
            match bySpace.TryGetValue(key work.Space) with
            | true, candidates ->
                let shares (g: Group) =
                    g.Into.IsNone
                    && g.Id > after
                    && (work.Space.Length = 0
                        || Fit.roots work |> List.exists (fun r -> list.Roots[r].Count > 1 && g.Loads.Contains r))
                Seq.init (min Neighbours candidates.Count) (fun k -> candidates[candidates.Count - 1 - k])
                |> Seq.filter shares
                |> Seq.tryPick (fun g -> Fit.order spaceOf g work |> Option.map (fun order -> g, order))
            | _ -> None

        member _.Add(number, work) =
            let makers =
                Fit.roots work
                |> List.choose ownerOf
                |> List.distinctBy (fun g -> g.Id)
                |> List.sortBy (fun g -> g.Id)

            match work.Task, List.tryLast makers with
            | Task.Call _, _ -> start number work
            | _, Some last when not last.IsCall ->
                for other in makers do
                    if not (obj.ReferenceEquals(other, last)) then merge other last work
                match Fit.order spaceOf last work with
                | Some order -> place last number work order
                | None ->
                    match neighbour last.Id work with
                    | Some(g, order) -> place g number work order
                    | None -> start number work
            | _, last ->
                match neighbour (last |> Option.map (fun g -> g.Id) |> Option.defaultValue -1) work with
                | Some(g, order) -> place g number work order
                | None -> start number work

        member _.Groups =
            [ for g in groups do
                  if g.Into.IsNone then g ]

    /// Work on single numbers that depends on nothing but such work: done first, it stands in nobody's way.
    let private isEarly (list: WorkList) =
        let early = HashSet<int>()
        let given = list.Roots.Length - (list.Work |> Array.sumBy (fun w -> w.Results.Length))
        list.Work
        |> Array.map (fun work ->
            let isCall =
                match work.Task with
                | Task.Call _ -> true
                | _ -> false
            let isFirst =
                not isCall
                && work.Space.Length = 0
                && Fit.roots work |> List.forall (fun r -> r < given || early.Contains r)
            if isFirst then early.UnionWith work.Results
            isFirst)

    /// The groups in the order in which they run.
    let groups (list: WorkList) : Group list =
        let fuser = Fuser list
        let early = isEarly list
        for isFirst in [ true; false ] do
            list.Work
            |> Array.iteri (fun number work -> if early[number] = isFirst then fuser.Add(number, work))
        fuser.Groups

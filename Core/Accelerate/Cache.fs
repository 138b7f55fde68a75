namespace Functional

open System
open System.Collections.Generic
open System.Threading

/// What is known of one signature, and how it was used.
[<Sealed; AllowNullLiteral(false)>]
type internal Entry<'R>(signature: Signature, tree: Tree<'R>, trial: Trial) =
    let mutable tree, bytes = tree, Paths.bytes tree
    let mutable lastUse = 0L

    member _.Signature = signature
    /// Whether it pays to replay it.
    member _.Trial = trial
    member _.Tree = Volatile.Read &tree
    member _.Bytes = Volatile.Read &bytes

    /// Only the one thread that traces the signature grows its tree.
    member _.Grow(grown: Tree<'R>) =
        Volatile.Write(&bytes, Paths.bytes grown)
        Volatile.Write(&tree, grown)

    member _.LastUse
        with get () = Volatile.Read &lastUse
        and set (tick: int64) = Volatile.Write(&lastUse, tick)

    /// The place of the read at which the last path left those before it.
    member val LastSite = "" with get, set

    // Several threads may count at once, and lose a step: these only steer.
    member val Replays = 0 with get, set
    /// Since the limit of paths was reached: calls on a path kept, and on others.
    member val Known = 0 with get, set
    member val Unknown = 0 with get, set

/// The signatures kept at one time, by hash. Only the memory of the one found last ever changes.
[<Sealed; AllowNullLiteral(false)>]
type internal Table<'R>(entries: Entry<'R> list) =
    let byHash = Dictionary<int, Entry<'R> list>()
    let mutable newest: Entry<'R> | null = null

    do
        for entry in entries do
            let hash = entry.Signature.GetHashCode()

            match byHash.TryGetValue hash with
            | true, others -> byHash[hash] <- entry :: others
            | _ -> byHash[hash] <- [ entry ]

    let rec matching (scan: Scan) (entries: Entry<'R> list) : Entry<'R> | null =
        match entries with
        | [] -> null
        | entry :: _ when entry.Signature.Matches scan -> entry
        | _ :: others -> matching scan others

    let search (scan: Scan) : Entry<'R> | null =
        match byHash.TryGetValue scan.Hash with
        | true, entries ->
            let entry = matching scan entries
            if not (isNull entry) then Volatile.Write(&newest, entry)
            entry
        | _ -> null

    member _.Entries = entries
    member _.Newest: Entry<'R> | null = Volatile.Read &newest

    member _.Find(scan: Scan) : Entry<'R> | null =
        match Volatile.Read &newest with
        | null -> search scan
        | latest when latest.Signature.Matches scan -> latest
        | _ -> search scan

/// The signatures kept. Reading takes no lock; storing takes one, under which no function of the user runs.
[<Sealed>]
type internal Cache<'R>(size: int, byteLimit: int64 option) =
    let gate = obj ()
    let mutable table = Table<'R> []
    let mutable clock = 0L
    /// Hashes of signatures that had to go, in order.
    let evicted = Queue<int>()

    /// From the most recently used on. Others go on using them, so the order is that of one moment.
    let byUse (entries: Entry<'R> list) =
        entries
        |> List.map (fun entry -> struct (entry.LastUse, entry))
        |> List.sortByDescending (fun struct (lastUse, _) -> lastUse)
        |> List.map (fun struct (_, entry) -> entry)

    /// The most recently used ones that fit.
    let fitting (entries: Entry<'R> list) =
        let limit = Option.defaultValue Int64.MaxValue byteLimit
        let mutable bytes = 0L

        byUse entries
        |> List.truncate size
        |> List.takeWhile (fun entry ->
            bytes <- bytes + entry.Bytes
            bytes <= limit)

    /// From the most recently used on.
    member _.Entries = byUse (Volatile.Read &table).Entries

    member _.Count = (Volatile.Read &table).Entries.Length
    member _.Bytes = (Volatile.Read &table).Entries |> List.sumBy (fun entry -> entry.Bytes)

    /// Marks an entry as just used. Two threads may take the same tick; that only blurs an order which they blur themselves.
    member _.Touch(entry: Entry<'R>) =
        if entry.LastUse = 0L || entry.LastUse <> Volatile.Read &clock then
            clock <- clock + 1L
            entry.LastUse <- clock

    /// A scan of a value, which takes less time if the entry found last is what it asks for.
    member _.Scan(value: 'T) : Scan =
        match (Volatile.Read &table).Newest with
        | null -> Scan.Of value
        | newest -> newest.Signature.Scan value

    /// The entry that a scan asks for; null for none.
    member _.Find(scan: Scan) : Entry<'R> | null = (Volatile.Read &table).Find scan

    /// Whether a signature of this hash had to go lately.
    member _.WasEvicted(hash: int) = lock gate (fun () -> evicted.Contains hash)

    /// Why a signature has no path for a call, and how it differs from the nearest one kept. `unknown` is where the paths
    /// kept ended.
    member this.WhyNot(signature: Signature, unknown: Unknown | null, title) : MissReason * SignatureDifference list =
        match unknown with
        | null ->
            let nearest = Signatures.nearest signature [ for entry in this.Entries -> entry.Signature ]

            match this.WasEvicted(signature.GetHashCode()), nearest with
            | true, nearest -> MissReason.Evicted size, Option.defaultValue [] nearest
            | false, Some(first :: _ as all) -> Signatures.reason first, all
            | _ -> MissReason.NeverSeen title, []
        | unknown -> MissReason.NewPath(Unknown.shown unknown, ""), []

    /// Keeps an entry, new or grown; how many signatures had to go for it.
    member this.Store(entry: Entry<'R>) =
        lock gate (fun () ->
            this.Touch entry
            let others = table.Entries |> List.filter (fun other -> not (obj.ReferenceEquals(other, entry)))
            let kept = fitting (entry :: others)
            let stays = HashSet(kept, HashIdentity.Reference)
            let gone = entry :: others |> List.filter (fun other -> not (stays.Contains other))

            for other in gone do
                evicted.Enqueue(other.Signature.GetHashCode())
                if evicted.Count > 4 * size then evicted.Dequeue() |> ignore

            Volatile.Write(&table, Table kept)
            gone.Length)

    member _.Clear() =
        lock gate (fun () ->
            Volatile.Write(&table, Table [])
            evicted.Clear())

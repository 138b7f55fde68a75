namespace Functional

open System
open System.Collections.Generic
open System.Runtime.CompilerServices

/// Walks through a structure and notes tensors and skeleton, in memory that is used again: a scan allocates nothing.
[<Sealed; AllowNullLiteral(false)>]
type internal Scan private () =
    inherit PartVisitor()
    /// Where a cycle is first looked for: shallower structures pay nothing.
    static let deep = 64

    [<ThreadStatic; DefaultValue>]
    static val mutable private spare: Scan | null

    let mutable tokens = Array.zeroCreate<Token> 32
    let mutable tokenCount = 0
    /// What the walk goes along with as long as it sees the same, noting nothing: the tokens, and in the places of tensors their
    /// types.
    let mutable expected: Token array | null = null
    let mutable expectedTypes = Array.empty<TensorType | null>
    let mutable leaves = Array.zeroCreate<Tensor> 16
    let mutable leafCount = 0
    let mutable depth = 0
    /// The structures that are open, from the one at `deep` on.
    let mutable above = Array.zeroCreate<objnull> 16
    let mutable hash = 17
    let mutable isConcrete = true
    let direct = Direct.Instance
    let mutable omitsState = false
    let mutable slots = Array.zeroCreate<Block> 16
    let mutable slotCount = 0
    /// Those before it hold nothing.
    let mutable firstSlot = 0
    /// Arrays behind some of the slots.
    let rented = List<Array>()

    let refuse problem remedy : unit = raise (StructureException("Structure", [], problem, remedy))

    let note (token: Token) tokenHash =
        if tokenCount = tokens.Length then Array.Resize(&tokens, 2 * tokenCount)
        tokens[tokenCount] <- token
        tokenCount <- tokenCount + 1
        hash <- hash * 31 + tokenHash

    /// Notes what was seen so far, which is as expected.
    let noteAll () =
        let seen, known, types = tokenCount, nonNull expected, expectedTypes
        expected <- null
        expectedTypes <- [||]
        tokenCount <- 0

        for k in 0 .. seen - 1 do
            match types[k] with
            | null -> note known[k] (known[k].GetHashCode())
            | ty -> note known[k] (ty.GetHashCode())

    let add (token: Token) =
        match expected with
        | null -> note token (token.GetHashCode())
        | known when tokenCount < known.Length && known[tokenCount].Is token -> tokenCount <- tokenCount + 1
        | _ ->
            noteAll ()
            note token (token.GetHashCode())

    /// A type that is not the very one expected. If it is equal, it is expected from now on: what one call made is often given to
    /// the next.
    let addType (ty: TensorType) =
        if tokenCount < expectedTypes.Length && ty.Equals expectedTypes[tokenCount] then
            expectedTypes[tokenCount] <- ty
            tokenCount <- tokenCount + 1
        else
            if not (isNull expected) then noteAll ()
            note Token.leaf (ty.GetHashCode())

    let addStatic (value: objnull) = add { Mark = value; Bits = 0L }

    let addTensor (t: Tensor) =
        if tokenCount < expectedTypes.Length && obj.ReferenceEquals(t.Type, expectedTypes[tokenCount]) then
            tokenCount <- tokenCount + 1
        else
            addType t.Type

        if leafCount = leaves.Length then Array.Resize(&leaves, 2 * leafCount)
        leaves[leafCount] <- t
        leafCount <- leafCount + 1

        if not (obj.ReferenceEquals(t.Interpreter, direct)) then
            isConcrete <- isConcrete && (isNull t.Interpreter || t.Interpreter.Depth = Int32.MaxValue)

    let goDeeper (value: obj) =
        let known = depth - deep
        let mutable k = 0

        while k < known && not (obj.ReferenceEquals(above[k], value)) do
            k <- k + 1

        if k < known then refuse $"a {value.GetType()} contains itself" "structures of tensors are trees"

        if not (RuntimeHelpers.TryEnsureSufficientExecutionStack()) then
            raise (RecursionException("Structure", [], $"{depth} structures are nested", "make the structure flatter"))

        if known = above.Length then Array.Resize(&above, 2 * known)
        above[known] <- value

    member _.Tokens =
        if not (isNull expected) then noteAll ()
        ReadOnlySpan(tokens, 0, tokenCount)

    member _.Leaves = ReadOnlySpan(leaves, 0, leafCount)

    /// Of tokens and types of the tensors.
    member _.Hash =
        if not (isNull expected) then noteAll ()
        hash

    /// Whether it is all of what the walk went along with.
    member _.IsAll(known: Token array) = obj.ReferenceEquals(expected, known) && tokenCount = known.Length

    /// Whether no tensor belongs to a trace being recorded, here or on another thread, nor to a gradient being taken.
    member _.IsConcrete = isConcrete

    /// Room for as many blocks until the scan is released; where `withLeaves`, the first are those of the tensors.
    member _.Slots(count, withLeaves) =
        if withLeaves then firstSlot <- 0
        elif slotCount = 0 then firstSlot <- leafCount
        slotCount <- max slotCount (max count leafCount)
        if slots.Length < slotCount then slots <- Array.zeroCreate (2 * slotCount)
        if withLeaves then
            for k in 0 .. leafCount - 1 do
                slots[k] <- Execute.read leaves[k]
        slots

    /// A dense block of any elements until the scan is released.
    member _.Rent(ty: TensorType, strides) : Block =
        let data = RentedArray.take ty.DType ty.Count
        rented.Add data
        { Data = data; Offset = 0; Strides = strides }

    /// Whether elements are gone once the scan is released.
    member _.IsRented(block: Block) =
        let mutable k = rented.Count - 1
        while k >= 0 && not (obj.ReferenceEquals(rented[k], block.Data)) do
            k <- k - 1
        k >= 0

    override _.Key key = addStatic key
    override _.Number(number, bits) = add { Mark = number; Bits = bits }
    override _.OpeningOf ty = Openings.openingOf ty
    override _.Enter opening = addStatic opening
    override _.Leave() = add Token.stop

    override this.Part value =
        match value with
        | null -> addStatic null
        | :? Tensor as t -> addTensor t
        | value ->
            match Openings.openingOf (value.GetType()) with
            | null ->
                match Openings.kindOf (value.GetType()) with
                | Openings.Kind.Number number -> this.Number(number, number.Bits value)
                | _ -> addStatic value
            | opening ->
                addStatic opening
                this.Within(opening, value)
                add Token.stop

    override _.EnterState() =
        if omitsState then add Token.state
        not omitsState

    override _.LeaveState() = ()

    member private this.Within(opening: Opening, value: obj) =
        if depth >= deep then goDeeper value
        depth <- depth + 1
        opening.Show(value, this)
        depth <- depth - 1
        if depth >= deep then above[depth - deep] <- null

    member private _.Expect(known, types) =
        expected <- known
        expectedTypes <- types

    member private _.OmitsState
        with set value = omitsState <- value

    static member private Of
        (value: 'T, omitsState: bool, known: Token array | null, types: (TensorType | null) array)
        : Scan =
        let scan =
            match Scan.spare with
            | null -> Scan()
            | scan ->
                Scan.spare <- null
                scan

        scan.OmitsState <- omitsState
        scan.Expect(known, types)
        Parts<'T>.Show(value, scan)
        scan

    /// A scan of this value; to be released.
    static member Of(value: 'T) : Scan = Scan.Of(value, false, null, [||])

    /// The same, which takes less time where it has these tokens, and in their places tensors of these types.
    static member Along(value: 'T, tokens: Token array, types: (TensorType | null) array) : Scan =
        Scan.Of(value, false, tokens, types)

    /// A scan of this value without the parts that are state; to be released.
    static member OfLearnables(value: 'T) : Scan = Scan.Of(value, true, null, [||])

    /// Forgets what it saw; from here on others may use its memory.
    member scan.Release() =
        match expected with
        | null -> Array.Clear(tokens, 0, tokenCount)
        | _ ->
            expected <- null
            expectedTypes <- [||]
        Array.Clear(leaves, 0, leafCount)
        Array.Clear(slots, firstSlot, slotCount - firstSlot)
        tokenCount <- 0
        leafCount <- 0
        slotCount <- 0
        firstSlot <- 0
        hash <- 17
        isConcrete <- true
        for data in rented do
            RentedArray.give data
        rented.Clear()
        Scan.spare <- scan

/// Puts tensors, one after the other, into the places of those of a structure.
[<AbstractClass>]
type internal TensorSource() =
    inherit PartSource()
    abstract Next: unit -> Tensor
    override _.OpeningOf ty = Openings.openingOf ty
    override _.EnterState() = true
    override _.LeaveState() = ()

    override this.Part value =
        match value with
        | null -> null
        | :? Tensor -> this.Next()
        | value ->
            match Openings.openingOf (value.GetType()) with
            | null -> value
            | opening -> opening.Replace(value, this)

/// Takes structures apart and puts them together.
[<RequireQualifiedAccess>]
module internal Structures =
    [<Sealed>]
    type private Given(leaves: Tensor array, withState: bool) =
        inherit TensorSource()
        let mutable next = 0
        override _.EnterState() = withState

        override _.Next() =
            next <- next + 1
            leaves[next - 1]

    [<Sealed>]
    type private Made(f: bool -> Tensor -> Tensor) =
        inherit PartSource()
        let mutable states = 0

        override _.OpeningOf ty : Opening | null =
            match Openings.kindOf ty with
            | Openings.Kind.Parts opening -> opening
            | _ -> null

        override _.EnterState() =
            states <- states + 1
            true

        override _.LeaveState() = states <- states - 1

        override this.Part value =
            match value with
            | null -> null
            | :? Tensor as t -> f (states > 0) t
            | value ->
                match Openings.kindOf (value.GetType()) with
                | Openings.Kind.Parts opening -> opening.Replace(value, this)
                | _ -> value

    let private flattened (scan: Scan) : Tensor array * Skeleton =
        let leaves, tokens = scan.Leaves.ToArray(), scan.Tokens.ToArray()
        scan.Release()
        leaves, Skeleton tokens

    /// The tensors of a value, and its skeleton without them: tensors of other types make no other skeleton.
    let flatten (value: 'T) : Tensor array * Skeleton = flattened (Scan.Of value)

    /// The tensors of a value that are no state, and its skeleton without all state.
    let flattenLearnables (value: 'T) : Tensor array * Skeleton = flattened (Scan.OfLearnables value)

    /// A structure like this one, each tensor replaced by what the function makes of it, told whether it is state. What is no
    /// structure stays as it is.
    let rebuild (f: bool -> Tensor -> Tensor) (structure: 'T) : 'T = Parts<'T>.Replace(structure, Made f)

    /// A structure like this one with other tensors.
    let replace (structure: 'T) (leaves: Tensor array) : 'T = Parts<'T>.Replace(structure, Given(leaves, true))

    /// A structure like this one with other tensors where they are no state.
    let replaceLearnables (structure: 'T) (leaves: Tensor array) : 'T =
        Parts<'T>.Replace(structure, Given(leaves, false))

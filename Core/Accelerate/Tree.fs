namespace Functional

open System
open System.Collections.Generic

/// A result of a leaf.
[<RequireQualifiedAccess>]
type internal Output =
    /// The caller's own tensor.
    | Input of int
    | Fixed of Tensor
    /// What the last stretch leaves in this slot.
    | Computed of slot: int * TensorType

/// What is known of one signature: a tree of host reads with a program at each leaf.
[<RequireQualifiedAccess>]
type internal Path<'R> =
    | Leaf of Leaf<'R>
    | Guard of Guard<'R>

/// The last stretch of a path, and the slots that its results come into. `Trace` is the whole path's, `Template` the result
/// with tensors to be replaced; `Slots` is how many the path needs.
and internal Leaf<'R> =
    { Trace: Trace; Last: Stretch; Places: int array; Slots: int; Outputs: Output array; Template: 'R }

/// A host read: the stretch before it, the slot and type of what was read, and by what was seen how it goes on.
/// `Trace` is that of the path that came here first.
and internal Guard<'R> =
    { Trace: Trace
      Read: Read
      Slot: int
      Type: TensorType
      Stretch: Stretch
      Branches: Dictionary<Sight, Path<'R>> }

/// All paths of a signature. `Slots` serve any of them.
type internal Tree<'R> = { Root: Path<'R>; Slots: int; Count: int; HasDraws: bool }

/// The read, by its number on the path, at which a value was seen that had not been seen there before.
type internal Unknown = { Depth: int; Type: TensorType; Seen: Sight }

[<RequireQualifiedAccess>]
module internal Unknown =
    /// The value as text; "" for none.
    let shown (unknown: Unknown | null) =
        match unknown with
        | null -> ""
        | unknown -> Sight.show unknown.Type unknown.Seen

    /// The number of the read; -1 for none.
    let depth (unknown: Unknown | null) =
        match unknown with
        | null -> -1
        | unknown -> unknown.Depth

/// Where following a tree led to.
[<RequireQualifiedAccess; Struct>]
type internal Found<'R> =
    | Leaf of leaf: Leaf<'R>
    | Unknown of unknown: Unknown

/// Puts a leaf's results into the places of its template: one such is kept for each thread.
[<Sealed; AllowNullLiteral(false)>]
type internal Placing() =
    inherit TensorSource()
    [<ThreadStatic; DefaultValue>]
    static val mutable private spare: Placing | null

    let mutable outputs, slots, next = Array.empty<Output>, Array.empty<Block>, 0
    let mutable scan: Scan | null = null

    static member Result(output: Output, slots: Block array, scan: Scan) : Tensor =
        match output with
        // Nothing is being recorded on this thread, or the function would run directly.
        | Output.Computed(slot, ty) -> Tensor(ty, Origin.Concrete slots[slot], Direct.Instance)
        | Output.Input k -> scan.Leaves[k]
        | Output.Fixed t -> t

    member private _.Take(outputs', slots', scan': Scan | null) =
        outputs <- outputs'
        slots <- slots'
        scan <- scan'
        next <- 0

    override _.Next() =
        next <- next + 1
        Placing.Result(outputs[next - 1], slots, nonNull scan)

    static member Fill(template: 'R, outputs', slots', scan': Scan) : 'R =
        let placing =
            match Placing.spare with
            | null -> Placing()
            | placing ->
                Placing.spare <- null
                placing

        placing.Take(outputs', slots', scan')
        let result = Parts<'R>.Replace(template, placing)
        placing.Take([||], [||], null)
        Placing.spare <- placing
        result

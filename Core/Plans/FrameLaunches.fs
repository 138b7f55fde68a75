namespace Functional

#nowarn "9" // Addresses of tensors.

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// A launch made ready to run, in the memory of any frame.
[<AbstractClass>]
type internal ReadyLaunch() =
    abstract In: Frame -> FrameLaunch

/// A value as a view of its root.
[<Sealed>]
type internal RootView(roots: TensorType array, access: Access, ty: TensorType) =
    let root = roots[access.Root]
    let isRoot = access.Offset = 0 && ty.Sizes = root.Sizes && access.Strides = root.Strides
    member _.Root = access.Root
    /// Whether it is all of its root, as it lies.
    member _.IsWhole = isRoot

    member _.In(frame: Frame) : Block =
        if isRoot then
            { frame.Block access.Root with Strides = ty.Strides }
        else
            frame.View(access.Root, access.Offset, access.Strides)

/// The addresses of a launch's operands and results in a frame. Those of movable roots are looked up for each run.
[<Sealed>]
type private Places(frame: Frame, sources: int array, offsets: nativeint array) =
    let addresses = GC.AllocateArray<nativeint>(max 1 sources.Length, true)
    let first = NativePtr.ofNativeInt<nativeint>(Marshal.UnsafeAddrOfPinnedArrayElement(addresses, 0))
    let moving =
        [| for k in 0 .. sources.Length - 1 do
               if frame.IsMovable sources[k] then k |]
    do
        for k in 0 .. sources.Length - 1 do
            addresses[k] <- frame.Address sources[k] + offsets[k]

    /// As they are now.
    member _.Now: nativeptr<nativeint> =
        for k in moving do
            addresses[k] <- frame.Address sources[k] + offsets[k]
        first

module private Places =
    let offset (roots: TensorType array) (access: Access) =
        nativeint access.Offset * nativeint (Memory.size roots[access.Root].DType)

module private Noted =
    let from (note: KernelCalls -> unit) sources offsets : NotedLaunch voption =
        let calls = KernelCalls()
        note calls
        if calls.IsComplete then
            ValueSome { Calls = calls; Sources = sources; Offsets = offsets }
        else
            ValueNone

/// A compiled loop.
[<Sealed>]
type internal ReadyLoop(roots: TensorType array, bound: BoundLoop, operands: Access array, results: Access array) =
    inherit ReadyLaunch()
    let sources = [| for a in Seq.append operands results -> a.Root |]
    let offsets = Array.append (Array.map (Places.offset roots) operands) (Array.zeroCreate results.Length)

    override _.In frame =
        let places = Places(frame, sources, offsets)
        { new FrameLaunch() with
            member _.Run _ = bound.Run places.Now
            member _.Noted = Noted.from bound.Note sources offsets }

/// A loop that was not compiled.
[<Sealed>]
type internal ReadyPieces(roots: TensorType array, work: Work array, results: int array) =
    inherit ReadyLaunch()
    let run = Pieces.prepare roots work results

    override _.In frame =
        { new FrameLaunch() with
            member _.Run _ =
                let made = run frame.Block
                for k in 0 .. results.Length - 1 do
                    frame.Store(results[k], made[k]) }

/// A matrix product, and what follows it.
[<Sealed>]
type internal ReadyProduct
    (
        roots: TensorType array,
        report: string -> unit,
        bind: unit -> BoundContraction,
        left: Access,
        right: Access,
        result: int,
        sides: Access array
    ) =
    inherit ReadyLaunch()
    let sources = Array.append [| left.Root; right.Root; result |] [| for side in sides -> side.Root |]
    let offsets =
        Array.append
            [| Places.offset roots left; Places.offset roots right; 0n |]
            (Array.map (Places.offset roots) sides)

    override _.In frame =
        let places = Places(frame, sources, offsets)
        let bound = bind ()
        { new FrameLaunch() with
            member _.Run _ =
                bound.Run places.Now
                PreparedKernel.tell report bound.Problem
            member _.Noted =
                let noted = Noted.from bound.Note sources offsets
                PreparedKernel.tell report bound.Problem
                noted }

/// The operands of a call in a frame. Those of movable roots are looked up for each run, and forgotten after it.
[<Sealed>]
type private CallOperands(frame: Frame, views: RootView array) =
    let blocks = Array.zeroCreate<Block> views.Length
    let moving =
        [| for k in 0 .. views.Length - 1 do
               if frame.IsMovable views[k].Root then k |]
    do
        for k in 0 .. views.Length - 1 do
            if not (frame.IsMovable views[k].Root) then blocks[k] <- views[k].In frame

    member _.Now =
        for k in moving do
            blocks[k] <- views[k].In frame
        blocks

    member _.Forget() =
        for k in moving do
            blocks[k] <- Unchecked.defaultof<Block>

/// An op that runs by itself and writes where it is told to.
[<Sealed>]
type internal ReadyFilling(roots: TensorType array, fill: Filling, draw: int, views: RootView array, results: int array)
    =
    inherit ReadyLaunch()

    override _.In frame =
        let operands = CallOperands(frame, views)
        let targets =
            CallOperands(frame, [| for r in results -> RootView(roots, Access.dense r roots[r].Sizes, roots[r]) |])
        { new FrameLaunch() with
            member _.Run start =
                fill { start with Position = start.Position + uint64 draw } operands.Now targets.Now
                operands.Forget()
                targets.Forget() }

/// An op that runs by itself and makes its results.
[<Sealed>]
type internal ReadyCall(run: Execute.Prepared, instruction: Instruction, views: RootView array, results: int array) =
    inherit ReadyLaunch()

    let own (blocks: Block array) (ty: TensorType) (made: Block) =
        // An op may hand an operand on, whose place in the arena will be used again.
        let isOperand = blocks |> Array.exists (fun b -> obj.ReferenceEquals(b.Data, made.Data))
        Blocks.contiguous ty (if isOperand then Blocks.ofArray ty (Blocks.copy ty made) else made)

    override _.In frame =
        let operands = CallOperands(frame, views)
        { new FrameLaunch() with
            member _.Run start =
                let blocks = operands.Now
                let made = run { start with Position = start.Position + uint64 instruction.Draw } blocks
                for k in 0 .. results.Length - 1 do
                    frame.Store(results[k], own blocks instruction.Results[k] made[k])
                operands.Forget() }

/// An address that is written anew before each run: that of a root, so many bytes on.
[<Struct>]
type private MovingCell = { Cell: nativeint; Root: int; Offset: nativeint }

/// Small launches one after another, as the calls that they come to.
[<Sealed>]
type private NotedLaunches(frame: Frame, launches: NotedLaunch array) =
    inherit FrameLaunch()
    let calls = [| for launch in launches -> launch.Calls |]
    let all =
        [| for made in calls do
               yield! made.Calls |]
    let moving =
        [| for launch in launches do
               for cell in launch.Calls.Cells do
                   let root, offset = launch.Sources[cell.Place], launch.Offsets[cell.Place] + cell.Offset
                   if cell.IsSpent || frame.IsMovable root then
                       { Cell = cell.Cell; Root = root; Offset = offset }
                   else
                       NativePtr.write (NativePtr.ofNativeInt cell.Cell) (frame.Address root + offset) |]

    /// Held, or the memory of the arguments would be collected.
    member _.Calls = calls

    override _.Run _ =
        for cell in moving do
            NativePtr.write (NativePtr.ofNativeInt cell.Cell) (frame.Address cell.Root + cell.Offset)
        for call in all do
            call.Run()

[<RequireQualifiedAccess>]
module internal FrameLaunches =
    /// All launches of a plan, in a frame: small ones that follow each other as one.
    let make (launches: ReadyLaunch array) (frame: Frame) : FrameLaunch array =
        let made, small = Collections.Generic.List<FrameLaunch>(), Collections.Generic.List<NotedLaunch>()
        let join () =
            if small.Count > 0 then made.Add(NotedLaunches(frame, small.ToArray()))
            small.Clear()
        for ready in launches do
            let launch = ready.In frame
            match launch.Noted with
            | ValueSome noted -> small.Add noted
            | ValueNone ->
                join ()
                made.Add launch
        join ()
        made.ToArray()

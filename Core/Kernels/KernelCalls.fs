namespace Functional

#nowarn "9" // pointers

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// One call of compiled code, its arguments in place.
[<AbstractClass>]
type internal KernelCall() =
    abstract Run: unit -> unit

/// Where a call reads an address, and which: that of a place (an operand or a result, by its number), so many bytes on.
[<Struct>]
type internal AddressCell =
    {
        Cell: nativeint
        Place: int
        Offset: nativeint
        /// The call writes another address there.
        IsSpent: bool
    }

/// The calls that something small comes to, one after another, to be made again and again on operands laid out alike without
/// anything being worked out again. One run at a time.
[<Sealed>]
type internal KernelCalls() =
    static let most = 16
    let calls, cells, memory = List<KernelCall>(), List<AddressCell>(), List<byte array>()

    /// Whether they are all of it: there are not too many, and nothing else has to be done.
    member val IsComplete = true with get, set

    member _.Calls = calls
    member _.Cells = cells

    /// So many bytes from an address divisible by 64 on, for as long as these calls are held.
    member _.Reserve(bytes: int) : nativeint =
        let block = GC.AllocateUninitializedArray<byte>(bytes + 64, pinned = true)
        memory.Add block
        (Marshal.UnsafeAddrOfPinnedArrayElement(block, 0) + 63n) &&& ~~~63n

    member made.Add(call: KernelCall) = if calls.Count = most then made.IsComplete <- false else calls.Add call

    /// Notes where a call reads the address of a place.
    member _.Point(cell, place, offset, isSpent) =
        cells.Add { Cell = cell; Place = place; Offset = offset; IsSpent = isSpent }

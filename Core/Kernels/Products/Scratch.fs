namespace Functional

open System
open System.Runtime.InteropServices

/// Memory that a thread computes in: kept from call to call, as much as the largest asked for.
[<AbstractClass; Sealed>]
type internal Scratch private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private bytes: byte array | null

    /// At least so many bytes from an address divisible by 64 on. Whatever the thread asked for before is void.
    static member Take(count: nativeint) : nativeint =
        let current =
            match Scratch.bytes with
            | null -> [||]
            | b -> b
        let bytes =
            if nativeint current.Length >= count + 64n then
                current
            else
                let grown = GC.AllocateUninitializedArray<byte>(int (count + 64n), pinned = true)
                Scratch.bytes <- grown
                grown
        let start = Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0)
        (start + 63n) &&& ~~~63n

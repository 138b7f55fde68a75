namespace Functional

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

#nowarn "9" // Memory outside the managed heap.

/// Memory for the time of a call. What is given back is kept for the next call of the thread.
[<RequireQualifiedAccess>]
module internal RentedMemory =
    /// Larger ones are not kept.
    [<Literal>]
    let private Kept = 67108864

    [<AllowNullLiteral; Sealed>]
    type Memory(bytes: int) =
        let address =
            NativePtr.toNativeInt (NativePtr.ofVoidPtr<byte>(NativeMemory.AlignedAlloc(unativeint bytes, 64un)))
        member _.Bytes = bytes
        member _.Address = address
        override _.Finalize() = NativeMemory.AlignedFree(NativePtr.toVoidPtr (NativePtr.ofNativeInt<byte> address))

    [<AbstractClass; Sealed>]
    type private Pool() =
        [<ThreadStatic; DefaultValue>]
        static val mutable private first: Memory
        [<ThreadStatic; DefaultValue>]
        static val mutable private second: Memory

        static member Take(bytes) =
            let fits (m: Memory) = not (isNull m) && m.Bytes >= bytes
            if fits Pool.first then
                let m = Pool.first
                Pool.first <- null
                m
            elif fits Pool.second then
                let m = Pool.second
                Pool.second <- null
                m
            else
                Memory(max 65536 (bytes + bytes / 4))

        static member Give(m: Memory) =
            if m.Bytes <= Kept then
                if isNull Pool.first then Pool.first <- m
                elif isNull Pool.second || Pool.second.Bytes < m.Bytes then Pool.second <- m

    [<Struct>]
    type Rented =
        { Memory: Memory }

        member r.Address = r.Memory.Address
        interface IDisposable with
            member r.Dispose() = Pool.Give r.Memory

    let rent bytes : Rented = { Memory = Pool.Take bytes }

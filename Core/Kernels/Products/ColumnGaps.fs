namespace Functional

#nowarn "9" // pointers

open System
open System.Collections.Generic
open System.Numerics
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// What a product computes and its result leaves out: some of the columns. A vector closes its gaps before it is stored; what it
/// then holds after the last column is written over by the next vector, or, where there is none, is not stored.
[<Sealed; AllowNullLiteral>]
type internal ColumnGaps(kept: bool array, lanes: int, size: int) =
    // For each vector, and for one that ends with the last column: bytes of the result before it, columns that it has, and the
    // address of the lanes that these are in.
    let vectors = (kept.Length + lanes - 1) / lanes
    let entries = GC.AllocateArray<nativeint>((vectors + 1) * ColumnGaps.EntrySize, true)
    let entry k = Marshal.UnsafeAddrOfPinnedArrayElement(entries, k * ColumnGaps.EntrySize)

    /// The lanes of columns as numbers of the elements' size, by these lanes as bits: vectors with their gaps at the same lanes
    /// share them.
    let picks = Dictionary<int, Array>()

    let pick columns =
        let numbers =
            match picks.TryGetValue columns with
            | true, numbers -> numbers
            | _ ->
                let all = [| 0 .. lanes - 1 |] |> Array.filter (fun lane -> columns >>> lane &&& 1 = 1)
                let numbers: Array =
                    if size = 4 then
                        let numbers = GC.AllocateArray<int>(lanes, true)
                        Array.blit all 0 numbers 0 all.Length
                        numbers
                    else
                        let numbers = GC.AllocateArray<int64>(lanes, true)
                        Array.blit (Array.map int64 all) 0 numbers 0 all.Length
                        numbers
                picks[columns] <- numbers
                numbers
        Marshal.UnsafeAddrOfPinnedArrayElement(numbers, 0)

    /// The lanes of the columns that a vector from a position on has, as bits.
    let columnsFrom first =
        let mutable columns = 0
        for lane in max 0 -first .. min lanes (kept.Length - first) - 1 do
            if kept[first + lane] then columns <- columns ||| (1 <<< lane)
        columns

    let total =
        let count columns = BitOperations.PopCount(uint columns)
        let set k before columns =
            entries[k * ColumnGaps.EntrySize] <- nativeint (before * size)
            entries[k * ColumnGaps.EntrySize + 1] <- nativeint (count columns)
            entries[k * ColumnGaps.EntrySize + 2] <- pick columns
        let mutable before = 0
        for k in 0 .. vectors - 1 do
            let columns = columnsFrom (k * lanes)
            set k before columns
            before <- before + count columns
        let last = columnsFrom (kept.Length - lanes)
        set vectors (before - count last) last
        before

    // There are as many lanes as a power of two.
    let shift = BitOperations.Log2(uint lanes)
    let first = entry 0

    let at (column: nativeint) =
        let k = if int column &&& (lanes - 1) = 0 then int column >>> shift else vectors
        first + nativeint (k * ColumnGaps.EntrySize * sizeof<nativeint>)

    /// How many numbers a vector's entry has.
    static member EntrySize = 3

    /// The entry of the vector that starts at a column: a multiple of the lanes, or as many before the end. Those of the vectors
    /// beside it follow.
    member _.At(column: nativeint) = at column

    /// Bytes of a row of the result before a column.
    member _.Before(column: nativeint) =
        if column = nativeint kept.Length then
            nativeint (total * size)
        else
            NativePtr.read (NativePtr.ofNativeInt<nativeint>(at column))

    /// Whether vectors from a column on, stored whole, stay within the columns before another one.
    member g.Fit(column: nativeint, vectors: int, endColumn: nativeint) =
        g.Before(column + nativeint ((vectors - 1) * lanes)) + nativeint (lanes * size)
        <= g.Before endColumn

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

    /// As numbers of the elements' size: vectors with their gaps at the same lanes share them.
    let picks = Dictionary<string, Array>()

    let pick (lanesOfColumns: int list) =
        let all = lanesOfColumns @ List.replicate (lanes - lanesOfColumns.Length) 0
        let key = String.Join(" ", all)
        if not (picks.ContainsKey key) then
            let numbers: Array =
                if size = 4 then
                    let numbers = GC.AllocateArray<int>(lanes, true)
                    all |> List.iteri (fun k lane -> numbers[k] <- lane)
                    numbers
                else
                    let numbers = GC.AllocateArray<int64>(lanes, true)
                    all |> List.iteri (fun k lane -> numbers[k] <- int64 lane)
                    numbers
            picks[key] <- numbers
        Marshal.UnsafeAddrOfPinnedArrayElement(picks[key], 0)

    let total =
        let set k before first =
            let columns =
                [ for lane in 0 .. lanes - 1 do
                      if first + lane >= 0 && first + lane < kept.Length && kept[first + lane] then lane ]
            entries[k * ColumnGaps.EntrySize] <- nativeint (before * size)
            entries[k * ColumnGaps.EntrySize + 1] <- nativeint columns.Length
            entries[k * ColumnGaps.EntrySize + 2] <- pick columns
            before + columns.Length
        let mutable before = 0
        for k in 0 .. vectors - 1 do
            before <- set k before (k * lanes)
        let first = kept.Length - lanes
        set vectors (before - Seq.length (kept |> Seq.skip (max 0 first) |> Seq.filter id)) first |> ignore
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

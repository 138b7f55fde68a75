namespace Functional

open System
open System.Buffers
open System.Numerics

/// Elements by positions along a dimension. A tensor is seen as [outer; size; inner], the positions as one run of `count`.
[<RequireQualifiedAccess>]
module internal Picking =
    [<Struct>]
    type private Extent = { Outer: int; Size: int; Inner: int }

    let private extent (x: TensorType) dim =
        { Outer = Array.fold (*) 1 x.Sizes[.. dim - 1]
          Size = x.Sizes[dim]
          Inner = Array.fold (*) 1 x.Sizes[dim + 1 ..] }

    /// The positions in row-major order, each inside the dimension; in an array to be given back, which may be longer.
    let private positions name (types: TensorType list) size (block: Block) : int array =
        let ty = types[1]
        let block, count = Blocks.contiguous ty block, ty.Count
        let found = ArrayPool<int>.Shared.Rent(max 1 count)
        match block.Data with
        | :? (int array) as p ->
            for j in 0 .. count - 1 do
                found[j] <- Gathering.inside name types size (int64 p[block.Offset + j])
        | p ->
            let p = p :?> int64 array
            for j in 0 .. count - 1 do
                found[j] <- Gathering.inside name types size p[block.Offset + j]
        found

    let private gather<'T> (source: Block) extent (positions: int array) count (target: Block) =
        let x, y = source.Data :?> 'T array, target.Data :?> 'T array
        let n = extent.Inner
        for o in 0 .. extent.Outer - 1 do
            let from = source.Offset + o * extent.Size * n
            let into = target.Offset + o * count * n
            if n = 1 then
                for j in 0 .. count - 1 do
                    y[into + j] <- x[from + positions[j]]
            else
                for j in 0 .. count - 1 do
                    Array.Copy(x, from + positions[j] * n, y, into + j * n, n)

    /// Into a dense block.
    let gatherInto (types: TensorType array) dim : Block array -> Block -> unit =
        let x, extent, count, operands = types[0], extent types[0] dim, types[1].Count, List.ofArray types

        fun blocks target ->
            let positions = positions "Gather" operands extent.Size blocks[1]
            let source = Blocks.contiguous x blocks[0]
            match x.DType with
            | DType.Float32 -> gather<float32> source extent positions count target
            | DType.Float64 -> gather<float> source extent positions count target
            | DType.Int32 -> gather<int> source extent positions count target
            | DType.Int64 -> gather<int64> source extent positions count target
            | _ -> gather<bool> source extent positions count target
            ArrayPool<int>.Shared.Return positions

    /// Row by row and position by position in ascending order, which settles what comes of equal positions.
    let private put<'T, 'C when 'C: struct and 'C :> Folds.ICombine<'T>>
        (target: Block)
        (updates: Block)
        extent
        (positions: int array)
        count
        =
        let into, from = target.Data :?> 'T array, updates.Data :?> 'T array
        let c, n = Unchecked.defaultof<'C>, extent.Inner
        for o in 0 .. extent.Outer - 1 do
            for j in 0 .. count - 1 do
                let t = target.Offset + (o * extent.Size + positions[j]) * n
                let u = updates.Offset + (o * count + j) * n
                for k in 0 .. n - 1 do
                    into[t + k] <- c.Combine(into[t + k], from[u + k])

    let private putNumbers<'T when 'T :> INumber<'T>> collision target updates extent positions count =
        match collision with
        | Added -> put<'T, Folds.Total<'T>> target updates extent positions count
        | Replaced -> put<'T, Folds.Latest<'T>> target updates extent positions count
        | Greater -> put<'T, Folds.Greatest<'T>> target updates extent positions count
        | Lesser -> put<'T, Folds.Least<'T>> target updates extent positions count

    /// Into a dense block.
    let scatterInto (types: TensorType array) collision dim : Block array -> Block -> unit =
        let x, extent, count, operands = types[0], extent types[0] dim, types[1].Count, List.ofArray types
        let name = Gathering.nameOf collision

        fun blocks target ->
            let positions = positions name operands extent.Size blocks[1]
            Blocks.place x blocks[0] target
            let updates = Blocks.contiguous types[2] blocks[2]
            if x.Count > 0 then
                match x.DType with
                | DType.Float32 -> putNumbers<float32> collision target updates extent positions count
                | DType.Float64 -> putNumbers<float> collision target updates extent positions count
                | DType.Int32 -> putNumbers<int> collision target updates extent positions count
                | DType.Int64 -> putNumbers<int64> collision target updates extent positions count
                | _ -> put<bool, Folds.Latest<bool>> target updates extent positions count
            ArrayPool<int>.Shared.Return positions

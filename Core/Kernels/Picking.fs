namespace Functional

open System
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

    /// The positions in row-major order, each inside the dimension.
    let private positions name (types: TensorType array) dim (block: Block) : int array =
        let inside = Gathering.inside name (List.ofArray types) types[0].Sizes[dim]
        match Blocks.toArray types[1] block with
        | :? (int array) as p -> p |> Array.map (fun i -> inside (int64 i))
        | p -> (p :?> int64 array) |> Array.map inside

    let private gather<'T> (source: Block) extent (positions: int array) (target: Block) =
        let x, y = source.Data :?> 'T array, target.Data :?> 'T array
        let n = extent.Inner
        for o in 0 .. extent.Outer - 1 do
            let from = source.Offset + o * extent.Size * n
            let into = target.Offset + o * positions.Length * n
            if n = 1 then
                for j in 0 .. positions.Length - 1 do
                    y[into + j] <- x[from + positions[j]]
            else
                for j in 0 .. positions.Length - 1 do
                    Array.Copy(x, from + positions[j] * n, y, into + j * n, n)

    /// Into a dense block.
    let gatherInto (types: TensorType array) dim : Block array -> Block -> unit =
        let x, extent = types[0], extent types[0] dim

        fun blocks target ->
            let positions = positions "Gather" types dim blocks[1]
            let source = Blocks.contiguous x blocks[0]
            match x.DType with
            | DType.Float32 -> gather<float32> source extent positions target
            | DType.Float64 -> gather<float> source extent positions target
            | DType.Int32 -> gather<int> source extent positions target
            | DType.Int64 -> gather<int64> source extent positions target
            | _ -> gather<bool> source extent positions target

    /// Row by row and position by position in ascending order, so that equal positions add up in that order.
    let private add<'T when 'T :> INumber<'T>> (target: Block) (updates: Block) extent (positions: int array) =
        let total, u = target.Data :?> 'T array, updates.Data :?> 'T array
        let n = extent.Inner
        for o in 0 .. extent.Outer - 1 do
            for j in 0 .. positions.Length - 1 do
                let into = target.Offset + (o * extent.Size + positions[j]) * n
                let from = updates.Offset + (o * positions.Length + j) * n
                for k in 0 .. n - 1 do
                    total[into + k] <- 'T.op_Addition (total[into + k], u[from + k])

    /// Into a dense block.
    let scatterAddInto (types: TensorType array) dim : Block array -> Block -> unit =
        let x, extent = types[0], extent types[0] dim

        fun blocks target ->
            let positions = positions "ScatterAdd" types dim blocks[1]
            Blocks.copyInto x blocks[0] target.Data target.Offset
            let updates = Blocks.contiguous types[2] blocks[2]
            if x.Count > 0 then
                match x.DType with
                | DType.Float32 -> add<float32> target updates extent positions
                | DType.Float64 -> add<float> target updates extent positions
                | DType.Int32 -> add<int> target updates extent positions
                | _ -> add<int64> target updates extent positions

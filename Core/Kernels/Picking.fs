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

    let private gather<'T> (source: Block) extent (positions: int array) (output: Array) =
        let x, y = source.Data :?> 'T array, output :?> 'T array
        let n = extent.Inner
        for o in 0 .. extent.Outer - 1 do
            let from = source.Offset + o * extent.Size * n
            let into = o * positions.Length * n
            if n = 1 then
                for j in 0 .. positions.Length - 1 do
                    y[into + j] <- x[from + positions[j]]
            else
                for j in 0 .. positions.Length - 1 do
                    Array.Copy(x, from + positions[j] * n, y, into + j * n, n)

    let prepareGather (types: TensorType array) (result: TensorType) dim : Block array -> Block =
        let x, extent = types[0], extent types[0] dim

        fun blocks ->
            let positions = positions "Gather" types dim blocks[1]
            let output = Blocks.allocate result.DType result.Count
            let source = Blocks.contiguous x blocks[0]
            if result.Count > 0 then
                match x.DType with
                | DType.Float32 -> gather<float32> source extent positions output
                | DType.Float64 -> gather<float> source extent positions output
                | DType.Int32 -> gather<int> source extent positions output
                | DType.Int64 -> gather<int64> source extent positions output
                | _ -> gather<bool> source extent positions output
            Blocks.ofArray result output

    /// Row by row and position by position in ascending order, so that equal positions add up in that order.
    let private add<'T when 'T :> INumber<'T>> (total: Array) (updates: Block) extent (positions: int array) =
        let total, u = total :?> 'T array, updates.Data :?> 'T array
        let n = extent.Inner
        for o in 0 .. extent.Outer - 1 do
            for j in 0 .. positions.Length - 1 do
                let into = (o * extent.Size + positions[j]) * n
                let from = updates.Offset + (o * positions.Length + j) * n
                for k in 0 .. n - 1 do
                    total[into + k] <- 'T.op_Addition (total[into + k], u[from + k])

    let prepareScatterAdd (types: TensorType array) dim : Block array -> Block =
        let x, extent = types[0], extent types[0] dim

        fun blocks ->
            let positions = positions "ScatterAdd" types dim blocks[1]
            let output = Blocks.copy x blocks[0]
            let updates = Blocks.contiguous types[2] blocks[2]
            if x.Count > 0 then
                match x.DType with
                | DType.Float32 -> add<float32> output updates extent positions
                | DType.Float64 -> add<float> output updates extent positions
                | DType.Int32 -> add<int> output updates extent positions
                | _ -> add<int64> output updates extent positions
            Blocks.ofArray x output

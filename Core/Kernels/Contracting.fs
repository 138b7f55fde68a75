namespace Functional

open System
open System.Numerics.Tensors

/// Generalised matrix product. Each element is the sum over k in ascending order, starting from the first product, with
/// a rounding after each multiplication and each addition.
[<RequireQualifiedAccess>]
module internal Contracting =
    let private product<'T when 'T: struct and 'T :> Numerics.INumber<'T> and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (a: Block)
        (b: Block)
        (c: 'T array)
        batch
        m
        n
        k
        =
        let x, y = a.Data :?> 'T array, b.Data :?> 'T array
        for item in 0 .. batch - 1 do
            for i in 0 .. m - 1 do
                let row = Span(c, (item * m + i) * n, n)
                for p in 0 .. k - 1 do
                    let factor = x[a.Offset + (item * m + i) * k + p]
                    let line = ReadOnlySpan(y, b.Offset + (item * k + p) * n, n)
                    if p = 0 then
                        TensorPrimitives.Multiply<'T>(line, factor, row)
                    else
                        TensorPrimitives.MultiplyAdd<'T>(line, factor, Span.op_Implicit row, row)

    /// left [batch; m; k] × right [batch; k; n] → [batch; m; n], after permuting both.
    let prepare
        (left: TensorType)
        (right: TensorType)
        (result: TensorType)
        (contraction: Contraction)
        : Block -> Block -> Array =
        let batchLeft, batchRight = List.unzip contraction.Batch
        let sumLeft, sumRight = List.unzip contraction.Sum
        let restLeft = List.except (batchLeft @ sumLeft) [ 0 .. left.Rank - 1 ]
        let restRight = List.except (batchRight @ sumRight) [ 0 .. right.Rank - 1 ]
        let size (t: TensorType) dims = dims |> List.fold (fun n d -> n * t.Sizes[d]) 1
        let batch, m, n, k = size left batchLeft, size left restLeft, size right restRight, size left sumLeft

        let view (t: TensorType) order (block: Block) =
            Blocks.contiguous
                (TensorType(t.DType, [ for d in order -> t.Sizes[d] ]))
                { block with Strides = [| for d in order -> block.Strides[d] |] }

        fun a b ->
            let output = Blocks.allocate result.DType result.Count
            let a, b = view left (batchLeft @ restLeft @ sumLeft) a, view right (batchRight @ sumRight @ restRight) b
            match output with
            | :? (float32 array) as c -> product<float32> a b c batch m n k
            | :? (float array) as c -> product<float> a b c batch m n k
            | :? (int array) as c -> product<int> a b c batch m n k
            | c -> product<int64> a b (c :?> int64 array) batch m n k
            output

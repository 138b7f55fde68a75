namespace Functional

open System

/// Single numbers as the host language's types see them.
[<RequireQualifiedAccess>]
module internal HostNumber =
    let private ofFloat dtype (x: float) =
        match dtype with
        | DType.Float32 -> int64 (BitConverter.SingleToInt32Bits(float32 x))
        | DType.Float64 -> BitConverter.DoubleToInt64Bits x
        | DType.Int32 -> int64 (Int32.CreateSaturating x)
        | DType.Int64 -> Int64.CreateSaturating x
        | _ -> if x <> 0. then 1L else 0L

    let private ofWhole dtype (n: int64) =
        match dtype with
        | DType.Float32 -> int64 (BitConverter.SingleToInt32Bits(float32 n))
        | DType.Float64 -> BitConverter.DoubleToInt64Bits(float n)
        | DType.Int32 -> int64 (int n)
        | DType.Int64 -> n
        | _ -> if n <> 0L then 1L else 0L

    /// The bits of what a data type keeps of a block's number: integers are cut off towards 0 and saturate, of Int64 as Int32
    /// the low half is seen, and what is not 0, NaN included, is true.
    let bits dtype (block: Block) : int64 =
        match block.Data with
        | :? (float32 array) as data when dtype = DType.Float32 ->
            int64 (BitConverter.SingleToInt32Bits data[block.Offset])
        | :? (float32 array) as data -> ofFloat dtype (float data[block.Offset])
        | :? (float array) as data -> ofFloat dtype data[block.Offset]
        | :? (int array) as data -> ofWhole dtype (int64 data[block.Offset])
        | :? (int64 array) as data -> ofWhole dtype data[block.Offset]
        | data -> ofWhole dtype (if (data :?> bool array)[block.Offset] then 1L else 0L)

    /// A number of such bits, as a block.
    let block dtype (bits: int64) : Block =
        let data: Array =
            match dtype with
            | DType.Float32 -> [| BitConverter.Int32BitsToSingle(int bits) |]
            | DType.Float64 -> [| BitConverter.Int64BitsToDouble bits |]
            | DType.Int32 -> [| int bits |]
            | DType.Int64 -> [| bits |]
            | _ -> [| bits <> 0L |]

        { Data = data; Offset = 0; Strides = [||] }

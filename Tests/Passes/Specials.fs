/// Values on which laws of real numbers break.
module Functional.Tests.Passes.Specials

open System
open Functional

let private float32s =
    [| -0.f
       0.f
       1.f
       -1.f
       0.1f
       -3.f
       2.5f
       -2.5f
       0.5f
       Single.Epsilon
       -3.f * Single.Epsilon
       1.17549435e-38f
       -1.5e-38f
       Single.MaxValue
       Single.MinValue
       Single.PositiveInfinity
       Single.NegativeInfinity
       BitConverter.Int32BitsToSingle 0x7FC00000
       BitConverter.Int32BitsToSingle 0xFFC12345
       // Signalling: arithmetic changes its bits.
       BitConverter.Int32BitsToSingle 0x7F801234 |]

let private floats =
    [| -0.
       0.
       1.
       -1.
       0.1
       -3.
       2.5
       -2.5
       0.5
       Double.Epsilon
       -3. * Double.Epsilon
       2.2250738585072014e-308
       1e300
       Double.MaxValue
       Double.MinValue
       Double.PositiveInfinity
       Double.NegativeInfinity
       BitConverter.Int64BitsToDouble 0x7FF8000000000000L
       BitConverter.Int64BitsToDouble 0xFFF8000000012345L
       BitConverter.Int64BitsToDouble 0x7FF0000000001234L |]

let private int64s =
    [| 0L
       1L
       -1L
       2L
       -3L
       7L
       Int64.MinValue
       Int64.MaxValue
       9007199254740993L
       int64 Int32.MinValue
       int64 Int32.MaxValue
       16777217L
       5L
       6L
       -8L
       9L
       10L
       -11L
       12L
       13L |]

/// How many there are of each data type.
[<Literal>]
let Count = 20

/// A vector of them.
let tensor dtype : Tensor =
    let data: Array =
        match dtype with
        | DType.Float32 -> float32s
        | DType.Float64 -> floats
        | DType.Int32 -> Array.map int32 int64s
        | DType.Int64 -> int64s
        | _ -> Array.init Count (fun k -> k % 3 = 0)
    let ty = TensorType(dtype, [ Count ])
    Direct.Tensor(ty, Blocks.ofArray ty data)

namespace Functional

open System
open System.Buffers

/// Arrays for the time of a call, of at least so many elements, of any values.
[<RequireQualifiedAccess>]
module internal RentedArray =
    let private rent<'T> count : Array = ArrayPool<'T>.Shared.Rent(max 1 count)
    let private giveBack (data: 'T array) = ArrayPool<'T>.Shared.Return data

    let take dtype count : Array =
        match dtype with
        | DType.Float32 -> rent<float32> count
        | DType.Float64 -> rent<float> count
        | DType.Int32 -> rent<int> count
        | DType.Int64 -> rent<int64> count
        | _ -> rent<bool> count

    let give (data: Array) =
        match data with
        | :? (float32 array) as data -> giveBack data
        | :? (float array) as data -> giveBack data
        | :? (int array) as data -> giveBack data
        | :? (int64 array) as data -> giveBack data
        | data -> giveBack (data :?> bool array)

namespace Functional

open System.Collections.Generic
open Functional.FSharp

/// The greatest of each window; NaN where any is. As Tensor.maxPool.
[<Sealed; AllowNullLiteral(false)>]
type MaxPool(size: IReadOnlyList<int>, options: PoolingOptions) =
    inherit Layer()
    let size = List.ofSeq size
    /// Windows of this size side by side; a number for each spatial dimension, or one for all.
    new(size: IReadOnlyList<int>) = MaxPool(size, PoolingOptions.Default)
    override _.Predict x = Pooling.max options.Sliding size x
    interface IAcceleratable

/// The mean of each window. As Tensor.averagePool.
[<Sealed; AllowNullLiteral(false)>]
type AveragePool(size: IReadOnlyList<int>, options: PoolingOptions) =
    inherit Layer()
    let size = List.ofSeq size
    /// Windows of this size side by side; a number for each spatial dimension, or one for all.
    new(size: IReadOnlyList<int>) = AveragePool(size, PoolingOptions.Default)
    override _.Predict x = Pooling.average options.Sliding options.CountPadding size x
    interface IAcceleratable

/// The mean over all spatial dimensions, which stay with size 1.
[<Sealed; AllowNullLiteral(false)>]
type GlobalAveragePool() =
    inherit Layer()
    override _.Predict x = Pooling.wholeAverage x
    interface IAcceleratable

/// The greatest over all spatial dimensions, which stay with size 1.
[<Sealed; AllowNullLiteral(false)>]
type GlobalMaxPool() =
    inherit Layer()
    override _.Predict x = Pooling.wholeMax x
    interface IAcceleratable

/// Channels and spatial dimensions become channels, the last dimension; all others stay: "BCSS" → "BC". Of unformatted input
/// all dimensions but the first.
[<Sealed; AllowNullLiteral(false)>]
type Flatten() =
    inherit Layer()

    override _.Predict(Given "Flatten" x) =
        let labels = if x.Format.IsNone then "U" + String.replicate (x.Rank - 1) "C" else x.Format.Labels
        let isFlat k = labels[k] = 'C' || labels[k] = 'S'
        let flat, kept = List.partition isFlat [ 0 .. x.Rank - 1 ]
        let sizes = [ for k in kept -> x.Shape[k] ] @ [ List.fold (fun n k -> n * x.Shape[k]) 1 flat ]
        let format = if x.Format.IsNone then "" else System.String.Concat [ for k in kept -> string labels[k] ] + "C"
        Arranging.permute (kept @ flat) x |> Arranging.reshape sizes format

    interface IAcceleratable

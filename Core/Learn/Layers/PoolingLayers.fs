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

/// As many means along each spatial dimension as are asked for, whatever the size of the input. As Tensor.adaptiveAveragePool.
[<Sealed; AllowNullLiteral(false)>]
type AdaptiveAveragePool(sizes: IReadOnlyList<int>) =
    inherit Layer()
    let sizes = List.ofSeq sizes
    override _.Predict x = Pooling.adaptiveAverage sizes x
    interface IAcceleratable

/// As many greatest elements along each spatial dimension as are asked for, whatever the size of the input. As
/// Tensor.adaptiveMaxPool.
[<Sealed; AllowNullLiteral(false)>]
type AdaptiveMaxPool(sizes: IReadOnlyList<int>) =
    inherit Layer()
    let sizes = List.ofSeq sizes
    override _.Predict x = Pooling.adaptiveMax sizes x
    interface IAcceleratable

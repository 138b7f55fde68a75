namespace Functional.FSharp

open Functional

/// Convolution, pooling and resizing along the spatial dimensions, which are those labelled S, or T where there is no S; all
/// other dimensions stay as they are. Operands have labels (`x |> Tensor.withFormat "BCSS"`), and their results the same
/// labels. All throw DimensionException for an operand without spatial dimensions or without the one dimension C that they
/// need, ShapeException for numbers that do not fit the spatial dimensions or windows that do not fit the operand.
[<AutoOpen>]
module SpatialFunctions =
    /// Convolution, pooling, resizing.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// Σ over the channels and the positions of a window, weighted by each filter, plus the filter's bias: the
        /// cross-correlation that the field calls convolution. Weights: [filters; channels / groups; size …], bias:
        /// [filters], both without labels. A spatial size n becomes ⌊(n + padding - reach) / stride⌋ + 1, where windows reach
        /// over (size - 1) · dilation + 1 positions. Along T, causal padding lets no result see what comes later.
        /// Throws ShapeException for weights or a bias that do not fit, DTypeException for other data types than x's.
        let convolution (options: ConvolutionOptions) (weights: Tensor) (bias: Tensor option) (x: Tensor) : Tensor =
            Convolutions.convolve options.Sliding options.Groups weights bias x

        /// The transpose of the convolution with these options as a map of its operand, plus a bias. Weights:
        /// [channels; filters / groups; size …], bias: [filters]. A spatial size n becomes (n - 1) · stride + reach - padding;
        /// with same or causal padding n · stride. Where windows overlap they add up in ascending order.
        /// Throws ShapeException for weights or a bias that do not fit, DTypeException for other data types than x's.
        let transposedConvolution
            (options: ConvolutionOptions)
            (weights: Tensor)
            (bias: Tensor option)
            (x: Tensor)
            : Tensor =
            Convolutions.convolveTransposed options.Sliding options.Groups weights bias x

        /// The greatest of each window of these sizes; NaN where any is. Equal ones share the derivative equally.
        let maxPool (options: PoolingOptions) (sizes: int list) (x: Tensor) : Tensor =
            Pooling.max options.Sliding sizes x

        /// The greatest of each window, and where it stands (Int64): its number among the positions of the spatial
        /// dimensions in row-major order, the first of equals. `maxUnpool` takes these numbers.
        let maxPoolWithPositions (options: PoolingOptions) (sizes: int list) (x: Tensor) : Tensor * Tensor =
            Pooling.maxWithPositions options.Sliding sizes x

        /// Each element where its position says, in spatial dimensions of these sizes, 0 elsewhere; elements of one place
        /// add up. Positions are numbered as by `maxPoolWithPositions`, separately for all other dimensions.
        /// Throws DimensionException for a position outside, when it runs.
        let maxUnpool (positions: Tensor) (sizes: int list) (x: Tensor) : Tensor = Pooling.unpool positions sizes x

        /// The mean of each window of these sizes.
        /// Throws DTypeException for integers and Bool.
        let averagePool (options: PoolingOptions) (sizes: int list) (x: Tensor) : Tensor =
            Pooling.average options.Sliding options.CountPadding sizes x

        /// The mean over all spatial dimensions, which stay with size 1; of nothing NaN.
        /// Throws DTypeException for integers and Bool.
        let globalAveragePool (x: Tensor) : Tensor = Pooling.wholeAverage x

        /// The greatest over all spatial dimensions, which stay with size 1.
        let globalMaxPool (x: Tensor) : Tensor = Pooling.wholeMax x

        /// As many means along each spatial dimension as are asked for: number i of m is that of elements
        /// ⌊i · n / m⌋ … ⌈(i + 1) · n / m⌉ - 1 of n.
        /// Throws DTypeException for integers and Bool.
        let adaptiveAveragePool (sizes: int list) (x: Tensor) : Tensor = Pooling.adaptiveAverage sizes x

        /// As many greatest elements along each spatial dimension as are asked for, of the parts that
        /// `adaptiveAveragePool` takes.
        let adaptiveMaxPool (sizes: int list) (x: Tensor) : Tensor = Pooling.adaptiveMax sizes x

        /// To these sizes of the spatial dimensions, one dimension after another. Nothing is smoothed where elements are
        /// skipped. PyTorch's `interpolate` is Linear or Cubic with HalfPixel or AlignCorners, its "nearest" is Asymmetric,
        /// its "nearest-exact" HalfPixel.
        /// Throws DTypeException for integers and Bool, unless the nearest element is taken.
        let resize (interpolation: Interpolation) (samples: SamplePoints) (sizes: int list) (x: Tensor) : Tensor =
            Resizing.resize interpolation samples sizes x

        /// Channels become positions: channels c · b₁ · b₂ … are c, and spatial dimension k is bₖ times as large.
        /// Throws ShapeException where blocks do not use up the channels.
        let depthToSpace (order: DepthOrder) (blocks: int list) (x: Tensor) : Tensor =
            Resizing.depthToSpace order blocks x

        /// Positions become channels, the inverse of `depthToSpace`.
        /// Throws ShapeException where blocks do not divide the spatial sizes.
        let spaceToDepth (order: DepthOrder) (blocks: int list) (x: Tensor) : Tensor =
            Resizing.spaceToDepth order blocks x

namespace Functional.FSharp

open Functional

/// Elements less their mean, over √(variance + ε). Variances are of the whole population, from the differences from the
/// mean. Scale and offset are left out where they are None. All throw DTypeException for integers and Bool, ShapeException
/// for parameters that do not fit, ArgumentOutOfRangeException for a negative ε. NaN spreads over what it is normalised
/// with.
[<AutoOpen>]
module NormalisationFunctions =
    /// Normalisation.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// By a mean and a variance for each channel that are at hand, as a trained network does. Channels are the dimension
        /// labelled C, the last one of an unformatted tensor. Scale, offset, mean and variance: [channels].
        let batchNorm epsilon scale offset (mean: Tensor) (variance: Tensor) (x: Tensor) : Tensor =
            Normalising.batch epsilon scale offset mean variance x

        /// By mean and variance of the batch, over all dimensions but the channels (Ioffe and Szegedy, 2015). Returns the
        /// result, and the running mean and variance moved towards those of the batch: r + momentum · (b - r), where
        /// the variance is the unbiased estimate, as in PyTorch. Nothing is changed in place.
        let batchNormTraining epsilon momentum scale offset (mean: Tensor) (variance: Tensor) (x: Tensor) =
            Normalising.batchTraining epsilon momentum scale offset mean variance x

        /// Over these dimensions (all where none is named), each of the others by itself (Ba, Kiros and Hinton, 2016).
        /// Scale and offset have the sizes of these dimensions, in ascending order.
        let layerNorm (dims: int list) epsilon scale offset (x: Tensor) : Tensor =
            Normalising.layer dims epsilon scale offset x

        /// x / √(mean of x² + ε) over these dimensions (all where none is named), times a scale of their sizes (Zhang and
        /// Sennrich, 2019).
        let rmsNorm (dims: int list) epsilon scale (x: Tensor) : Tensor = Normalising.rms dims epsilon scale x

        /// Of each observation, over groups of channels and all dimensions but batch and channels (Wu and He, 2018). The
        /// operand has labels with C. Scale, offset: [channels].
        /// Throws ShapeException where the groups do not divide the channels.
        let groupNorm groups epsilon scale offset (x: Tensor) : Tensor = Normalising.group groups epsilon scale offset x

        /// Each channel of each observation by itself (Ulyanov, Vedaldi and Lempitsky, 2016). The operand has labels with C.
        /// Scale, offset: [channels].
        let instanceNorm epsilon scale offset (x: Tensor) : Tensor = Normalising.instance epsilon scale offset x

        /// x / (k + α · mean of x² over a window of channels)^β, local response normalisation (Krizhevsky, Sutskever and
        /// Hinton, 2012). The window has ⌊(size - 1) / 2⌋ channels before and ⌊size / 2⌋ after; beyond the edges there is 0.
        /// Throws ShapeException for a window of less than one channel.
        let crossChannelNorm size alpha beta k (x: Tensor) : Tensor = Normalising.crossChannel size alpha beta k x

namespace Functional.FSharp

open Functional

/// How a convolution's filters slide. A list has a number for each spatial dimension, or one for all, or none for 1.
type ConvolutionOptions =
    {
        /// How far one window is from the next.
        Stride: int list
        /// How far one position in a window is from the next.
        Dilation: int list
        /// What is added around the operand; of a transposed convolution, what is cut off.
        Padding: Padding
        /// Into how many parts channels and filters are divided; as many as channels: depthwise.
        Groups: int
    }

    /// Stride, dilation and groups of 1, no padding.
    static member Default = { Stride = []; Dilation = []; Padding = Padding.None; Groups = 1 }

    member internal o.Sliding: Sliding = { Stride = o.Stride; Dilation = o.Dilation; Padding = o.Padding }

/// How a pooling's windows slide. A list has a number for each spatial dimension, or one for all.
type PoolingOptions =
    {
        /// How far one window is from the next; none: its size, so that windows do not overlap.
        Stride: int list
        /// How far one position in a window is from the next; none: 1.
        Dilation: int list
        /// What is added around the operand: less than everything for the greatest, 0 for the mean.
        Padding: Padding
        /// Whether padding counts as elements in a mean.
        CountPadding: bool
    }

    /// Windows side by side, no padding.
    static member Default = { Stride = []; Dilation = []; Padding = Padding.None; CountPadding = true }

    member internal o.Sliding: Sliding = { Stride = o.Stride; Dilation = o.Dilation; Padding = o.Padding }

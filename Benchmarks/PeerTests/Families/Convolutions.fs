module Functional.Tests.Peers.Families.Convolutions

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

/// Sizes of one convolution, a number for each spatial dimension.
type private Shape =
    { Channels: int
      Filters: int
      Sizes: int list
      Window: int list
      Stride: int list
      Dilation: int list
      Padding: int list
      Groups: int }

let private format (shape: Shape) = "BC" + String.replicate shape.Sizes.Length "S"

let private options (shape: Shape) =
    { ConvolutionOptions.Default with
        Stride = shape.Stride
        Dilation = shape.Dilation
        Padding = Functional.Padding.Of(Array.ofList shape.Padding)
        Groups = shape.Groups }

let private longs (numbers: int list) = [| for n in numbers -> int64 n |]

let private named kind (shape: Shape) =
    let list (numbers: int list) = numbers |> List.map string |> String.concat "×"
    $"{kind} {list shape.Sizes} by {list shape.Window}, {shape.Channels} → {shape.Filters}, stride {list shape.Stride}, "
    + $"dilation {list shape.Dilation}, padding {list shape.Padding}, groups {shape.Groups}"

let private convolve (shape: Shape) (xs: TorchTensor list) =
    let strides, padding, dilation = longs shape.Stride, longs shape.Padding, longs shape.Dilation
    let groups = int64 shape.Groups
    match shape.Sizes.Length with
    | 1 -> F.conv1d (xs[0], xs[1], xs[2], strides[0], padding[0], dilation[0], groups)
    | 2 -> F.conv2d (xs[0], xs[1], xs[2], strides, padding, dilation, groups)
    | _ -> F.conv3d (xs[0], xs[1], xs[2], strides, padding, dilation, groups)

let private transposed (shape: Shape) (xs: TorchTensor list) =
    let strides, padding, dilation = longs shape.Stride, longs shape.Padding, longs shape.Dilation
    let groups, none = int64 shape.Groups, [| for _ in strides -> 0L |]
    match shape.Sizes.Length with
    | 1 -> F.conv_transpose1d (xs[0], xs[1], xs[2], strides[0], padding[0], 0L, dilation[0], groups)
    | 2 -> F.conv_transpose2d (xs[0], xs[1], xs[2], strides, padding, none, dilation, groups)
    | _ -> F.conv_transpose3d (xs[0], xs[1], xs[2], strides, padding, none, dilation, groups)

let private convolution shape =
    several
        (named "convolution" shape)
        [ normal "x" ([ 2; shape.Channels ] @ shape.Sizes) (format shape)
          normal "w" ([ shape.Filters; shape.Channels / shape.Groups ] @ shape.Window) ""
          normal "b" [ shape.Filters ] "" ]
        (fun xs -> Tensor.convolution (options shape) xs[1] (Some xs[2]) xs[0])
        (convolve shape)

let private transposedConvolution shape =
    several
        (named "transposed" shape)
        [ normal "x" ([ 2; shape.Channels ] @ shape.Sizes) (format shape)
          normal "w" ([ shape.Channels; shape.Filters / shape.Groups ] @ shape.Window) ""
          normal "b" [ shape.Filters ] "" ]
        (fun xs -> Tensor.transposedConvolution (options shape) xs[1] (Some xs[2]) xs[0])
        (transposed shape)

let private plain channels filters sizes window =
    { Channels = channels
      Filters = filters
      Sizes = sizes
      Window = window
      Stride = [ for _ in sizes -> 1 ]
      Dilation = [ for _ in sizes -> 1 ]
      Padding = [ for _ in sizes -> 0 ]
      Groups = 1 }

let private ofOne = plain 4 6 [ 17 ] [ 3 ]
let private ofTwo = plain 4 6 [ 9; 8 ] [ 3; 2 ]
let private ofThree = plain 2 4 [ 5; 6; 4 ] [ 2; 3; 2 ]

let private shapes =
    [ ofOne
      { ofOne with Stride = [ 2 ]; Padding = [ 1 ] }
      { ofOne with Dilation = [ 3 ] }
      { ofOne with Groups = 2; Padding = [ 2 ] }
      ofTwo
      { ofTwo with Stride = [ 2; 3 ]; Padding = [ 1; 1 ] }
      { ofTwo with Dilation = [ 2; 3 ]; Padding = [ 1; 2 ] }
      { ofTwo with Groups = 2 }
      { ofTwo with Filters = 8; Groups = 4; Padding = [ 1; 0 ] }
      { plain 16 16 [ 14; 14 ] [ 3; 3 ] with Padding = [ 1; 1 ] }
      plain 3 5 [ 6; 7 ] [ 1; 1 ]
      ofThree
      { ofThree with Stride = [ 2; 1; 2 ]; Padding = [ 1; 1; 0 ] }
      { ofThree with Dilation = [ 2; 1; 1 ]; Groups = 2 } ]

/// As many results as elements: an even window needs one more after than before.
let private same =
    several
        "convolution, padding same"
        [ normal "x" [ 2; 3; 8; 7 ] "BCSS"; normal "w" [ 4; 3; 4; 3 ] "" ]
        (fun xs ->
            Tensor.convolution { ConvolutionOptions.Default with Padding = Functional.Padding.Same } xs[1] None xs[0])
        (fun xs -> F.conv2d (F.pad (xs[0], [| 1L; 1L; 1L; 2L |]), xs[1]))

let private causal =
    several
        "convolution, padding causal"
        [ normal "x" [ 2; 3; 12 ] "BCT"; normal "w" [ 4; 3; 3 ] "" ]
        (fun xs ->
            let options = { ConvolutionOptions.Default with Padding = Functional.Padding.Causal; Dilation = [ 2 ] }
            Tensor.convolution options xs[1] None xs[0])
        (fun xs -> F.conv1d (F.pad (xs[0], [| 4L; 0L |]), xs[1], null, dilation = 2L))

let private tolerance reason = { Units = 16.; Scale = Greatest; Reason = reason }

let family =
    { Name = "convolution"
      DTypes = floating
      Tolerance =
        tolerance
            "sums of up to 144 products of magnitude 1, and in gradients by weights of up to 400: √k roundings of terms
            against a greatest result of about 3 √k, in another order on either side"
      Configurations = List.map convolution shapes @ [ same; causal ] }

let transposedFamily =
    { Name = "transposed convolution"
      DTypes = floating
      Tolerance = tolerance "as for convolution, whose transpose it is"
      Configurations =
        List.map
            transposedConvolution
            [ ofOne
              { ofOne with Stride = [ 2 ]; Padding = [ 1 ] }
              { ofOne with Dilation = [ 2 ]; Groups = 2 }
              ofTwo
              { ofTwo with Stride = [ 2; 3 ]; Padding = [ 1; 1 ] }
              { ofTwo with Dilation = [ 2; 1 ]; Groups = 2 }
              ofThree
              { ofThree with Stride = [ 2; 1; 2 ]; Padding = [ 1; 1; 0 ] } ] }

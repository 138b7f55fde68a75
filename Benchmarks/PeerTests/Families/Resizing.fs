module Functional.Tests.Peers.Families.Resizing

open System
open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional
type private InterpolationMode = torch.InterpolationMode

/// Larger and smaller.
let private resize interpolation samples mode (corners: Nullable<bool>) (x: Operand) sizes =
    unary
        $"{interpolation}, {samples}, %A{x.Sizes} to %A{sizes}"
        x
        (Tensor.resize interpolation samples sizes)
        (fun x -> F.interpolate (x, [| for n in sizes -> int64 n |], null, mode, corners))

let private signal = normal "signal" [ 2; 3; 7 ] "BCS"
let private image = normal "image" [ 2; 3; 5; 6 ] "BCSS"
let private volume = normal "volume" [ 1; 2; 3; 4; 3 ] "BCSSS"
let private unsaid = Nullable<bool>()

let private nearest =
    [ for x, sizes in [ signal, [ 11 ]; signal, [ 4 ]; image, [ 8; 9 ]; image, [ 3; 4 ]; volume, [ 5; 6; 2 ] ] ->
          resize Interpolation.Nearest SamplePoints.Asymmetric InterpolationMode.Nearest unsaid x sizes ]

let private linear =
    [ for x, mode, sizes in
          [ signal, InterpolationMode.Linear, [ 11 ]
            signal, InterpolationMode.Linear, [ 4 ]
            image, InterpolationMode.Bilinear, [ 8; 9 ]
            image, InterpolationMode.Bilinear, [ 3; 4 ]
            volume, InterpolationMode.Trilinear, [ 5; 6; 2 ] ] do
          resize Interpolation.Linear SamplePoints.HalfPixel mode (Nullable false) x sizes
          resize Interpolation.Linear SamplePoints.AlignCorners mode (Nullable true) x sizes ]

let private cubic =
    [ for sizes in [ [ 8; 9 ]; [ 3; 4 ] ] do
          resize Interpolation.Cubic SamplePoints.HalfPixel InterpolationMode.Bicubic (Nullable false) image sizes
          resize Interpolation.Cubic SamplePoints.AlignCorners InterpolationMode.Bicubic (Nullable true) image sizes ]

let family =
    { Name = "resize"
      DTypes = floating
      Tolerance =
        { Units = 32.
          Scale = Element
          Reason =
            "where a sample lies is computed in Float64 by us, in the data type by them: off by up to 8 ε for a position of 8,
            which is what a weight is off by; and up to 16 products" }
      Configurations = nearest @ linear @ cubic }

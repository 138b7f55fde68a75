module Functional.Tests.Peers.Families.Signals

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

let private parts (z: TorchTensor) = [ z.real; z.imag ]

/// Of pairs of real and imaginary parts.
let private transform name sizes ours (theirs: TorchTensor -> TorchTensor) =
    let operands = [ normal "real" sizes ""; normal "imaginary" sizes "" ]
    toMany
        $"{name} {sizes}"
        operands
        (fun xs -> let struct (re, im) = ours (struct (xs[0], xs[1])) in [ re; im ])
        (fun xs -> parts (theirs (torch.complex (xs[0], xs[1]))))

let private transforms =
    [ for n in [ 1; 2; 8; 12; 17; 64 ] do
          transform "transform" [ n ] (Fourier.fft FourierNorm.Backward 0) (fun z -> torch.fft.fft_ (z, -1L, 0L))
      for sizes in [ [ 3; 10 ]; [ 2; 7 ] ] do
          transform "transform" sizes (Fourier.fft FourierNorm.Ortho 1) (fun z ->
              torch.fft.fft_ (z, -1L, 1L, FFTNormType.Ortho))
          transform "inverse" sizes (Fourier.ifft FourierNorm.Backward 1) (fun z -> torch.fft.ifft (z, -1L, 1L))
          toMany
              $"of real numbers {sizes}"
              [ normal "signal" sizes "" ]
              (fun xs -> let struct (re, im) = Fourier.rfft FourierNorm.Backward 1 xs.Head in [ re; im ])
              (fun xs -> parts (torch.fft.rfft (xs.Head, -1L, 1L)))
      transform "of two dimensions" [ 4; 6 ] (Fourier.fftn FourierNorm.Backward [ 0; 1 ]) (fun z ->
          torch.fft.fftn (z, dim = [| 0L; 1L |])) ]

let private statistics =
    [ for sizes in [ [ 9 ]; [ 10 ] ] do
          unary
              $"quantiles {sizes}"
              (normal "quantile" sizes "")
              (Tensor.quantile QuantileMethod.Linear 0.3 [ 0 ])
              (fun x -> torch.quantile (x, torch.tensor (0.3, dtype = x.dtype), 0L))
      unary "median [3; 7]" (normal "median" [ 3; 7 ] "") (Tensor.median [ 1 ]) (fun x ->
          torch.quantile (x, torch.tensor (0.5, dtype = x.dtype), 1L))
      unary "covariance [12; 3]" (normal "covariance" [ 12; 3 ] "") (Tensor.covariance 1 0) (fun x ->
          torch.cov (x.transpose (0L, 1L)))
      unary "correlation [12; 3]" (normal "covariance" [ 12; 3 ] "") (Tensor.correlation 0) (fun x ->
          torch.corrcoef (x.transpose (0L, 1L))) ]

let family =
    { Name = "signals and statistics"
      DTypes = floating
      Tolerance =
        { Units = 32.
          Scale = Greatest
          Reason = "sums of up to 64 terms, in trees of up to six levels or blocks" }
      Configurations = transforms @ statistics }

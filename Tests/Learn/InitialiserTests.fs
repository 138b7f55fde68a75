module Functional.Tests.Learn.InitialiserTests

open System
open Expecto
open Functional
open Functional.FSharp

let private fanIn, fanOut = 400, 200
let private wide = TensorType(DType.Float64, [ fanIn; fanOut ])

let private drawn (initialiser: Initialiser) (ty: TensorType) seed =
    Tensor.toArray<float>(initialiser.Draw(Generator seed, ty, fanIn, fanOut))

let private mean (xs: float array) = Array.average xs
let private variance (xs: float array) = let m = mean xs in xs |> Array.averageBy (fun x -> (x - m) * (x - m))

/// Mean 0 and a variance, within five standard deviations of what is estimated from n independent draws; `kurtosis` is the
/// fourth moment over the squared variance: 9/5 for uniform draws, 3 for normal ones.
let private hasMoments expected kurtosis (xs: float array) =
    let n = float xs.Length
    Expect.isLessThan (abs (mean xs)) (5. * sqrt (expected / n)) "mean"
    Expect.isLessThan (abs (variance xs - expected)) (5. * expected * sqrt ((kurtosis - 1.) / n)) "variance"

let private uniform (initialiser: Initialiser) bound = test $"{initialiser} fills ±{bound}" {
    let xs = drawn initialiser wide 5UL
    Expect.isTrue (xs |> Array.forall (fun x -> abs x <= bound)) "bounds"
    Expect.isGreaterThan (Array.max xs) (0.999 * bound) "reaches up"
    Expect.isLessThan (Array.min xs) (-0.999 * bound) "reaches down"
    hasMoments (bound * bound / 3.) 1.8 xs
}

let private normal (initialiser: Initialiser) deviation = test $"{initialiser} has deviation {deviation}" {
    let xs = drawn initialiser wide 5UL
    hasMoments (deviation * deviation) 3. xs
    // Beyond three deviations lie 0.27 % of 80,000 draws: 216, with deviation √216 = 15.
    let beyond = xs |> Array.filter (fun x -> abs x > 3. * deviation) |> Array.length
    Expect.isLessThan (abs (beyond - 216)) (5 * 15) "tails"
}

let private scaled =
    [ uniform Initialiser.GlorotUniform (sqrt (6. / 600.))
      uniform Initialiser.HeUniform (sqrt (6. / 400.))
      uniform Initialiser.LeCunUniform (sqrt (3. / 400.))
      uniform (Initialiser.Uniform(-0.5, 0.5)) 0.5
      normal Initialiser.GlorotNormal (sqrt (2. / 600.))
      normal Initialiser.HeNormal (sqrt (2. / 400.))
      normal Initialiser.LeCunNormal (sqrt (1. / 400.))
      normal Initialiser.NarrowNormal 0.01
      normal (Initialiser.Normal 3.) 3. ]

let private exact =
    let value (initialiser: Initialiser) sizes = List.ofArray (drawn initialiser (TensorType(DType.Float64, sizes)) 1UL)

    [ test "constants are what they say" {
          Expect.equal (value Initialiser.Zeros [ 2 ]) [ 0.; 0. ] "zeros"
          Expect.equal (value Initialiser.Ones [ 2 ]) [ 1.; 1. ] "ones"
          Expect.equal (value (Initialiser.Constant 0.25) [ 1; 2 ]) [ 0.25; 0.25 ] "constant"
      }

      test "the forget gate of four is 1" {
          Expect.equal (value Initialiser.UnitForgetGate [ 8 ]) [ 0.; 0.; 1.; 1.; 0.; 0.; 0.; 0. ] "second of four"
          for sizes in [ [ 6 ]; [ 4; 2 ] ] do
              Expect.throwsT<ShapeException> (fun () -> value Initialiser.UnitForgetGate sizes |> ignore) $"{sizes}"
      }

      test "a truncated normal lies within two deviations and has 0.8796 of the deviation" {
          let xs = drawn (Initialiser.TruncatedNormal 0.5) wide 3UL
          Expect.isTrue (xs |> Array.forall (fun x -> abs x <= 1.)) "bounds"
          // Variance of a standard normal within ±2: 1 - 4 φ(2) / (2 Φ(2) - 1) = 0.77374, so the deviation is 0.87963.
          hasMoments (0.25 * 0.7737413) 2.2 xs
          // Within one deviation lies (2 Φ(1) - 1) / (2 Φ(2) - 1) = 71.52 % of 80,000: 57,218, with deviation 128.
          let inner = xs |> Array.filter (fun x -> abs x < 0.5) |> Array.length
          Expect.isLessThan (abs (inner - 57218)) (5 * 128) "inner"
      }

      for sizes in [ [ 7; 3 ]; [ 3; 7 ]; [ 5; 5 ]; [ 4; 3; 5 ]; [ 12; 2; 3 ] ] do
          test $"orthogonal %A{sizes} has orthonormal rows or columns" {
              let rows = List.head sizes
              let columns = List.fold (*) 1 (List.tail sizes)
              let q = drawn (Initialiser.Orthogonal 3.) (TensorType(DType.Float64, sizes)) 2UL
              let at r c = q[r * columns + c]

              let dot a b =
                  if rows <= columns then
                      Seq.sum (seq { for c in 0 .. columns - 1 -> at a c * at b c })
                  else
                      Seq.sum (seq { for r in 0 .. rows - 1 -> at r a * at r b })

              for a in 0 .. min rows columns - 1 do
                  for b in 0 .. min rows columns - 1 do
                      // Householder's method in Float64: about 10 roundings of 1e-16 each, times 9.
                      Expect.isLessThan (abs (dot a b - (if a = b then 9. else 0.))) 1e-13 $"{a}, {b}"
          }

      test "orthogonal matrices are uniform: a rotation's angle takes all values, a reflection is as likely" {
          let q seed = drawn (Initialiser.Orthogonal 1.) (TensorType(DType.Float64, [ 2; 2 ])) seed
          let all = [| for seed in 1UL .. 2000UL -> q seed |]
          let reflections = all |> Array.filter (fun q -> q[0] * q[3] - q[1] * q[2] < 0.) |> Array.length
          Expect.isLessThan (abs (reflections - 1000)) (5 * 23) "half of 2,000, deviation √500"
          let quarter = all |> Array.filter (fun q -> q[0] > 0. && q[1] > 0.) |> Array.length
          Expect.isLessThan (abs (quarter - 500)) (5 * 20) "a quarter of 2,000, deviation √375"
      } ]

let private useTests =
    [ test "the same seed gives the same numbers, wherever the current generator is" {
          for initialiser in [ Initialiser.GlorotUniform; Initialiser.Orthogonal 1.; Initialiser.TruncatedNormal 1. ] do
              let before = Generator.Current.Position
              let ty = TensorType(DType.Float64, [ 4; 3 ])
              Expect.equal (drawn initialiser ty 1UL) (drawn initialiser ty 1UL) "same seed"
              Expect.notEqual (drawn initialiser ty 1UL) (drawn initialiser ty 2UL) "other seed"
              Expect.equal Generator.Current.Position before "current generator"
      }

      test "every initialiser gives the type that it is asked for, also empty" {
          for initialiser in
              [ Initialiser.Zeros
                Initialiser.HeNormal
                Initialiser.Orthogonal 1.
                Initialiser.TruncatedNormal 1. ] do
              for sizes in [ [ 2; 3 ]; [ 0; 3 ]; [ 3; 0 ] ] do
                  let ty = TensorType(DType.Float32, sizes, Format.Parse "CU")
                  Expect.equal (initialiser.Draw(Generator 1UL, ty, 1, 1)).Type ty $"{initialiser} %A{sizes}"
      }

      test "integers and impossible fans are refused" {
          let draw dtype fan () = Initialiser.Zeros.Draw(Generator 1UL, TensorType(dtype, [ 1 ]), fan, 1) |> ignore
          Expect.throwsT<DTypeException> (draw DType.Int32 1) "integers"
          Expect.throwsT<ArgumentOutOfRangeException> (draw DType.Float32 0) "fan"
          Expect.throwsT<ShapeException>
              (fun () -> drawn (Initialiser.Orthogonal 1.) (TensorType(DType.Float64, [ 3 ])) 1UL |> ignore)
              "vector"
      }

      test "impossible numbers are refused" {
          for make in
              [ fun () -> Initialiser.Normal 0.
                fun () -> Initialiser.Normal nan
                fun () -> Initialiser.Orthogonal -1.
                fun () -> Initialiser.TruncatedNormal infinity
                fun () -> Initialiser.Constant nan
                fun () -> Initialiser.Uniform(0., infinity) ] do
              Expect.throwsT<ArgumentOutOfRangeException> (make >> ignore) "number"
      }

      test "text names an initialiser, both ways" {
          for initialiser in
              [ Initialiser.Zeros
                Initialiser.GlorotUniform
                Initialiser.UnitForgetGate
                Initialiser.NarrowNormal
                Initialiser.Constant -1e-30
                Initialiser.Uniform(-0.1, 0.30000000000000004)
                Initialiser.Orthogonal 1.5 ] do
              let parsed = Initialiser.Parse(string initialiser)
              Expect.equal parsed initialiser $"{initialiser}"
              let ty = TensorType(DType.Float64, [ 4 ])
              if string initialiser <> "Orthogonal(1.5)" then
                  Expect.equal (drawn parsed ty 1UL) (drawn initialiser ty 1UL) "the same draws"
          for text in [ ""; "Glorot"; "Normal"; "Normal(x)"; "Normal(1"; "Zeros(1)"; "Uniform(1)" ] do
              Expect.throwsT<FormatException> (fun () -> Initialiser.Parse text |> ignore) text
      }

      test "Dense takes its initialisers" {
          let layer = Dense(50, Initialiser.HeNormal, Initialiser.Constant 0.5)
          Generator.Current <- Generator 8UL
          let dense = layer.Initialize(Layout.Of("BC", Nullable(), 100)) :?> Dense
          let expected = Initialiser.HeNormal.Draw(Generator 8UL, TensorType(DType.Float32, [ 100; 50 ]), 100, 50)
          Expect.isTrue (Structure.HasSameBits(nonNull dense.Weights, expected)) "weights"
          Expect.allEqual (Tensor.toArray<float32>(nonNull dense.Bias)) 0.5f "bias"
      } ]

let tests = testList "Initialiser" (scaled @ exact @ useTests)

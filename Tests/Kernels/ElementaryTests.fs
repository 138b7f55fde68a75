module Functional.Tests.Kernels.ElementaryTests

open System
open Expecto
open Functional
open Functional.FSharp

let private expm1 a =
    if abs a < 1e-5 then a * (1. + a / 2. + a * a / 6.)
    elif abs a < 1. then 2. * sinh (a / 2.) * exp (a / 2.)
    else exp a - 1.

let private log1p a =
    if a = 0. then a
    elif abs a < 0.5 then 2. * Math.Atanh(a / (2. + a))
    else log (1. + a)

let private erf a = if a = 0. then a else MathNet.Numerics.SpecialFunctions.Erf a

/// The stated bounds, in units in the last place of a Float32.
let private stated: (string * Formula * (float -> float) * float) list =
    let sigmoid =
        match Activations.sigmoid.Kernel with
        | Map formula -> formula
        | _ -> invalidOp "no formula"
    [ "Sigmoid", sigmoid, (fun x -> 1. / (1. + exp -x)), 3.
      for scalar, exact, bound in
          [ Exp, exp, 1.
            Log, log, 1.
            Tanh, tanh, 3.
            Erf, erf, 7.
            Sin, sin, 2.
            Cos, cos, 2.
            Expm1, expm1, 2.
            Log1p, log1p, 1. ] do
          string scalar, Apply(scalar, [ Arg 0 ]), exact, bound ]

/// Distance in units in the last place, infinite where the class is another.
let private distance (actual: float32) (exact: float) =
    let nearest = float32 exact
    if Single.IsNaN actual || Double.IsNaN exact then
        if Single.IsNaN actual && Double.IsNaN exact then 0. else infinity
    elif actual = nearest then
        if actual = 0f && Single.IsNegative actual <> Single.IsNegative nearest then infinity else 0.5
    elif Single.IsInfinity nearest && Single.IsFinite actual then
        // Exact is beyond the largest number by less than half a unit, or the result is wrong.
        (abs exact - float (abs actual)) / 2.028e31
    elif Single.IsInfinity actual then
        (3.4028235677973366e38 - abs exact) / 2.028e31
    else
        let size = abs nearest
        let below = float size - float (MathF.BitDecrement size)
        abs (float actual - exact) / (if size = 0f then 1.4e-45 else below)

/// The greatest distance over every `step`-th of all Float32 numbers, and where it is.
let private worst formula (exact: float -> float) (step: int64) =
    let room = 1 <<< 16
    let x, y = Array.zeroCreate<float32> room, Array.zeroCreate<float32> room
    let kernel = LoopKernel.Of(Loops.map 1 [ DType.Float32 ] formula)
    let bound = kernel.Bind([| room |], [| [| 1 |] |], [| [| 1 |] |])
    let block data : Block = { Data = data; Offset = 0; Strides = [| 1 |] }
    let mutable worst, at = 0., 0f
    for first in 0L .. step * int64 room .. (1L <<< 32) - 1L do
        for k in 0 .. room - 1 do
            x[k] <- BitConverter.UInt32BitsToSingle(uint32 (first + step * int64 k))
        bound.Run [| block x; block y |]
        for k in 0 .. room - 1 do
            let d = distance y[k] (exact (float x[k]))
            if d > worst then
                worst <- d
                at <- x[k]
    worst, at

/// Prints the greatest error of each function, or of those named, over all Float32 numbers.
let exhaustive names =
    for name, formula, exact, bound in stated do
        if List.isEmpty names || List.contains name names then
            let d, at = worst formula exact 1L
            printfn $"{name}: %.3f{d} ulp at {at}; stated {bound}"

let private sampled =
    [ for name, formula, exact, bound in stated do
          testCase $"{name} of Float32 is within {bound} ulp" (fun () ->
              let d, at = worst formula exact 4093L
              Expect.isLessThanOrEqual d bound $"worst at {at}") ]

/// Math's functions are within 1 ulp themselves, which is added to the bound.
let private doubles =
    [ for f, exact, bound in [ Exp, exp, 2.; Log, log, 2.; Tanh, tanh, 4.; Sin, sin, 2.; Cos, cos, 2. ] do
          testCase $"{f} of Float64 is within {bound} ulp of Math's" (fun () ->
              let random = Functional.Tests.Seed.random (string f) 0
              let x =
                  Array.init 100000 (fun k ->
                      match k % 4 with
                      | 0 -> random.NextDouble() * 2. - 1.
                      | 1 -> random.NextDouble() * 1500. - 750.
                      | 2 -> BitConverter.Int64BitsToDouble(random.NextInt64() <<< 1)
                      | _ -> Math.Exp(random.NextDouble() * 60. - 40.))
              let y = Array.zeroCreate<float> x.Length
              let kernel = LoopKernel.Of(Loops.map 1 [ DType.Float64 ] (Apply(f, [ Arg 0 ])))
              let block data : Block = { Data = data; Offset = 0; Strides = [| 1 |] }
              kernel.Bind([| x.Length |], [| [| 1 |] |], [| [| 1 |] |]).Run [| block x; block y |]
              for k in 0 .. x.Length - 1 do
                  let e = exact x[k]
                  if Double.IsFinite e && Double.IsFinite y[k] then
                      let ulp = Math.BitIncrement(abs e) - abs e
                      if abs (y[k] - e) > bound * ulp then failtest $"{f} {x[k]} = {y[k]}, not {e}"
                  elif not (Double.IsNaN e && Double.IsNaN y[k]) && e <> y[k] then
                      failtest $"{f} {x[k]} = {y[k]}, not {e}") ]

/// What is 1 less it, times x, grows with x where it is not.
let private saturated =
    testCase "erf of Float32 is 1 in the distance" (fun () ->
        let far = Tensor.create [ 5 ] "" [| 4f; 88f; infinityf; -4f; -1e30f |]
        Expect.equal (Tensor.toArray<float32>(Tensor.erf far)) [| 1f; 1f; 1f; -1f; -1f |] "")

let tests = testList "elementary functions" (saturated :: sampled @ doubles)

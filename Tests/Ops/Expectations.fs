/// What tests of ops compare with: elements, typed errors, central differences.
module Functional.Tests.Expectations

open System
open Expecto
open Functional
open Functional.FSharp

let float64 (sizes: int list) (data: float list) = Tensor.create<float> sizes "" (Array.ofList data)
let int64s (sizes: int list) (data: int64 list) = Tensor.create<int64> sizes "" (Array.ofList data)
let bools (data: bool list) = Tensor.create<bool> [ data.Length ] "" (Array.ofList data)

/// 0, 1, 2, … in these sizes.
let counting (sizes: int list) = float64 sizes [ for k in 0 .. List.fold (*) 1 sizes - 1 -> float k ]

let elements (x: Tensor) = List.ofArray (Tensor.toArray<float> x)
let wholes (x: Tensor) = List.ofArray (Tensor.toArray<int64> x)
let sizes (x: Tensor) = List.ofSeq x.Shape

let hasElements expected (x: Tensor) message = Expect.equal (elements x) expected message
let hasWholes expected (x: Tensor) message = Expect.equal (wholes x) expected message

/// A typed error that names the op and contains this text.
let refuses<'E when 'E :> FunctionalException> op (text: string) (f: unit -> Tensor) =
    let failure =
        try
            let result = f ()
            failtest $"{op} gave {result.Type}"
        with :? 'E as e ->
            e

    Expect.equal failure.Op op "the op that refused"
    Expect.stringContains failure.Message text "its message"

let private total (x: Tensor) = Tensor.sum [ 0 .. x.Rank - 1 ] x

/// The slopes of the sum of an uneven function of f's elements, from `grad` and by central differences.
let private slopes (f: Tensor -> Tensor) (x: Tensor) =
    let loss (x: Tensor) = let y = f x in total (sin (y * 0.7) + 0.1 * y * y)
    let value data = elements (loss (Tensor.create<float> x.Shape x.Format.Labels data)) |> List.head
    let data, h = Tensor.toArray<float> x, 1e-5
    let nudged k d = value (Array.updateAt k (data[k] + d) data)
    elements (grad loss x), [ for k in 0 .. data.Length - 1 -> (nudged k h - nudged k -h) / (2. * h) ]

let private alike (actual: float list) (expected: float list) message =
    Expect.equal actual.Length expected.Length message
    for a, e in List.zip actual expected do
        Expect.isLessThan (abs (a - e)) (1e-6 * (1. + abs e)) $"{message}: {a}, not {e}"

/// First and second derivatives agree with central differences.
let differentiates (f: Tensor -> Tensor) (x: Tensor) =
    slopes f x ||> alike <| "the gradient"
    let once x = grad (fun x -> let y = f x in total (sin (y * 0.7) + 0.1 * y * y)) x
    slopes once x ||> alike <| "the gradient of the gradient"

/// A layer passes all of CheckLayer on such inputs, without a warning.
let passesEveryCheck (layer: ILayer) (inputs: Layout list) =
    let report = Functional.Properties.CheckLayer.Run(layer, Array.ofList inputs)
    Expect.equal (report.Failed, report.Warnings) (0, 0) $"{report}"

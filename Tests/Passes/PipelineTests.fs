/// Passes keep the meaning of a trace.
module Functional.Tests.Passes.PipelineTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

let private draw: Draw = { Key = 7UL; Position = 3UL }
let private blocks inputs = [| for t in inputs -> (Execute.blockOf t).Value |]

let private run (trace: Trace) (inputs: Tensor list) : Result<Tensor list, exn> =
    Compare.attempt (fun () ->
        let results = Steps(trace).Run(draw, blocks inputs)
        [ for v, block in Seq.zip trace.Outputs results -> Direct.Tensor(trace.TypeOf v, block) ])

let private trace (f: Tensor list -> Tensor list) inputs = traceOf f inputs

/// What a pass breaks, if anything.
let private broken (pass: Pass) before inputs expected =
    let after, _ = pass.Run before

    match Verify.faults after with
    | [] ->
        Compare.outcomes expected (run after inputs)
        |> Option.map (fun problem -> $"{problem} in {Print.text after}")
    | faults -> Some $"no program: %A{faults}"
    |> Option.map (fun problem -> $"{pass.Name} of {Print.text before}: {problem}")

let private keepsMeaning (f: Tensor list -> Tensor list) inputs =
    match Compare.attempt (fun () -> trace f inputs) with
    | Error e -> Verdict.Silent e.Message
    | Ok recorded ->
        let expected = run recorded inputs
        let each = Pipeline.passes false |> List.tryPick (fun pass -> broken pass recorded inputs expected)

        let whole =
            Pipeline.passes false
            |> List.scan (fun (t: Trace) pass -> fst (pass.Run t)) recorded
            |> List.zip (Pipeline.passes false @ [ Pipeline.drop ])
            |> List.tryPick (fun (pass, t) -> broken pass t inputs expected)

        match each |> Option.orElse whole with
        | Some problem -> Verdict.Fails problem
        | None -> Verdict.Holds

let private onPrograms name change =
    Seed.law name 300 0.5 (fun random ->
        let program = Generate.program 8 random
        keepsMeaning (change (RandomProgram.run program)) (RandomProgram.inputs program))

let private withGradient f xs = let ys, gradient = Functions.withGradient f xs in ys @ gradient

let private long =
    testList
        "100,000 instructions"
        [ test "of arithmetic" {
              let step (y: Tensor) k = if k % 3 = 0 then y * 1. else y + float (k % 7)
              let recorded = trace (fun xs -> [ List.fold step xs[0] [ 1..100_000 ] ]) [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.equal recorded.Instructions.Length 100_000 "recorded"
              Expect.isLessThan better.Instructions.Length 70_000 "better"
          }
          test "of which one is left" {
              let recorded = trace (fun xs -> [ List.fold (fun y _ -> -y) xs[0] [ 1..100_001 ] ]) [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 1 "better"
          }
          test "of views" {
              let x = Tensor.create [ 2; 3 ] "" [| 1f .. 6f |]
              let turn (y: Tensor) = Define.apply (Movement.permute [ 1; 0 ]) [ y ]
              let recorded = trace (fun xs -> [ List.fold (fun y _ -> turn y) xs[0] [ 1..100_000 ] ]) [ x ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 0 "better"
          } ]

let private draws = test "draws keep their ordinals" {
    let f (xs: Tensor list) =
        let draw () = Uniform.draw xs[0].Interpreter xs[0].Type
        let a, b, c, d = draw (), draw (), draw (), draw ()
        [ Elementwise.lift Where [ Movement.constant a.Interpreter (TensorType(DType.Bool, [ 2 ])) 0.; a + c; b ]
          d ]
    let x = Tensor.create [ 2 ] "" [| 1f; 2f |]
    let recorded = trace f [ x ]
    let better, _ = Pipeline.run false recorded
    let ordinals (t: Trace) =
        [ for i in t.Instructions do
              if i.Op.Name = "Uniform" then i.Draw ]
    Expect.equal (ordinals recorded, ordinals better) ([ 0; 1; 2; 3 ], [ 1; 3 ]) "draws"
    Expect.equal better.Draws 4 "draws of a run"
    Expect.equal (Compare.outcomes (run recorded [ x ]) (run better [ x ])) None "values"
}

let private folding =
    testList
        "constants"
        [ test "numbered positions are one constant" {
              let f (xs: Tensor list) = [ xs[0] + Scans.iota xs[0] DType.Float32 3 ]
              let recorded = trace f [ Tensor.create [ 3 ] "" [| 1f; 2f; 3f |] ]
              let better, _ = Pipeline.run false recorded
              Expect.equal better.Instructions.Length 1 (Print.text better)
          }
          test "large ones are not made" {
              let f (xs: Tensor list) = [ xs[0] + Scans.iota xs[0] DType.Float32 300_000 ]
              let recorded = trace f [ Tensor.scalar 1f ]
              let better, _ = Pipeline.run false recorded
              Expect.isTrue (better.Constants |> Array.forall (fun c -> c.Count < 300_000)) (Print.text better)
          }
          test "an error is the call's" {
              let f (xs: Tensor list) =
                  let table = Movement.constant xs[0].Interpreter (TensorType(DType.Float32, [ 3 ])) 1.
                  let outside = Movement.constant xs[0].Interpreter (TensorType(DType.Int32, [ 2 ])) 7.
                  [ xs[0] + Define.apply (Gathering.gather 0) [ table; outside ] ]
              let x = Tensor.create [ 2 ] "" [| 1f; 2f |]
              let better, _ = Pipeline.run false (trace f [ x ])
              Expect.throwsT<DimensionException> (fun () -> Steps(better).Run(draw, blocks [ x ]) |> ignore) "run"
          } ]

let private some seed sizes =
    let random = System.Random(seed: int)
    Tensor.create<float32> sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))

let private narrowing = test "a constant that repeats its elements is held once" {
    let bias = some 1 [ 5 ]
    let x = some 2 [ 40; 5 ]
    for name, f in
        [ "rows", (fun (x: Tensor) -> x + bias)
          "columns", (fun x -> x * Tensor.reshape [ 40; 1 ] (some 3 [ 40 ]))
          "one number", (fun x -> x - Tensor.broadcastTo [ 40; 5 ] (some 4 [ 1 ]))
          "used twice", (fun x -> let b = Tensor.broadcastTo [ 40; 5 ] bias in (x + b) * b)
          "none", (fun x -> x + some 5 [ 40; 5 ]) ] do
        let recorded = trace (fun xs -> [ f xs[0] ]) [ x ]
        let narrowed, fired = Narrow.run recorded
        Expect.equal (broken Pipeline.narrow recorded [ x ] (run recorded [ x ])) None name
        Expect.equal fired.IsEmpty (name = "none") name
        let better, _ = Pipeline.run false recorded
        if name <> "none" then
            Expect.all better.Constants (fun c -> c.Count <= 40) $"{name}: {Print.text better}"
            Expect.equal (Compare.outcomes (run recorded [ x ]) (run narrowed [ x ])) None name
}

let private cropping =
    let crops name isCropped f inputs = test name {
        let recorded, _ = Pipeline.canonicalise.Run(trace f inputs)
        let recorded, _ = Drop.run recorded
        let cropped, fired = Crop.run recorded
        Expect.equal (not fired.IsEmpty) isCropped $"{name}: {Print.text recorded}"
        Expect.equal (broken Pipeline.crop recorded inputs (run recorded inputs)) None name
        let work (t: Trace) =
            let left, _ = Drop.run t
            left.Instructions
            |> Seq.filter (fun i -> i.Op.Kernel.IsConvolve)
            |> Seq.sumBy (fun i -> i.Results[0].Count)
        if isCropped then Expect.isLessThan (work cropped) (work recorded) $"{name}: fewer results"
    }
    let images = Tensor.withFormat "BCSS" (some 6 [ 3; 2; 11; 12 ])
    let filters = some 7 [ 4; 2; 3; 2 ]
    let convolve options (xs: Tensor list) = Tensor.convolution options xs[1] None xs[0]
    let usual = ConvolutionOptions.Default
    let part ranges (y: Tensor) = Define.apply (Movement.slice ranges) [ y ]
    let inputs = [ images; filters ]
    testList
        "a part of a convolution is the convolution of a part"
        [ crops
              "of the positions"
              true
              (fun xs -> [ part [ 0, 1, 3; 0, 1, 4; 2, 1, 5; 1, 1, 9 ] (convolve usual xs) ])
              inputs
          crops
              "every other position"
              true
              (fun xs -> [ part [ 0, 1, 3; 0, 1, 4; 1, 2, 4; 0, 3, 3 ] (convolve usual xs) ])
              inputs
          crops
              "some of the images"
              true
              (fun xs -> [ part [ 0, 2, 2; 0, 1, 4; 0, 1, 9; 0, 1, 11 ] (convolve usual xs) ])
              inputs
          crops
              "strides and dilations"
              true
              (fun xs ->
                  let options = { usual with Stride = [ 2; 1 ]; Dilation = [ 2; 3 ] }
                  [ part [ 0, 1, 3; 0, 1, 4; 1, 1, 3; 2, 3, 2 ] (convolve options xs) ])
              inputs
          crops
              "not of the channels"
              false
              (fun xs -> [ part [ 0, 1, 3; 1, 1, 2; 0, 1, 9; 0, 1, 11 ] (convolve usual xs) ])
              inputs
          crops
              "not backwards"
              false
              (fun xs -> [ part [ 0, 1, 3; 0, 1, 4; 8, -1, 9; 0, 1, 11 ] (convolve usual xs) ])
              inputs
          crops
              "not where the rest is read, too"
              false
              (fun xs -> let y = convolve usual xs in [ part [ 0, 1, 3; 0, 1, 4; 2, 1, 5; 1, 1, 9 ] y; y ])
              inputs
          crops
              "not where two parts are read"
              false
              (fun xs ->
                  let y = convolve usual xs
                  [ part [ 0, 1, 3; 0, 1, 4; 2, 1, 5; 1, 1, 9 ] y; part [ 0, 1, 3; 0, 1, 4; 0, 1, 5; 0, 1, 9 ] y ])
              inputs
          test "what a gradient leaves of the padding is all that is computed" {
              let options = { usual with Padding = Padding.Same }
              let f = withGradient (fun xs -> [ convolve options xs ])
              let better, _ = Pipeline.run false (trace f inputs)
              let padded =
                  [ for i in better.Instructions do
                        if i.Op.Name = "Pad" then List.ofArray i.Results[0].Sizes ]
              // A window of three by two reaches two rows and one column beyond what it starts from.
              Expect.all padded (fun sizes -> sizes[2..] = [ 13; 13 ]) $"%A{padded}"
          } ]

let private verified = test "a wrong pass is seen" {
    let recorded = trace (fun xs -> [ xs[0] * 2. - xs[1] ]) [ Tensor.scalar 1f; Tensor.scalar 3f ]
    let wrong (t: Trace) =
        { t with
            Instructions = t.Instructions |> Array.map (fun i -> { i with Operands = Array.rev i.Operands }) }
    let pass = { Name = "wrong"; Run = fun t -> wrong t, [] }
    let inputs = [ Tensor.scalar 1f; Tensor.scalar 3f ]
    Expect.isSome (broken pass recorded inputs (run recorded inputs)) "the difference"
}

let tests =
    testList
        "Pipeline"
        [ onPrograms "each pass keeps the meaning of a program" id
          onPrograms "each pass keeps the meaning of a gradient" withGradient
          long
          draws
          folding
          narrowing
          cropping
          verified ]

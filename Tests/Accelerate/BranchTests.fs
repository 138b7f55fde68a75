module Functional.Tests.Accelerate.BranchTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties

let private f64 (values: float list) = Tensor.create [ values.Length ] "" (Array.ofList values)

let private options = { AccelerateOptions.Default with Governed = false }

/// Calls a function directly and accelerated on the same inputs and draws, and compares to the bit; the accelerated function.
let private agreeWith options (f: 'T -> 'R) (calls: 'T list) =
    let run (f: 'T -> 'R) =
        Generator.Current <- Generator 7UL
        let results = [ for x in calls -> f x ]
        results, Generator.Current.Position

    let fast = accelerateWith options f
    let direct, drawn = run f
    let accelerated, drawnToo = run fast.Invoke

    for k, (d, a) in List.indexed (List.zip direct accelerated) do
        Expect.isNone (Compare.difference d a) $"call {k}"

    Expect.equal drawnToo drawn "draws taken"
    fast

let private agree f calls = agreeWith options f calls

let private random = System.Random 3
let private values count = [ for _ in 1..count -> f64 [ random.NextDouble() * 8. - 4.; random.NextDouble() * 8. - 4. ] ]

let private isTrue (x: Tensor) = Tensor.toScalar<bool> x

/// √a by Newton's iteration, as long as it changes much.
let private newton (a: Tensor) =
    let mutable x = a + 1.
    while isTrue (Tensor.any [] (abs (x * x - a) .> 1e-6)) do
        x <- 0.5 * (x + a / x)
    x

let private bisection (a: Tensor) =
    let mutable low, high = 0. * a, a + 1.
    while isTrue (Tensor.max [] (high - low) .> 1e-2) do
        let middle = 0.5 * (low + high)
        let isBelow = middle * middle .< a
        low <- Tensor.where isBelow middle low
        high <- Tensor.where isBelow high middle
    low

/// A uniform draw from the upper half.
let private rejection (x: Tensor) =
    let mutable u = Tensor.uniformLike x
    while isTrue (Tensor.any [] (u .< 0.5)) do
        u <- Tensor.where (u .< 0.5) (Tensor.uniformLike x) u
    x + u

let private scalar (x: float) = Tensor.create [] "" [| x |]

/// How many paths calls on these numbers take, each of which agrees with the direct call.
let private paths f (xs: float list) = (agree f (List.map scalar xs)).TracesMade

/// A guard compares what the host saw, and nothing else of the number.
let private sights =
    testList
        "what the host saw of a number"
        [ test "an integer, cut off" {
              let f (x: Tensor) = x * float (Tensor.op_Explicit x: int)
              Expect.equal (paths f [ 2.1; 2.9; 2.; 2.5 ]) 1L "2"
              Expect.equal (paths f [ -0.5; 0.5; 0.; -0. ]) 1L "0, from both sides"
              Expect.equal (paths f [ 2.9; 3.; 2.; 3.9 ]) 2L "2 and 3"
              Expect.equal (paths f [ 1e10; 1e20; infinity ]) 1L "the greatest integer"
          }

          test "a long integer" {
              let f (x: Tensor) = x * float (Tensor.op_Explicit x: int64)
              Expect.equal (paths f [ 1e10; 1e10 + 0.5; 1e11 ]) 2L "paths"
          }

          test "a bool" {
              let f (x: Tensor) = if Tensor.op_Explicit x then x + 1. else x - 1.
              Expect.equal (paths f [ 1.; -3.; nan; infinity ]) 1L "whatever is not 0"
              Expect.equal (paths f [ 0.; -0.; 2. ]) 2L "0, whatever its sign, and not 0"
          }

          test "a float, to the bit" {
              let f (x: Tensor) = x * (Tensor.op_Explicit x: float)
              Expect.equal (paths f [ 1.; Math.BitIncrement 1.; 1. ]) 2L "neighbours"
              Expect.equal (paths f [ 0.; -0. ]) 2L "both zeros"
          }

          test "a float in single precision" {
              let f (x: Tensor) = x * float (Tensor.op_Explicit x: float32)
              Expect.equal (paths f [ 1.; Math.BitIncrement 1. ]) 1L "what is lost is not seen"
          }

          test "a loop that counts in integers" {
              let f (x: Tensor) =
                  let mutable y = x
                  for _ in 1 .. Tensor.op_Explicit x do
                      y <- y * x
                  y

              Expect.equal (paths f [ 3.2; 3.7; 3.99; 4.1 ]) 2L "three rounds, four rounds"
          }

          test "a loop on a condition" {
              let f (x: Tensor) =
                  let mutable y = x
                  while Tensor.op_Explicit (y .> 0.) do
                      y <- y - 1.
                  y

              Expect.equal (paths f [ 2.1; 2.9; 2.5; 3.5 ]) 2L "three rounds, four rounds"
          }

          test "the same number read in two ways" {
              let f (x: Tensor) =
                  let n: int = Tensor.op_Explicit x
                  if n > 2 then x * (Tensor.op_Explicit x: float) else x

              Expect.equal (paths f [ 1.1; 1.9; 3.1; 3.1; 3.2 ]) 3L "1, and two numbers beyond 3"
          } ]

let private guards =
    testList
        "guards"
        [ test "a condition" {
              let f (x: Tensor) = if isTrue (Tensor.sum [] x .> 0.) then 10. * x else -x
              let fast = agree f (values 40)
              Expect.equal (fast.TracesMade, fast.Count, fast.Traces.Count) (2L, 1, 2) "two paths of one signature"
          }

          test "nested conditions, and early return" {
              let f (x: Tensor) =
                  if isTrue (Tensor.max [] x .< 0.) then
                      x
                  else
                      let y = x * x
                      if isTrue (Tensor.sum [] y .> 8.) then
                          if isTrue (Tensor.sum [] x .> 0.) then sqrt y else y - x
                      else
                          exp x

              let fast = agree f (values 60)
              Expect.equal fast.TracesMade 4L "paths"
          }

          test "Newton's iteration" {
              let fast = agree newton (values 40 |> List.map (fun x -> x * x))
              Expect.isGreaterThan fast.Hits 20L "most calls find their path"
          }

          test "bisection" { agree bisection (values 40 |> List.map (fun x -> x * x)) |> ignore }
          test "rejection sampling" { agree rejection (values 60) |> ignore }

          test "a condition on a draw" {
              let f (x: Tensor) =
                  let u = Tensor.uniformLike x
                  if isTrue (Tensor.sum [] u .> 1.) then x + u else x * Tensor.uniformLike x - u

              let fast = agree f (values 40)
              Expect.equal fast.TracesMade 2L "paths"
          }

          test "a branch inside a gradient" {
              let f (x: Tensor) =
                  x
                  |> grad (fun x ->
                      if isTrue (Tensor.sum [] x .> 0.) then Tensor.sum [] (x * tanh x) else Tensor.sum [] (x * x * x))

              let fast = agree f (values 40)
              Expect.equal fast.TracesMade 2L "paths"
          }

          test "the branch decides on the shape of the result" {
              let f (x: Tensor) = if isTrue (Tensor.sum [] x .> 0.) then Tensor.sum [] x else x
              agree f (values 20) |> ignore
          }

          test "the branch decides on the structure of the result" {
              let f (x: Tensor) = if isTrue (Tensor.sum [] x .> 0.) then [ x; x + 1. ] else []
              agree f (values 20) |> ignore
          }

          test "a number, an index and whole arrays are read" {
              let number (x: Tensor) = x * (1. + round (float (Tensor.max [] (Tensor.Round x))))
              let index (x: Tensor) = x * float (int (Tensor.argmax 0 x))
              let whole (x: Tensor) = x + Array.sum (Tensor.toArray<float>(Tensor.Round x))

              for f in [ number; index; whole ] do
                  agree f (values 60) |> ignore
          }

          test "text is read" {
              let f (x: Tensor) = string (x .> 0.), x * x
              let fast = agree f (values 40)
              Expect.equal fast.TracesMade 4L "a path for each text"
              let inputs = accelerateWith options (fun (x: Tensor) -> string x)
              Expect.equal (inputs.Invoke(f64 [ 1. ])) (string (f64 [ 1. ])) "the text of an input"
              Expect.equal (inputs.Invoke(f64 [ 2. ])) (string (f64 [ 2. ])) "of another"
          }

          test "a second read of the same value is no second guard" {
              let mutable reads = 0

              let f (x: Tensor) =
                  let sum = Tensor.sum [] x
                  for _ in 1..5 do
                      if float sum > 0. then reads <- reads + 1
                  sum + 1.

              let x = Tensor.create [ 2 ] "" [| 1.; 2. |]
              let reading =
                  Tracing.record "f" [ x ] (fun inputs -> f inputs.Head) (fun tracer y -> snd (tracer.Call [ y ]))
              Expect.hasLength reading 1 "guards"
          }

          test "work done for a guard is not done again" {
              let f (x: Tensor) =
                  let y = exp (x * x)
                  if isTrue (Tensor.sum [] y .> 10.) then y + 1. else y * y

              let fast = agree f (values 40)
              // exp is in the stretch before the guard only: the last stretch takes its result.
              let x = f64 [ 1.; 2. ]
              let trace, reads =
                  Tracing.record "f" [ x ] (fun inputs -> f inputs.Head) (fun tracer y -> tracer.Call [ y ])
              Expect.hasLength reads 1 "reads"
              let before = trace.Instructions[.. reads.Head.After - 1] |> Array.map _.Op.Name
              let after = trace.Instructions[reads.Head.After ..] |> Array.map _.Op.Name
              Expect.contains before "Exp" "before the read"
              Expect.equal after [| "Add" |] "after it"
              Expect.equal fast.TracesMade 2L "paths"
          } ]

/// What the source document warns of: the first path is replayed for ever.
let private frozen =
    let freezing = { options with Branches = BranchPolicy.Freeze }
    let funcA (x: Tensor) = x + 1.
    let funcB (x: Tensor) = x * 10.

    testList
        "Freeze"
        [ test "an if on a value keeps the path of the first call" {
              let f (isA: Tensor, x: Tensor) = if isTrue isA then funcA x else funcB x
              let fast = accelerateWith freezing f
              let yes, no = Tensor.scalar true, Tensor.scalar false
              let x = f64 [ 1.; 2. ]
              let elements t = Tensor.toArray<float> t
              Expect.equal (elements (fast.Invoke(yes, x))) [| 2.; 3. |] "the first path"
              Expect.equal (elements (fast.Invoke(no, x))) [| 2.; 3. |] "is replayed whatever the condition"
              Expect.equal (fast.TracesMade, fast.Hits) (1L, 1L) "by the trace"
          }

          test "the refactorings agree under every policy" {
              let mask (isA: Tensor, x: Tensor) =
                  let isA = Tensor.cast DType.Float64 isA in isA * funcA x + (1. - isA) * funcB x

              let chosen (isA: Tensor, x: Tensor) = Tensor.where isA (funcA x) (funcB x)
              let calls =
                  [ for x in values 6 do
                        for isA in [ true; false ] -> Tensor.scalar isA, x ]

              for policy in Enum.GetValues<BranchPolicy>() do
                  let fast = agreeWith { options with Branches = policy } mask calls
                  Expect.equal fast.TracesMade 1L "one trace"
                  agreeWith { options with Branches = policy } chosen calls |> ignore
          } ]

let private rejected = test "Reject names the read and the remedy" {
    let f (x: Tensor) = if isTrue (Tensor.sum [] x .> 0.) then x else -x
    let fast = accelerateWith { options with Branches = BranchPolicy.Reject; Name = "mine" } f
    let error = Expect.throwsC (fun () -> fast.Invoke(f64 [ 1. ]) |> ignore) id

    match error with
    | :? HostReadException as e ->
        Expect.stringContains e.Message "mine" "the function"
        Expect.stringContains e.Remedy "Tensor.Where" "the remedy"
        Expect.stringContains e.CallSite "BranchTests" "the call site"
    | e -> failtest $"{e}"

    Expect.equal (fast.Count, fast.TracesMade) (0, 0L) "nothing is kept"
}

let private bounded =
    testList
        "the limit of paths"
        [ test "calls beyond it run directly, and it is said once" {
              let mutable runs = 0

              let f (x: Tensor) =
                  runs <- runs + 1
                  x * float (Tensor.sum [] x)

              let fast = accelerateWith { options with PathLimit = 3 } f
              let said = ResizeArray<Diagnostic>()
              fast.Diagnosed.Add said.Add
              let x k = f64 [ float k ]

              for k in 1..40 do
                  Expect.equal (Tensor.toArray<float>(fast.Invoke(x k))) [| float (k * k) |] "value"

              Expect.equal (fast.TracesMade, fast.Traces.Count, runs) (3L, 3, 40) "traces"

              match List.ofSeq said with
              | [ Diagnostic.PathLimitReached(3, _, _, site) ] -> Expect.stringContains site "BranchTests" "the read"
              | other -> failtest $"%A{other}"
          }

          test "paths kept go on being replayed" {
              let f (x: Tensor) = x * float (Tensor.sum [] x)
              let fast = accelerateWith { options with PathLimit = 2 } f
              for k in 1..4 do
                  fast.Invoke(f64 [ float k ]) |> ignore
              let before = fast.Hits
              fast.Invoke(f64 [ 1. ]) |> ignore
              fast.Invoke(f64 [ 2. ]) |> ignore
              Expect.equal (fast.Hits - before) 2L "hits"
          } ]

let private hidden = test "a function that reads hidden state before a guard is seen" {
    let mutable factor = 1.

    let f (x: Tensor) =
        let y = x * factor
        if isTrue (Tensor.sum [] y .> 0.) then y else -y

    let fast = accelerateWith options f
    let said = ResizeArray<Diagnostic>()
    fast.Diagnosed.Add said.Add
    fast.Invoke(f64 [ 1. ]) |> ignore
    factor <- 2.
    Expect.equal (Tensor.toArray<float>(fast.Invoke(f64 [ -1. ]))) [| 2. |] "a new path sees the state of now"

    match List.ofSeq said with
    | [ Diagnostic.HiddenState op ] -> Expect.equal op "Mul" "the op"
    | other -> failtest $"%A{other}"
}

/// Of fuzzing: the picked row was needed for its type alone, so that its index was never looked at.
let private refusals =
    testList
        "what a call refuses directly it refuses accelerated"
        [ test "an index out of range of what no output needs" {
              let f (x: Tensor, i: Tensor) =
                  let row = Tensor.gather 0 i x
                  Tensor.uniformLike row, x * 2.
              let fast = accelerateWith options f
              let x = Tensor.ones DType.Float64 [ 3; 2 ] ""
              let at (i: int64) = Tensor.create [] "" [| i |]
              let refuses f i = Expect.throwsT<DimensionException> (fun () -> f (x, at i) |> ignore) $"index {i}"
              refuses fast.Invoke 3L
              Expect.equal fast.Count 0 "nothing is kept of a call that failed"
              for i in [ 2L; 0L ] do
                  fast.Invoke(x, at i) |> ignore
              refuses f 3L
              refuses fast.Invoke 3L
              Expect.equal fast.TracesMade 1 "traces"
          } ]

let tests = testList "Branches" [ refusals; guards; sights; frozen; rejected; bounded; hidden ]

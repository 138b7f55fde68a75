/// Functions with a reverse rule of their own.
module Functional.Tests.CustomGradientTests

open Expecto
open Functional
open Functional.FSharp

let private vector (data: float list) = Tensor.create [ data.Length ] "" (Array.ofList data)
let private elements (x: Tensor) = List.ofArray (Tensor.toArray<float> x)
let private sum (x: Tensor) = Tensor.sum [] x

/// x³, whose rule counts its calls.
let private cube (calls: int ref) =
    customVjp (fun (x: Tensor) -> x * x * x) (fun x _ dy ->
        calls.Value <- calls.Value + 1
        3. * (x * x) * dy)

/// 7 in the place of every slope.
let private odd = customVjp (fun (x: Tensor) -> x * x) (fun _ _ dy -> 7. * dy)

let private x = vector [ 1.; -2.; 3. ]

let tests =
    testList
        "Custom gradients"
        [ test "the rule is used in the place of the derived one" {
              let calls = ref 0
              Expect.equal (elements (cube calls x)) [ 1.; -8.; 27. ] "value"
              Expect.equal calls.Value 0 "without a gradient the rule is not called"
              Expect.equal (elements (grad (cube calls >> sum) x)) [ 3.; 12.; 27. ] "gradient"
              Expect.equal calls.Value 1 "calls"
              Expect.equal (elements (grad (odd >> sum) x)) [ 7.; 7.; 7. ] "its own slope, not the true one"
          }

          test "higher derivatives go through the rule" {
              let calls = ref 0
              let second = grad (fun x -> sum (grad (cube calls >> sum) x)) x
              Expect.equal (elements second) [ 6.; -12.; 18. ] "6 x"
              let third = grad (fun x -> sum (grad (fun x -> sum (grad (cube calls >> sum) x)) x)) x
              Expect.equal (elements third) [ 6.; 6.; 6. ] "6"
              let _, along = jvp (cube calls) x (vector [ 1.; 0.; 2. ])
              Expect.equal (elements along) [ 3.; 0.; 54. ] "forward"
          }

          test "a rule that uses the result is differentiated through it" {
              let exponential = customVjp (fun (x: Tensor) -> exp x) (fun _ y dy -> y * dy)
              let second = grad (fun x -> sum (grad (exponential >> sum) x)) x
              Expect.equal (elements second) (elements (exp x)) "eˣ again"
          }

          test "accelerated it has the same bits, and nothing is left of the tie" {
              let calls = ref 0
              for f in [ grad (cube calls >> sum); grad (fun x -> sum (grad (cube calls >> sum) x)); cube calls ] do
                  let fast = accelerate f
                  for _ in 1..3 do
                      Expect.isTrue (Structure.HasSameBits(fast x, f x)) "bits"
              let plan = (traceOf (cube calls) x).Explain()
              Expect.stringContains plan "y tied to x = y" "the rule fired"
              Expect.stringContains plan "kernels: 1;" "one kernel"
          }

          test "structures of several results and of integers" {
              let both (a: Tensor, b: Tensor, n: Tensor) = (a * b, a + b, n)
              let rule (a: Tensor, b: Tensor, n: Tensor) _ (dp: Tensor, ds: Tensor, _: Tensor) =
                  (dp * b + 2. * ds, dp * a + 3. * ds, n)
              let f = customVjp both rule
              let n = Tensor.create [ 1 ] "" [| 4 |]
              let loss (a, b, n) =
                  let p, s, m = f (a, b, n) in
                  Expect.equal m.Type n.Type "n"
                  sum (p + 10. * s)
              let a, b = vector [ 1.; 2. ], vector [ 5.; 7. ]
              let da, db, dn = grad loss (a, b, n)
              Expect.equal (elements da, elements db) ([ 25.; 27. ], [ 31.; 32. ]) "slopes"
              Expect.equal (Tensor.toArray<int> dn) [| 0 |] "integers have none"
              Expect.isTrue (Structure.HasSameBits(accelerate (grad loss) (a, b, n), (da, db, dn))) "bits"
              // Of one result alone, the other's cotangent is 0.
              let da, _, _ = grad (fun (a, b, n) -> let p, _, _ = f (a, b, n) in sum p) (a, b, n)
              Expect.equal (elements da) [ 5.; 7. ] "one result"
          }

          test "what is captured and differentiated is refused, what is captured and constant is not" {
              let scaled (c: Tensor) = customVjp (fun (x: Tensor) -> c * x) (fun _ _ dy -> c * dy)
              let c = vector [ 2.; 2.; 2. ]
              Expect.equal (elements (grad (scaled c >> sum) x)) [ 2.; 2.; 2. ] "a constant"
              Expect.throwsT<StructureException>
                  (fun () -> grad (fun (c, x) -> sum (scaled c x)) (c, x) |> ignore)
                  "differentiated"
              Expect.throwsT<StructureException>
                  (fun () -> grad (fun c -> sum (scaled (c * 2.) x)) c |> ignore)
                  "though the argument is a constant"
              Expect.throwsT<StructureException>
                  (fun () -> accelerate (grad (fun (c, x) -> sum (scaled c x))) (c, x) |> ignore)
                  "in a trace"
          }

          test "a rule of other types is refused" {
              let wrong = customVjp (fun (x: Tensor) -> x * x) (fun _ _ dy -> sum dy)
              Expect.throwsT<StructureException> (fun () -> grad (wrong >> sum) x |> ignore) "a scalar for a vector"
          }

          test "values are read and branched on as in any function" {
              let clipped =
                  customVjp (fun (x: Tensor) -> if float (sum x) > 0. then x else -x) (fun x _ dy ->
                      if float (sum x) > 0. then dy else 0. * dy)
              let fast = accelerate (grad (clipped >> sum))
              for _ in 1..2 do
                  Expect.equal (elements (fast x)) [ 1.; 1.; 1. ] "above"
                  Expect.equal (elements (fast (-x))) [ 0.; 0.; 0. ] "below"
          }

          test "a stopped gradient is a constant" {
              let f (x: Tensor) = sum (x * stopGradient x)
              Expect.equal (elements (grad f x)) [ 1.; -2.; 3. ] "half of 2 x"
              let a, b = stopGradient (x, Tensor.scalar 3)
              Expect.isTrue (Structure.HasSameBits((a, b), (x, Tensor.scalar 3))) "the same"
          } ]

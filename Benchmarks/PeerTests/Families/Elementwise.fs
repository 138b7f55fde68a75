module Functional.Tests.Peers.Families.Elementwise

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

let private peculiar = [| 0.; -0.; 1.; -1.; nan; infinity; -infinity |]

/// Sign and all: -0 is not 0.
let private without (left: float list) =
    let bits = left |> List.map System.BitConverter.DoubleToInt64Bits
    peculiar
    |> Array.filter (fun x -> not (List.contains (System.BitConverter.DoubleToInt64Bits x) bits))

/// Numbers of a range, and others.
let private among salt range others =
    let data = Array.append (Numbers.uniform (Numbers.seedOf salt) range [ 60 ]) others
    operand [ data.Length ] "" (Elements.Real data)

let private of_ name range (ours: Tensor -> Tensor) (theirs: TorchTensor -> TorchTensor) =
    unary name (among name range peculiar) ours theirs

/// Where the definitions are different: without those numbers.
let private apart left name range ours theirs = unary name (among name range (without left)) ours theirs

/// Where those of the derivative are different: only the values at those numbers.
let private slopeApart left name range ours theirs =
    [ apart left name range ours theirs
      unary $"{name}, values only" (operand [ left.Length ] "" (Elements.Held(Array.ofList left))) ours theirs ]

let private everywhere = -6., 6.

let private ofOne =
    [ of_ "exp" everywhere exp _.exp()
      of_ "expm1" (-1., 1.) Tensor.expm1 _.expm1()
      of_ "log" (0.01, 10.) log _.log()
      of_ "log1p" (-0.9, 2.) Tensor.log1p _.log1p()
      of_ "sqrt" (0.01, 10.) sqrt _.sqrt()
      // At -0 slopes are infinite, by formulas of different sign.
      yield! slopeApart [ -0. ] "rsqrt" (0.01, 10.) Tensor.rsqrt _.rsqrt()
      of_ "sin" (-20., 20.) sin _.sin()
      of_ "cos" (-20., 20.) cos _.cos()
      of_ "tan" (-1.5, 1.5) tan _.tan()
      of_ "asin" (-0.99, 0.99) asin _.asin()
      of_ "acos" (-0.99, 0.99) acos _.acos()
      of_ "atan" everywhere atan _.atan()
      of_ "sinh" everywhere sinh _.sinh()
      of_ "cosh" everywhere cosh _.cosh()
      of_ "tanh" everywhere tanh _.tanh()
      of_ "asinh" everywhere Tensor.asinh _.asinh()
      // Where there is no value, the derivative is NaN; theirs is that of an extension.
      yield! slopeApart [ -1.; -infinity ] "acosh" (1.05, 8.) Tensor.acosh _.acosh()
      of_ "atanh" (-0.98, 0.98) Tensor.atanh _.atanh()
      of_ "erf" (-3., 3.) Tensor.erf _.erf()
      // The sign of NaN is NaN; theirs is 0.
      yield! slopeApart [ nan ] "abs" everywhere abs _.abs()
      apart [ nan ] "sign" everywhere Tensor.sign _.sign()
      of_ "floor" everywhere floor _.floor()
      of_ "ceil" everywhere ceil _.ceil()
      of_ "round" everywhere round _.round()
      of_ "negate" everywhere (~-) _.neg()
      of_ "reciprocal" everywhere (fun x -> 1. / x) _.reciprocal()
      of_ "square" everywhere (fun x -> x * x) _.square()
      of_ "clamp" everywhere (Tensor.clamp -2.5 3.5) (fun x ->
          torch.clamp (x, Scalar.op_Implicit -2.5, Scalar.op_Implicit 3.5))
      of_ "power 3" everywhere (fun x -> x ** 3.) (fun x -> x.pow (Scalar.op_Implicit 3.))
      of_ "power -1.5" (0.1, 6.) (fun x -> x ** -1.5) (fun x -> x.pow (Scalar.op_Implicit -1.5))
      of_ "power 0.7" (0.1, 6.) (fun x -> x ** 0.7) (fun x -> x.pow (Scalar.op_Implicit 0.7))
      // By IEEE 754 (-∞) to the power of ½ is ∞, and (-0) to the power of ½ is 0; theirs is the square root.
      apart [ -0.; -infinity ] "power 0.5" (0.1, 6.) (fun x -> x ** 0.5) (fun x -> x.pow (Scalar.op_Implicit 0.5)) ]

/// Operands of different ranks, which broadcast.
let private ofTwo name range ours theirs =
    binary name (uniform name range [ 4; 1; 5 ] "") (uniform (name + "'") range [ 3; 5 ] "") ours theirs

/// Each peculiar number with each, as long as both are admitted together.
let private peculiarOfTwo admits elements name ours theirs =
    let pairs = Array.allPairs peculiar peculiar |> Array.filter admits
    let side pick = operand [ pairs.Length ] "" (elements (Array.map pick pairs))
    binary name (side fst) (side snd) ours theirs

/// Which pairs of numbers have the same derivative on both sides.
let private sameSlope name (a: float, b: float) =
    match name with
    // At a tie the derivative is halved; of NaN it is 0, theirs 1 by both operands.
    | "maximum"
    | "minimum" -> not (System.Double.IsNaN a || System.Double.IsNaN b)
    // Where there is no remainder, by 0 or of ∞, the derivative is NaN; theirs is infinite.
    | "remainder" -> System.Double.IsNaN a || System.Double.IsFinite a && b <> 0.
    // At the origin ours is 0, theirs NaN; and the other way round.
    | "hypot"
    | "atan2" -> not (a = 0. && b = 0.)
    | _ -> true

let private arithmetic: (string * (Tensor -> Tensor -> Tensor) * (TorchTensor -> TorchTensor -> TorchTensor)) list =
    [ "add", (fun a b -> a + b), (fun a b -> a.add b)
      "subtract", (fun a b -> a - b), (fun a b -> a.sub b)
      "multiply", (fun a b -> a * b), (fun a b -> a.mul b)
      "divide", (fun a b -> a / b), (fun a b -> a.div b)
      "remainder", (fun a b -> a % b), (fun a b -> torch.fmod (a, b))
      "maximum", Tensor.maximum, (fun a b -> torch.maximum (a, b))
      "minimum", Tensor.minimum, (fun a b -> torch.minimum (a, b))
      "hypot", Tensor.hypot, (fun a b -> torch.hypot (a, b))
      "atan2", atan2, (fun a b -> torch.atan2 (a, b)) ]

let private comparisons: (string * (Tensor -> Tensor -> Tensor) * (TorchTensor -> TorchTensor -> TorchTensor)) list =
    [ "less", (fun a b -> a .< b), (fun a b -> torch.lt (a, b))
      "less or equal", (fun a b -> a .<= b), (fun a b -> torch.le (a, b))
      "equal", (fun a b -> a .= b), (fun a b -> torch.eq (a, b))
      "different", (fun a b -> a .<> b), (fun a b -> torch.ne (a, b)) ]

let private ofSeveral =
    [ ofTwo "power" (0.2, 3.) (fun a b -> a ** b) (fun a b -> torch.pow (a, b))
      several
          "where"
          [ uniform "where a" everywhere [ 4; 5 ] ""; uniform "where b" everywhere [ 4; 5 ] "" ]
          (fun xs -> Tensor.where (xs[0] .< xs[1]) (xs[0] * xs[1]) (xs[1] / xs[0]))
          (fun xs -> torch.where (torch.lt (xs[0], xs[1]), xs[0].mul xs[1], xs[1].div xs[0]))
      unary "cast to Int64" (uniform "cast" (-9., 9.) [ 20 ] "") (Tensor.cast DType.Int64) (fun x ->
          x.``to`` torch.ScalarType.Int64)
      unary "stopped gradient" (normal "stopped gradient" [ 12 ] "") (fun x -> x * Tensor.stopGradient x) (fun x ->
          x.mul (x.detach ())) ]

let family =
    { Name = "elementwise"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "a function within 4 ε on either side, and as much again for what its slope multiplies it with" }
      Configurations =
        [ yield! ofOne
          for name, ours, theirs in arithmetic do
              ofTwo name everywhere ours theirs
              peculiarOfTwo (sameSlope name) Elements.Real $"{name}, special numbers" ours theirs
              if not (Array.forall (sameSlope name) (Array.allPairs peculiar peculiar)) then
                  peculiarOfTwo (fun _ -> true) Elements.Held $"{name}, special numbers, values only" ours theirs
          for name, ours, theirs in comparisons do
              peculiarOfTwo (fun _ -> true) Elements.Held name ours theirs
          yield! ofSeveral ] }

/// From tiny to huge, of both signs; each between two powers of ten.
let private far from upTo =
    let random = System.Random(Numbers.seedOf "far")
    let data = [| for k in from..upTo -> float (float32 ((1. + 8.9 * random.NextDouble()) * 10. ** float k)) |]
    operand [ 2 * data.Length ] "" (Elements.Held(Array.append data (Array.map (~-) data)))

let private ofFar name from upTo ours theirs = unary name (far from upTo) ours theirs

let farFamily =
    { Name = "far numbers"
      DTypes = floating
      Tolerance =
        { Units = 8.
          Scale = Own
          Reason = "the stated bound of erf, 7 ulp of at most ε each, above those of all others; and 1 ulp of theirs" }
      Configurations =
        [ ofFar "exp" -30 1 exp _.exp()
          ofFar "expm1" -30 1 Tensor.expm1 _.expm1()
          ofFar "log" -30 30 log _.log()
          ofFar "log1p" -30 30 Tensor.log1p _.log1p()
          ofFar "sqrt" -30 30 sqrt _.sqrt()
          ofFar "rsqrt" -30 30 Tensor.rsqrt _.rsqrt()
          ofFar "sin" -30 8 sin _.sin()
          ofFar "cos" -30 8 cos _.cos()
          ofFar "tan" -30 3 tan _.tan()
          ofFar "asin" -30 -1 asin _.asin()
          ofFar "acos" -30 -1 acos _.acos()
          ofFar "atan" -30 30 atan _.atan()
          ofFar "sinh" -30 1 sinh _.sinh()
          ofFar "cosh" -30 1 cosh _.cosh()
          ofFar "tanh" -30 30 tanh _.tanh()
          ofFar "asinh" -30 17 Tensor.asinh _.asinh()
          ofFar "acosh" 0 17 Tensor.acosh _.acosh()
          ofFar "atanh" -30 -1 Tensor.atanh _.atanh()
          ofFar "erf" -30 30 Tensor.erf _.erf()
          ofFar "sigmoid" -30 1 Tensor.sigmoid _.sigmoid()
          ofFar "softplus" -30 1 Tensor.softplus (fun x -> torch.nn.functional.softplus (x, 1., 1000.))
          ofFar "power 0.3" -30 30 (fun x -> x ** 0.3) (fun x -> x.pow (Scalar.op_Implicit 0.3)) ] }

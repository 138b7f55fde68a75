module Functional.Tests.Peers.Families.Integers

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

/// Whole numbers of both signs, none of them 0, and such as overflow when they are multiplied.
let private numbers salt sizes =
    let drawn = Numbers.integers (Numbers.seedOf $"{salt} {sizes}") 40 sizes
    let data = [| for k in 0 .. drawn.Length - 1 -> float (if k % 7 = 6 then 1234567891L else 2L * drawn[k] - 39L) |]
    operand sizes "" (Elements.Held data)

let private left, right = numbers "left" [ 5; 9 ], numbers "right" [ 5; 9 ]

/// A total keeps the data type; theirs is Int64 where none is said.
let private kept (x: TorchTensor) = System.Nullable x.dtype

/// Towards zero. TorchSharp's division is that of real numbers whatever rounding it is asked for.
let private truncated (a: TorchTensor) (b: TorchTensor) =
    let real (x: TorchTensor) = x.``to`` torch.ScalarType.Float64
    (real (a.sub (torch.fmod (a, b)))).div(real b).``to`` a.dtype

let private arithmetic =
    [ binary "add" left right (fun a b -> a + b) (fun a b -> a.add b)
      binary "subtract" left right (fun a b -> a - b) (fun a b -> a.sub b)
      binary "multiply" left right (fun a b -> a * b) (fun a b -> a.mul b)
      binary "divide" left right (fun a b -> a / b) truncated
      binary "remainder" left right (fun a b -> a % b) (fun a b -> torch.fmod (a, b))
      binary "maximum" left right Tensor.maximum (fun a b -> torch.maximum (a, b))
      binary "minimum" left right Tensor.minimum (fun a b -> torch.minimum (a, b))
      binary "less" left right (fun a b -> a .< b) (fun a b -> torch.lt (a, b))
      binary "equal" left right (fun a b -> a .= b) (fun a b -> torch.eq (a, b))
      unary "negate" left (~-) _.neg()
      unary "abs" left abs _.abs()
      unary "sign" left Tensor.sign _.sign()
      unary "relu" left Tensor.relu _.relu()
      unary "cast to Float32" left (Tensor.cast DType.Float32) (fun x -> x.``to`` torch.ScalarType.Float32)
      unary "cast to Int32" left (Tensor.cast DType.Int32) (fun x -> x.``to`` torch.ScalarType.Int32)
      unary "cast to Bool" left (Tensor.cast DType.Bool) (fun x -> x.``to`` torch.ScalarType.Bool) ]

let private totals =
    [ unary "sum" left (Tensor.sum [ 1 ]) (fun x -> x.sum (1L, false, kept x))
      unary "product" left (Tensor.product [ 1 ]) (fun x -> x.prod (1L, false, kept x))
      unary "max" left (Tensor.max [ 1 ]) (fun x -> torch.amax (x, [| 1L |]))
      unary "min" left (Tensor.min [ 0 ]) (fun x -> torch.amin (x, [| 0L |]))
      unary "cumsum" left (Tensor.cumsum 1) (fun x -> x.cumsum (1L, kept x))
      unary "cumprod" left (Tensor.cumprod 1) (fun x -> x.cumprod (1L, kept x))
      unary "argmax" (numbers "argmax" [ 4; 6 ]) (Tensor.argmax 1) (fun x -> torch.argmax (x, 1))
      toMany "sort" [ left ] (fun xs -> let a, b = Tensor.sort 1 xs.Head in [ a; b ]) (fun xs ->
          let struct (a, b) = torch.sort (xs.Head, 1, false, true) in [ a; b ])
      binary "matmul" (numbers "a" [ 5; 7 ]) (numbers "b" [ 7; 4 ]) Tensor.matmul (fun a b -> torch.matmul (a, b)) ]

let family =
    { Name = "integers"
      DTypes = [ DType.Int32; DType.Int64 ]
      Tolerance = { Units = 0.; Scale = Element; Reason = "integers are exact, and wrap around" }
      Configurations = arithmetic @ totals }

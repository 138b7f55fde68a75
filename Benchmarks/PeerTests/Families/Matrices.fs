module Functional.Tests.Peers.Families.Matrices

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

/// I + X / 2n: far from singular, its eigenvalues near 1.
let private nearIdentity (x: Tensor) =
    let n = x.Shape[x.Rank - 1]
    Tensor.eye x.DType n + x / (2. * float n)

let private theirNearIdentity (x: TorchTensor) =
    let n = x.shape[x.shape.Length - 1]
    torch.eye(n, dtype = x.dtype).add(x.div (TorchSharp.Scalar.op_Implicit (2. * float n)))

/// X Xᵀ / n + diag(1 … n): positive definite, its eigenvalues apart.
let private positive (x: Tensor) =
    let n = x.Shape[x.Rank - 1]
    let steps = LinearAlgebra.diagonalMatrix 0 (Tensor.arange x.DType 1. (float n + 1.) 1.)
    Tensor.matmul x (Tensor.swapDims -1 -2 x) / float n + steps

let private theirPositive (x: TorchTensor) =
    let n = x.shape[x.shape.Length - 1]
    let steps =
        torch.diag (
            torch.arange(TorchSharp.Scalar.op_Implicit 1L, TorchSharp.Scalar.op_Implicit (n + 1L)).``to``(x.dtype)
        )
    x.matmul(x.transpose (-1L, -2L)).div(TorchSharp.Scalar.op_Implicit (float n)).add steps

let private many name x ours theirs =
    toMany name [ x ] (fun xs -> ours (List.head xs)) (fun (xs: TorchTensor list) -> theirs xs.Head)

let private decompositions name sizes =
    let x = normal name sizes ""
    let label what = $"{what} {sizes}"
    [ unary (label "inverse") x (nearIdentity >> LinearAlgebra.inverse) (theirNearIdentity >> torch.linalg.inv)
      unary (label "determinant") x (nearIdentity >> LinearAlgebra.det) (theirNearIdentity >> torch.linalg.det)
      many
          (label "logarithm of the determinant")
          x
          (fun x -> let struct (sign, log) = LinearAlgebra.slogdet (nearIdentity x) in [ sign; log ])
          (fun x -> let struct (sign, log) = torch.linalg.slogdet (theirNearIdentity x) in [ sign; log ])
      unary (label "Cholesky") x (positive >> LinearAlgebra.cholesky) (theirPositive >> torch.linalg.cholesky)
      unary
          (label "eigenvalues")
          x
          (fun x -> let struct (values, _) = LinearAlgebra.eigh (positive x) in values)
          (fun x -> let struct (values, _) = torch.linalg.eigh (theirPositive x) in values)
      unary (label "singular values") x (fun x -> let struct (_, s, _) = LinearAlgebra.svd (positive x) in s) (fun x ->
          torch.linalg.svdvals (theirPositive x))
      unary (label "exponential") x (fun x -> LinearAlgebra.matrixExp (x / 4.)) (fun x ->
          torch.matrix_exp (x.div (TorchSharp.Scalar.op_Implicit 4.)))
      unary (label "power 3") x (LinearAlgebra.matrixPower 3) (fun x -> torch.matrix_power (x, 3))
      unary (label "power -2") x (nearIdentity >> LinearAlgebra.matrixPower -2) (fun x ->
          torch.matrix_power (theirNearIdentity x, -2)) ]

let private solving =
    let b sizes = normal "right" sizes ""
    [ for sizes, right in [ [ 4; 4 ], [ 4; 2 ]; [ 9; 9 ], [ 9; 1 ]; [ 3; 5; 5 ], [ 3; 5; 2 ] ] do
          binary
              $"solve {sizes} {right}"
              (normal "left" sizes "")
              (b right)
              (fun a b -> LinearAlgebra.solve (nearIdentity a) b)
              (fun a b -> torch.linalg.solve (theirNearIdentity a, b))
      binary
          "least squares [7; 3] [7; 2]"
          (normal "tall" [ 7; 3 ] "")
          (b [ 7; 2 ])
          (LinearAlgebra.lstsq 1e-7)
          (fun a b -> torch.linalg.pinv(a).matmul b)
      unary "pseudo-inverse [6; 3]" (normal "pinv" [ 6; 3 ] "") (LinearAlgebra.pinv 1e-7) torch.linalg.pinv
      unary "pseudo-inverse [2; 4]" (normal "pinv" [ 2; 4 ] "") (LinearAlgebra.pinv 1e-7) torch.linalg.pinv ]

let private arranged =
    let x = normal "square" [ 4; 4 ] ""
    [ unary "trace" x LinearAlgebra.trace torch.trace
      unary "diagonal" x (LinearAlgebra.diagonal 1) (fun x -> torch.diagonal (x, 1L))
      unary "diagonal matrix" (normal "line" [ 4 ] "") (LinearAlgebra.diagonalMatrix -1) (fun x -> torch.diag (x, -1L))
      binary "Kronecker product" x (normal "other" [ 2; 3 ] "") LinearAlgebra.kron (fun a b -> torch.kron (a, b))
      binary "cross product" (normal "cross" [ 5; 3 ] "") (normal "with" [ 5; 3 ] "") LinearAlgebra.cross (fun a b ->
          torch.linalg.cross (a, b, 1L)) ]

let family =
    { Name = "matrices"
      DTypes = floating
      Tolerance =
        { Units = 256.
          Scale = Greatest
          Reason = "matrices of up to 9 rows with condition numbers below 20; their gradients take the inverse twice" }
      Configurations =
        [ yield! decompositions "square" [ 4; 4 ]
          yield! decompositions "batch" [ 3; 5; 5 ]
          yield! solving
          yield! arranged ] }

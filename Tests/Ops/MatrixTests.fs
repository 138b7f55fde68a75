module Functional.Tests.MatrixTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests
open Functional.Tests.Expectations

let private random = System.Random 11
let private matrices (sizes: int list) =
    float64 sizes [ for _ in 1 .. List.fold (*) 1 sizes -> random.NextDouble() * 2. - 1. ]
let private identity n = Tensor.eye DType.Float64 n
let private transpose (x: Tensor) = Tensor.transpose x
let private positive n = let a = matrices [ 2; n; n ] in Tensor.matmul a (transpose a) + identity n

/// Backward stable algorithms on random matrices of up to six rows: some tens of roundings of numbers of size 1, times a condition
/// of up to a thousand.
let private isNear (actual: Tensor) (expected: Tensor) message =
    Expect.equal (sizes actual) (sizes (actual + 0. * expected)) message
    for a, e in List.zip (elements actual) (elements (expected + 0. * actual)) do
        Expect.isLessThan (abs (a - e)) 1e-10 $"{message}: {a}, not {e}"

let private definitions =
    testList
        "definitions"
        [ test "solve, inverse" {
              for n in [ 1; 2; 5 ] do
                  let a, b = matrices [ 3; n; n ] + 2. * identity n, matrices [ 3; n; 2 ]
                  isNear (Tensor.matmul a (LinearAlgebra.solve a b)) b "A X = B"
                  isNear (Tensor.matmul (LinearAlgebra.inverse a) a) (identity n + 0. * a) "A⁻¹ A = 1"
                  let v = matrices [ n ]
                  let x = LinearAlgebra.solve a v
                  Expect.equal (sizes x) [ 3; n ] "one vector for each matrix"
                  isNear (Tensor.einsum "bij,bj->bi" [ a; x ]) (0. * x + v) "A x = b"
          }
          test "triangles" {
              let a, b = matrices [ 4; 4 ] + 3. * identity 4, matrices [ 4; 3 ]
              let back lower unit t =
                  isNear (Tensor.matmul t (LinearAlgebra.solveTriangular lower unit a b)) b $"{lower} {unit}"
              back true false (Tensor.tril 0 a)
              back false false (Tensor.triu 0 a)
              back true true (Tensor.tril -1 a + identity 4)
              back false true (Tensor.triu 1 a + identity 4)
          }
          test "determinants" {
              let a = float64 [ 2; 2; 2 ] [ 1.; 2.; 3.; 4.; 2.; 0.; 0.; -5. ]
              isNear (LinearAlgebra.det a) (float64 [ 2 ] [ -2.; -10. ]) "det"
              let struct (sign, size) = LinearAlgebra.slogdet a
              isNear sign (float64 [ 2 ] [ -1.; -1. ]) "sign"
              isNear size (float64 [ 2 ] [ log 2.; log 10. ]) "ln |det|"
              let struct (sign, size) = LinearAlgebra.slogdet (float64 [ 2; 2 ] [ 1.; 2.; 2.; 4. ])
              Expect.equal (elements sign, elements size) ([ 0. ], [ -infinity ]) "singular"
              Expect.equal (elements (LinearAlgebra.det (float64 [ 0; 0 ] []))) [ 1. ] "of nothing"
          }
          test "Cholesky" {
              let a = positive 4
              let l = LinearAlgebra.cholesky a
              isNear (Tensor.matmul l (transpose l)) a "L Lᵀ = A"
              isNear (Tensor.tril 0 l) l "lower"
          }
          test "QR and singular values of tall, wide and square matrices" {
              for m, n in [ 5, 3; 3, 5; 4, 4; 1, 1; 3, 1 ] do
                  let a, k = matrices [ 2; m; n ], min m n
                  let struct (q, r) = LinearAlgebra.qr a
                  isNear (Tensor.matmul q r) a "Q R = A"
                  isNear
                      (Tensor.matmul (transpose q) q)
                      (identity k + Tensor.zeros DType.Float64 [ 2; k; k ] "")
                      "QᵀQ = 1"
                  isNear (Tensor.triu 0 r) r "R upper"
                  let struct (u, s, vt) = LinearAlgebra.svd a
                  isNear
                      (Tensor.matmul u (LinearAlgebra.diagonalMatrix 0 s) |> fun us -> Tensor.matmul us vt)
                      a
                      "U s Vᵀ = A"
                  isNear
                      (Tensor.matmul vt (transpose vt))
                      (identity k + Tensor.zeros DType.Float64 [ 2; k; k ] "")
                      "VᵀV = 1"
                  Expect.equal (sizes s) [ 2; k ] "s"
          }
          test "eigenvalues" {
              let a = positive 5
              let struct (values, v) = LinearAlgebra.eigh a
              isNear (Tensor.matmul a v) (Tensor.matmul v (LinearAlgebra.diagonalMatrix 0 values)) "A V = V λ"
              let ascending = elements values |> List.chunkBySize 5
              Expect.equal ascending (List.map List.sort ascending) "ascending"
          }
          test "pseudo-inverse and least squares" {
              let a = matrices [ 4; 2 ]
              let p = LinearAlgebra.pinv 1e-15 a
              isNear (Tensor.matmul p a) (identity 2) "A⁺ A = 1"
              let struct (q, r) = LinearAlgebra.qr a
              let b = matrices [ 4; 1 ]
              let expected = LinearAlgebra.solve r (Tensor.matmul (transpose q) b)
              isNear (LinearAlgebra.lstsq 1e-15 a b) expected "least squares by QR"
              let rankOne = float64 [ 2; 2 ] [ 1.; 2.; 2.; 4. ]
              isNear (LinearAlgebra.pinv 1e-12 rankOne) (rankOne / 25.) "of rank 1"
          }
          test "exponential and powers" {
              let turn = float64 [ 2; 2 ] [ 0.; -1.; 1.; 0. ] * 0.5
              isNear
                  (LinearAlgebra.matrixExp turn)
                  (float64 [ 2; 2 ] [ cos 0.5; -(sin 0.5); sin 0.5; cos 0.5 ])
                  "a rotation"
              let a = matrices [ 3; 3 ] + identity 3
              isNear (LinearAlgebra.matrixPower 5 a) (List.fold (fun x _ -> Tensor.matmul x a) a [ 1..4 ]) "A⁵"
              isNear (LinearAlgebra.matrixPower 0 a) (identity 3) "A⁰"
              isNear (LinearAlgebra.matrixPower -2 a) (LinearAlgebra.inverse (Tensor.matmul a a)) "A⁻²"
          }
          test "diagonals" {
              let a = counting [ 2; 3 ]
              for offset, expected in [ 0, [ 0.; 4. ]; 1, [ 1.; 5. ]; 2, [ 2. ]; 3, []; -1, [ 3. ]; -2, [] ] do
                  hasElements expected (LinearAlgebra.diagonal offset a) $"diagonal {offset}"
              for offset in [ -3 .. 3 ] do
                  let x = counting [ 2; 3 ] + 1.
                  let made = LinearAlgebra.diagonalMatrix offset x
                  Expect.equal (sizes made) [ 2; 3 + abs offset; 3 + abs offset ] $"sizes {offset}"
                  hasElements (elements x) (LinearAlgebra.diagonal offset made) $"there and back {offset}"
                  isNear (Tensor.sum [] made) (Tensor.sum [] x) $"nothing else {offset}"
              hasElements [ 5. ] (LinearAlgebra.trace (float64 [ 2; 2 ] [ 1.; 2.; 3.; 4. ])) "trace"
          }
          test "products" {
              let a, b = float64 [ 1; 2 ] [ 1.; 2. ], float64 [ 2; 1 ] [ 10.; 20. ]
              hasElements [ 10.; 20.; 20.; 40. ] (LinearAlgebra.kron a b) "kron"
              Expect.equal (sizes (LinearAlgebra.kron a b)) [ 2; 2 ] "its sizes"
              hasElements [ 10.; 14.; 14.; 20. ] (LinearAlgebra.gram (float64 [ 2; 2 ] [ 1.; 2.; 3.; 4. ])) "gram"
              hasElements
                  [ -3.; 6.; -3. ]
                  (LinearAlgebra.cross (float64 [ 3 ] [ 1.; 2.; 3. ]) (float64 [ 3 ] [ 4.; 5.; 6. ]))
                  "cross"
          }
          test "norms" {
              let a = float64 [ 2; 2 ] [ 3.; -4.; 0.; 0. ]
              for kind, expected in
                  [ MatrixNorm.Frobenius, 5.
                    MatrixNorm.Spectral, 5.
                    MatrixNorm.Nuclear, 5.
                    MatrixNorm.One, 4.
                    MatrixNorm.Infinity, 7. ] do
                  isNear (LinearAlgebra.matrixNorm kind a) (float64 [] [ expected ]) $"{kind}"
          } ]

let private derivatives =
    let near n = matrices [ n; n ] * 0.3 + LinearAlgebra.diagonalMatrix 0 (counting [ n ] + 1.)
    let check name f x = test name { differentiates f x }
    let third struct (_, _, x) = x
    testList
        "first and second derivatives"
        [ check "solve by the matrix" (fun a -> LinearAlgebra.solve a (counting [ 3; 1 ])) (near 3)
          check "inverse" LinearAlgebra.inverse (near 2)
          check "det" LinearAlgebra.det (near 3)
          check "Cholesky" (fun x -> LinearAlgebra.cholesky (Tensor.matmul x (transpose x))) (near 3)
          check
              "R of a wide matrix"
              (fun x -> let struct (_, r) = LinearAlgebra.qr x in r)
              (matrices [ 2; 3 ] + counting [ 2; 3 ])
          check
              "Vᵀ of a wide matrix"
              (fun x -> third (LinearAlgebra.svd x))
              (float64 [ 2; 3 ] [ 1.; 0.2; 0.1; -0.1; 3.; 0.3 ])
          check "eigenvalues" (fun x -> let struct (values, _) = LinearAlgebra.eigh x in values) (near 3)
          check "exponential" LinearAlgebra.matrixExp (near 2)
          check "pseudo-inverse" (LinearAlgebra.pinv 1e-15) (float64 [ 3; 2 ] [ 1.; 0.2; 0.1; 2.; 0.3; -0.4 ])
          check "kron" (fun x -> LinearAlgebra.kron x (x + 1.)) (near 2)
          check "cross" (fun x -> LinearAlgebra.cross x (x * x + counting [ 3 ])) (counting [ 3 ] + 0.5)
          check "nuclear norm" (LinearAlgebra.matrixNorm MatrixNorm.Nuclear) (near 3)
          test "of the determinant of a singular matrix: the cofactors" {
              hasElements [ 4.; -2.; -2.; 1. ] (grad LinearAlgebra.det (float64 [ 2; 2 ] [ 1.; 2.; 2.; 4. ])) "gradient"
          } ]

let private badInput =
    let refusesMatrix op text f = refuses<LinearAlgebraException> op text f
    let singular = float64 [ 2; 2; 2 ] [ 1.; 0.; 0.; 1.; 1.; 2.; 2.; 4. ]
    testList
        "bad input"
        [ test "singular, indefinite" {
              refusesMatrix "Solve" "at [1] of the batch is singular" (fun () -> LinearAlgebra.inverse singular)
              refusesMatrix "Cholesky" "positive definite" (fun () -> LinearAlgebra.cholesky (-(identity 2)))
              refusesMatrix "TriangularSolve" "diagonal is 0" (fun () ->
                  LinearAlgebra.solveTriangular true false (float64 [ 1; 1 ] [ 0. ]) (float64 [ 1; 1 ] [ 1. ]))
          }
          test "shapes and types" {
              refuses<ShapeException> "Det" "not square" (fun () -> LinearAlgebra.det (counting [ 2; 3 ]))
              refuses<ShapeException> "Solve" "rows" (fun () -> LinearAlgebra.solve (identity 2) (counting [ 3; 1 ]))
              refuses<DimensionException> "Det" "no matrix" (fun () -> LinearAlgebra.det (counting [ 3 ]))
              refuses<DTypeException> "Det" "Int64" (fun () -> LinearAlgebra.det (int64s [ 1; 1 ] [ 1L ]))
              refuses<ShapeException> "Cross" "three" (fun () -> LinearAlgebra.cross (counting [ 2 ]) (counting [ 2 ]))
          }
          test "a replay refuses as well, and goes on" {
              let fast = accelerateWith AccelerateOptions.Default LinearAlgebra.inverse
              for k in [ 1.; 2. ] do
                  hasElements [ 1. / k ] (fast.Invoke(float64 [ 1; 1 ] [ k ])) "inverse"
              refusesMatrix "Solve" "singular" (fun () -> fast.Invoke(float64 [ 1; 1 ] [ 0. ]))
              hasElements [ 0.25 ] (fast.Invoke(float64 [ 1; 1 ] [ 4. ])) "inverse"
          }
          test "NaN and infinity stay in their matrix" {
              let a = float64 [ 2; 1; 1 ] [ nan; 2. ]
              let found = elements (LinearAlgebra.inverse a)
              Expect.isTrue (Double.IsNaN found[0] && found[1] = 0.5) $"{found}"
          }
          test "no matrices, and matrices of nothing" {
              Expect.equal (sizes (LinearAlgebra.inverse (counting [ 0; 2; 2 ]))) [ 0; 2; 2 ] "none"
              let struct (u, s, vt) = LinearAlgebra.svd (counting [ 3; 0 ])
              Expect.equal [ sizes u; sizes s; sizes vt ] [ [ 3; 0 ]; [ 0 ]; [ 0; 0 ] ] "of nothing"
          }
          test "labels: a batch keeps its own" {
              let x = Tensor.create [ 2; 1; 1 ] "BSS" [| 2.; 4. |]
              Expect.equal (LinearAlgebra.inverse x).Format.Labels "BUU" "a matrix"
              Expect.equal (LinearAlgebra.det x).Format.Labels "B" "a number"
          } ]

let tests = testList "Matrices" [ definitions; derivatives; badInput ]

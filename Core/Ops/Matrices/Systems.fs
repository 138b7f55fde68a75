namespace Functional

open System
open MathNet.Numerics.LinearAlgebra
open Functional.MatrixRules
open Functional.MatrixSamples

/// Systems of linear equations, determinants and Cholesky's factor. Reverse rules after M. B. Giles, "Collected matrix
/// derivative results for forward and reverse mode algorithmic differentiation" (2008).
[<RequireQualifiedAccess>]
module internal Systems =
    let private rightSide refuse shapes =
        match shapes with
        | [ (n, m); (rows, columns) ] ->
            notSquare refuse (n, m)
            if rows <> n then
                refuse $"a right side of {rows} rows meets a matrix of {n}" "give as many rows as the matrix has"
            [ [ n; columns ] ]
        | _ -> []

    let private square refuse (shapes: (int * int) list) =
        notSquare refuse shapes.Head
        [ [ fst shapes.Head; snd shapes.Head ] ]

    let private number refuse (shapes: (int * int) list) =
        notSquare refuse shapes.Head
        [ [] ]

    /// The part of a tensor of matrices that a triangle of them is.
    let private triangle lower (x: Tensor) = if lower then Indexing.lower 0 x else Indexing.upper 0 x

    /// X of T X = B: [… ; n; n] × [… ; n; k] → [… ; n; k], T the lower or upper triangle of the first operand, whose other
    /// elements are not read, with ones for its diagonal where `unit`.
    let rec triangularSolve lower unitDiagonal : Op =
        let run refuse (matrices: DenseMatrix list) =
            let t, b = matrices[0], DenseMatrix.copy matrices[1]
            for k in 0 .. t.Rows - 1 do
                if not unitDiagonal && t[k, k] = 0. then
                    refuse
                        $"is singular: element {k} of its diagonal is 0"
                        "solve only with triangles without a zero on the diagonal"
            LuFactors.substitute lower unitDiagonal t b
            [ b.Data ]

        let reference (matrices: Matrix<float> list) =
            let t =
                matrices[0]
                    .MapIndexed(fun i j x ->
                        if i = j then (if unitDiagonal then 1. else x)
                        elif (i > j) = lower then x
                        else 0.)
            [ rowMajor (t.Solve matrices[1]) ]

        let pull (args: Tensor list) (results: Tensor list) (cotangents: Tensor option list) i =
            cotangents.Head
            |> Option.map (fun dx ->
                let db = Define.apply (triangularSolve (not lower) unitDiagonal) [ transposed args[0]; dx ]
                if i = 1 then
                    db
                else
                    let da = triangle lower (-(db .* transposed results.Head))
                    if not unitDiagonal then da
                    elif lower then Indexing.lower -1 da
                    else Indexing.upper 1 da)

        Batched.op
            { Name = "TriangularSolve"
              Attributes = [ "lower", box lower; "unit", unitDiagonal ]
              Sizes = rightSide
              Run = run
              Reference = reference
              Pull = pull }

    let private isSingular = "is singular", "solve only with matrices that have an inverse, or use the pseudo-inverse"

    /// X of A X = B, by LU factors with partial pivoting: [… ; n; n] × [… ; n; k] → [… ; n; k].
    let rec solve () : Op =
        let run refuse (matrices: DenseMatrix list) =
            let lu = LuFactors.factor matrices[0]
            if LuFactors.isSingular lu then isSingular ||> refuse
            [ (LuFactors.solve lu matrices[1]).Data ]

        let pull (args: Tensor list) (results: Tensor list) (cotangents: Tensor option list) i =
            cotangents.Head
            |> Option.map (fun dx ->
                let db = Define.apply (solve ()) [ transposed args[0]; dx ]
                if i = 1 then db else -(db .* transposed results.Head))

        Batched.op
            { Name = "Solve"
              Attributes = []
              Sizes = rightSide
              Run = run
              Reference = fun matrices -> [ rowMajor (matrices[0].Solve matrices[1]) ]
              Pull = pull }

    /// A⁻¹, by solving for the identity.
    let inverse (x: Tensor) = Define.apply (solve ()) [ x; identityLike x x.Shape[x.Rank - 1] ]

    /// A number for each matrix, beside the elements of the matrices.
    let private beside (x: Tensor) = Arranging.resized (List.ofArray x.Type.Sizes @ [ 1; 1 ]) Format.None x

    /// det A · A⁻ᵀ, right where A has no inverse.
    let rec cofactors () : Op =
        let minor (m: Matrix<float>) i j =
            let rest = m.RemoveRow(i).RemoveColumn(j)
            (if (i + j) % 2 = 0 then 1. else -1.) * rest.Determinant()

        let reference (matrices: Matrix<float> list) =
            let m = matrices.Head
            [ if m.RowCount = 1 then
                  [| 1. |]
              else
                  rowMajor (Matrix<float>.Build.Dense(m.RowCount, m.ColumnCount, minor m)) ]

        // With C = det A · A⁻ᵀ: dC = (⟨C, dA⟩ C - C dAᵀ C) / det A.
        let pull (args: Tensor list) (results: Tensor list) (cotangents: Tensor option list) _ =
            cotangents.Head
            |> Option.map (fun dc ->
                let c = results.Head
                let size = Define.apply (determinant ()) args
                let inner = Statistics.sum [ c.Rank - 2; c.Rank - 1 ] (dc * c)
                (beside inner * c - (c .* transposed dc .* c)) / beside size)

        Batched.op
            { Name = "Cofactors"
              Attributes = []
              Sizes = square
              Run = fun _ matrices -> [ (LuFactors.cofactors matrices.Head).Data ]
              Reference = reference
              Pull = pull }

    /// The determinant: [… ; n; n] → […].
    and determinant () : Op =
        let pull (args: Tensor list) _ (cotangents: Tensor option list) _ =
            cotangents.Head |> Option.map (fun dy -> beside dy * Define.apply (cofactors ()) args)

        Batched.op
            { Name = "Det"
              Attributes = []
              Sizes = number
              Run = fun _ matrices -> [ [| LuFactors.determinant (LuFactors.factor matrices.Head) |] ]
              Reference = fun matrices -> [ [| matrices.Head.Determinant() |] ]
              Pull = pull }

    /// The sign of the determinant and the natural logarithm of its size.
    let slogdet: Op =
        let run _ (matrices: DenseMatrix list) =
            let sign, size = LuFactors.logDeterminant (LuFactors.factor matrices.Head)
            [ [| sign |]; [| size |] ]

        let reference (matrices: Matrix<float> list) =
            let d = matrices.Head.Determinant()
            [ [| float (sign d) |]; [| log (abs d) |] ]

        let pull (args: Tensor list) _ (cotangents: Tensor option list) _ =
            cotangents[1] |> Option.map (fun dy -> beside dy * transposed (inverse args.Head))

        Batched.op
            { Name = "SlogDet"
              Attributes = []
              Sizes = fun refuse shapes -> number refuse shapes @ [ [] ]
              Run = run
              Reference = reference
              Pull = pull }

    let private factor refuse (a: DenseMatrix) : DenseMatrix =
        let n = a.Rows
        let l = DenseMatrix.zeros n n
        for i in 0 .. n - 1 do
            for j in 0..i do
                let rest = a[i, j] - Lines.dot l.Data (i * n) l.Data (j * n) j
                if i <> j then
                    l[i, j] <- rest / l[j, j]
                elif rest > 0. then
                    l[i, i] <- sqrt rest
                else
                    refuse
                        $"is not positive definite: its leading block of size {i + 1} is not"
                        "add a multiple of the identity, or use an eigen- or LU decomposition"
        l

    /// L of A = L Lᵀ, read from the lower triangle. Reverse rule: I. Murray, "Differentiation of the Cholesky decomposition"
    /// (2016): L⁻ᵀ Φ(Lᵀ dL) L⁻¹, Φ the lower triangle with half the diagonal, its symmetric part taken to the triangle read.
    let cholesky: Op =
        let pull _ (results: Tensor list) (cotangents: Tensor option list) _ =
            cotangents.Head
            |> Option.map (fun dl ->
                let l = results.Head
                let half (x: Tensor) = Indexing.lower 0 x - 0.5 * (Indexing.lower 0 (Indexing.upper 0 x))
                let back x = Define.apply (triangularSolve false false) [ transposed l; x ]
                // X L⁻¹ = (L⁻ᵀ Xᵀ)ᵀ.
                let s = back (half (transposed l .* dl)) |> transposed |> back |> transposed
                half (s + transposed s))

        let reference (matrices: Matrix<float> list) =
            let symmetric = matrices.Head.MapIndexed(fun i j x -> if i >= j then x else matrices.Head[j, i])
            [ rowMajor (symmetric.Cholesky().Factor) ]

        Batched.op
            { Name = "Cholesky"
              Attributes = []
              Sizes = square
              Run = fun refuse matrices -> [ (factor refuse matrices.Head).Data ]
              Reference = reference
              Pull = pull }

    let entries: Entry list =
        let conditioned rows columns t = sampled (Some spread) (ofSize rows columns t)
        let rightOf choose n t = sampled None (ofSize n (1 + choose 3) t)
        let batch (t: TensorType) = t.Rank >= 2

        let alone name summary op =
            entry name summary (fun choose t ->
                let n = 1 + choose 4
                if batch t then Some(op, [ conditioned n n t ]) else None)

        [ entry "TriangularSolve" "X of T X = B, T the lower or upper triangle of a matrix." (fun choose t ->
              let n = 1 + choose 4
              let op = triangularSolve (choose 2 = 0) (choose 2 = 0)
              if batch t then Some(op, [ conditioned n n t; rightOf choose n t ]) else None)
          entry "Solve" "X of A X = B." (fun choose t ->
              let n = 1 + choose 4
              if batch t then Some(solve (), [ conditioned n n t; rightOf choose n t ]) else None)
          alone "Det" "The determinant, Σ over permutations σ of sgn σ · Π A[i, σᵢ]." (determinant ())
          alone "SlogDet" "The sign of the determinant and ln |det A|." slogdet
          alone "Cofactors" "The signed minors, det A · A⁻ᵀ." (cofactors ())
          alone "Cholesky" "L of A = L Lᵀ, L lower with a positive diagonal." cholesky ]

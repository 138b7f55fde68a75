namespace Functional

open System
open MathNet.Numerics.LinearAlgebra
open Functional.MatrixRules
open Functional.MatrixSamples
open MathNet.Numerics.LinearAlgebra.Factorization

/// Factorisations with orthogonal factors, and functions of matrices.
[<RequireQualifiedAccess>]
module internal Decompositions =
    let private diagonalOf (x: Tensor) = Arranging.resized (List.ofArray x.Type.Sizes @ [ 1 ]) Format.None x

    /// A row of numbers for each matrix: multiplies the columns of what it meets.
    let private row (x: Tensor) =
        let sizes = List.ofArray x.Type.Sizes in
        Arranging.resized (List.insertAt (sizes.Length - 1) 1 sizes) Format.None x

    let private orZero like cotangent = cotangent |> Option.defaultWith (fun () -> zerosLike like)

    /// 1 / (bⱼ - bᵢ) for i ≠ j, 0 for i = j.
    let private gaps (b: Tensor) =
        let one = identityLike (row b) b.Shape[b.Rank - 1]
        let isDiagonal = Tensor.op_GreaterThan (one, 0.)
        let difference = Elementwise.lift Where [ isDiagonal; Tensor.Literal(b.DType, 1.); row b - diagonalOf b ]
        Elementwise.lift Where [ isDiagonal; Tensor.Literal(b.DType, 0.); 1. / difference ]

    /// A = Q R, [… ; m; n] → [… ; m; n], [… ; n; n], m ≥ n. Reverse rule: S. F. Walter and L. Lehmann, "Algorithmic
    /// differentiation of linear algebra functions with application in optimum experimental design" (2018).
    let qr: Op =
        let sizes (refuse: string -> string -> unit) (shapes: (int * int) list) =
            let m, n = shapes.Head
            if m < n then
                refuse $"matrices of {m} × {n} have fewer rows than columns" "factor the first columns"
            [ [ m; n ]; [ n; n ] ]

        let pull _ (results: Tensor list) (cotangents: Tensor option list) _ =
            let q, r = results[0], results[1]
            let dq, dr = orZero q cotangents[0], orZero r cotangents[1]
            let m = (r .* transposed dr) - (transposed dq .* q)
            let symmetric = Indexing.lower 0 m + transposed (Indexing.lower -1 m)
            let right = dq + (q .* symmetric)
            // X R⁻ᵀ = (R⁻¹ Xᵀ)ᵀ.
            Some(transposed (Define.apply (Systems.triangularSolve false false) [ r; transposed right ]))

        let reference (matrices: Matrix<float> list) =
            let qr = matrices.Head.QR QRMethod.Thin
            let signs = qr.R.Diagonal().Map(fun x -> if x < 0. then -1. else 1.)
            let turn = Matrix<float>.Build.DenseOfDiagonalVector signs
            [ rowMajor (qr.Q * turn); rowMajor (turn * qr.R) ]

        let run _ (matrices: DenseMatrix list) = let q, r = Orthogonal.qr matrices.Head in [ q.Data; r.Data ]

        Batched.op { Name = "Qr"; Attributes = []; Sizes = sizes; Run = run; Reference = reference; Pull = pull }

    let private positive (vectors: Matrix<float>) =
        vectors.EnumerateRows()
        |> Seq.map (fun v -> if v[v.AbsoluteMaximumIndex()] < 0. then -1. else 1.)
        |> Array.ofSeq
        |> Matrix<float>.Build.DenseOfDiagonalArray

    /// A = U diag(s) Vᵀ, [… ; m; n] → [… ; m; n], [… ; n], [… ; n; n], m ≥ n. Reverse rule: J. Townsend, "Differentiating the
    /// singular value decomposition" (2016); where only s has a cotangent, U diag(ds) Vᵀ.
    let svd: Op =
        let sizes (refuse: string -> string -> unit) (shapes: (int * int) list) =
            let m, n = shapes.Head
            if m < n then refuse $"matrices of {m} × {n} have fewer rows than columns" "transpose them"
            [ [ m; n ]; [ n ]; [ n; n ] ]

        let reference (matrices: Matrix<float> list) =
            let svd, n = matrices.Head.Svd true, matrices.Head.ColumnCount
            let turn = positive (svd.VT)
            [ rowMajor (svd.U.SubMatrix(0, svd.U.RowCount, 0, n) * turn)
              svd.S.ToArray()
              rowMajor (turn * svd.VT) ]

        let run _ (matrices: DenseMatrix list) = let u, s, v = Orthogonal.svd matrices.Head in [ u.Data; s; v.Data ]

        let pull _ (results: Tensor list) (cotangents: Tensor option list) _ =
            let u, s, vt = results[0], results[1], results[2]
            let values = cotangents[1] |> Option.map (fun ds -> u * row ds .* vt)
            let vectors =
                if cotangents[0].IsNone && cotangents[2].IsNone then
                    None
                else
                    let du, dv = orZero u cotangents[0], transposed (orZero vt cotangents[2])
                    let v, f = transposed vt, gaps (s * s)
                    let skew (x: Tensor) (dx: Tensor) = let p = transposed x .* dx in f * (p - transposed p)
                    let inner = skew u du * row s + diagonalOf s * skew v dv
                    let outside = (du - (u .* (transposed u .* du))) / row s
                    Some((u .* inner .* vt) + (outside .* vt))
            match values, vectors with
            | Some a, Some b -> Some(a + b)
            | a, b -> Option.orElse b a

        Batched.op { Name = "Svd"; Attributes = []; Sizes = sizes; Run = run; Reference = reference; Pull = pull }

    /// A = V diag(λ) Vᵀ of symmetric matrices, read from the lower triangle: [… ; n; n] → [… ; n], [… ; n; n]. Reverse rule:
    /// Giles (2008), its symmetric part taken to the triangle read; where only λ has a cotangent, V diag(dλ) Vᵀ.
    let eigh: Op =
        let sizes refuse (shapes: (int * int) list) =
            notSquare refuse shapes.Head
            let n = fst shapes.Head in
            [ [ n ]; [ n; n ] ]

        let run refuse (matrices: DenseMatrix list) =
            match SymmetricEigen.ofLower matrices.Head with
            | Some(values, v) -> [ values; v.Data ]
            | None ->
                refuse "has eigenvalues that the iteration does not find" "scale the matrix"
                []

        let reference (matrices: Matrix<float> list) =
            let symmetric = matrices.Head.MapIndexed(fun i j x -> if i >= j then x else matrices.Head[j, i])
            let evd = symmetric.Evd Symmetricity.Symmetric
            let vectors = evd.EigenVectors * positive (evd.EigenVectors.Transpose())
            [ evd.EigenValues.Map(fun z -> z.Real).ToArray(); rowMajor vectors ]

        let pull _ (results: Tensor list) (cotangents: Tensor option list) _ =
            let values, v = results[0], results[1]
            let inner =
                match cotangents with
                | [ Some d; None ] -> v * row d
                | [ None; Some dv ] -> v .* (gaps values * (transposed v .* dv))
                | [ Some d; Some dv ] -> v * row d + (v .* (gaps values * (transposed v .* dv)))
                | _ -> zerosLike v
            let full = inner .* transposed v
            // (X + Xᵀ) / 2, each element above the diagonal taken to its partner below.
            let both = full + transposed full
            Some(Indexing.lower 0 both - 0.5 * Indexing.lower 0 (Indexing.upper 0 both))

        Batched.op { Name = "Eigh"; Attributes = []; Sizes = sizes; Run = run; Reference = reference; Pull = pull }

    let private pseudoInverse tolerance (a: DenseMatrix) =
        let wide = a.Rows < a.Columns
        let u, s, vt = Orthogonal.svd (if wide then DenseMatrix.transpose a else a)
        let least = (Array.fold max 0. s) * tolerance
        let v = DenseMatrix.transpose vt
        for k in 0 .. s.Length - 1 do
            let factor = if s[k] > least then 1. / s[k] else 0.
            for i in 0 .. v.Rows - 1 do
                v[i, k] <- v[i, k] * factor
        let result = DenseMatrix.product v (DenseMatrix.transpose u)
        if wide then DenseMatrix.transpose result else result

    /// Moore's and Penrose's pseudo-inverse: [… ; m; n] → [… ; n; m]; singular values of at most `tolerance` times the
    /// greatest count as 0. Reverse rule: G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear
    /// least squares problems whose variables separate" (1973), right where the rank does not change.
    let pinv (tolerance: float) : Op =
        let pull (args: Tensor list) (results: Tensor list) (cotangents: Tensor option list) _ =
            cotangents.Head
            |> Option.map (fun dp ->
                let a, p = args.Head, results.Head
                let pt, dpt = transposed p, transposed dp
                let left = (dpt .* p .* pt) - (a .* (p .* dpt .* p .* pt))
                let right = (pt .* (p .* dpt)) - (pt .* (p .* dpt .* p) .* a)
                left + right - (pt .* dp .* pt))

        let reference (matrices: Matrix<float> list) = [ rowMajor (matrices.Head.PseudoInverse()) ]

        Batched.op
            { Name = "Pinv"
              Attributes = [ "tolerance", box tolerance ]
              Sizes = fun _ shapes -> [ [ snd shapes.Head; fst shapes.Head ] ]
              Run = fun _ matrices -> [ (pseudoInverse tolerance matrices.Head).Data ]
              Reference = reference
              Pull = pull }

    let private taylor (a: Matrix<float>) =
        let squarings = max 0 (2 + Math.ILogB(a.L1Norm() + 1e-300))
        let small = a / Math.ScaleB(1., squarings)
        let one = Matrix<float>.Build.DenseIdentity a.RowCount
        let add (term: Matrix<float>, sum: Matrix<float>) k =
            let next = (term * small).Divide(float k) in next, sum + next
        let _, sum = Seq.fold add (one, one) [ 1..20 ]
        Seq.fold (fun (x: Matrix<float>) _ -> x * x) sum (seq { 1..squarings })

    /// e to the power of a matrix. Reverse rule: the derivative is the upper right block of exp [[Aᵀ, dY], [0, Aᵀ]] (R. Mathias,
    /// "A chain rule for matrix functions and applications", 1996; Higham, "Functions of Matrices", §3.2). It is linear in dY,
    /// which is therefore brought to size 1: a large block would be halved more often than A needs.
    let rec exponential () : Op =
        let pull (args: Tensor list) _ (cotangents: Tensor option list) _ =
            cotangents.Head
            |> Option.map (fun dy ->
                let a = transposed args.Head
                let last, n = a.Rank - 1, a.Shape[a.Rank - 1]
                let largest = Statistics.keep Statistics.max [ last - 1; last ] (Tensor.Abs dy)
                let isUsual =
                    Tensor.op_BitwiseAnd (Tensor.op_GreaterThan (largest, 0.), Tensor.op_LessThan (largest, infinity))
                let scale = Movement.hold (Elementwise.lift Where [ isUsual; largest; Tensor.Literal(a.DType, 1.) ])
                let dy = dy / scale
                let join dim parts = Define.apply (Movement.concat dim) parts
                let block = join (last - 1) [ join last [ a; dy ]; join last [ zerosLike a; a ] ]
                let corner =
                    [ for k in 0..last ->
                          if k = last - 1 then 0, 1, n
                          elif k = last then n, 1, n
                          else 0, 1, a.Shape[k] ]
                scale * Define.apply (Movement.slice corner) [ Define.apply (exponential ()) [ block ] ])

        Batched.op
            { Name = "MatrixExp"
              Attributes = []
              Sizes =
                fun refuse shapes ->
                    notSquare refuse shapes.Head
                    [ [ fst shapes.Head; snd shapes.Head ] ]
              Run = fun _ matrices -> [ (Exponential.exp matrices.Head).Data ]
              Reference = fun matrices -> [ rowMajor (taylor matrices.Head) ]
              Pull = pull }

    let entries: Entry list =
        let spreadOut rows columns t = sampled (Some spread) (ofSize rows columns t)
        let tall choose = let n = 1 + choose 3 in n + choose 3, n

        let sampling name summary op (size: (int -> int) -> int * int) =
            entry name summary (fun choose t ->
                let rows, columns = size choose
                if t.Rank >= 2 then Some(op, [ spreadOut rows columns t ]) else None)

        let square choose = let n = 1 + choose 4 in n, n

        [ sampling "Qr" "A = Q R: orthonormal columns, an upper triangle with a diagonal of at least 0." qr tall
          sampling "Svd" "A = U diag(s) Vᵀ: orthonormal columns, s descending and at least 0." svd tall
          sampling "Eigh" "A = V diag(λ) Vᵀ of a symmetric matrix: λ ascending." eigh square
          sampling
              "Pinv"
              "The pseudo-inverse V diag(1 / s) Uᵀ of A = U diag(s) Vᵀ, without zeros of s."
              (pinv 1e-15)
              (fun choose -> 1 + choose 4, 1 + choose 4)
          sampling "MatrixExp" "Σ Aᵏ / k!." (exponential ()) square ]

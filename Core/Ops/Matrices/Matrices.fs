namespace Functional

open Functional.MatrixRules

/// How large a matrix is.
type MatrixNorm =
    /// √Σ a², of the singular values as of the elements.
    | Frobenius = 0
    /// The largest singular value.
    | Spectral = 1
    /// The sum of the singular values.
    | Nuclear = 2
    /// The largest sum of sizes in a column.
    | One = 3
    /// The largest sum of sizes in a row.
    | Infinity = 4

/// Functions of the matrices in the last two dimensions. Leading dimensions keep their labels; those of matrices become U.
[<RequireQualifiedAccess>]
module internal Matrices =
    let private leading matrixRank (x: Tensor) = List.ofArray x.Type.Sizes[.. x.Rank - matrixRank - 1]

    let private matrix op (x: Tensor) =
        let x = given op x
        if x.Rank < 2 then
            Labels.dimensionError op [ x.Type ] "it is no matrix" "give a matrix, or a batch of them"
        x

    let private bare (x: Tensor) = Movement.relabel Format.None x

    /// A result whose last `rank` dimensions are no longer the operand's.
    let private labelledLike (x: Tensor) rank (result: Tensor) =
        if x.Format.IsNone then
            result
        else
            let labels = x.Format.Labels[.. x.Rank - 3] + System.String('U', rank)
            Movement.relabel (Format.Parse labels) result

    let private apply op (x: Tensor) = Define.apply op [ bare x ]
    let private applyAll op (x: Tensor) = Tensor.Apply(op, [ bare x ])

    /// Solves for a right side: a vector, or columns.
    let private solving op make (a: Tensor) (b: Tensor) =
        let a, b = matrix op a, given op b
        let isVector = b.Rank = 1
        let columns = if isVector then Arranging.resized [ b.Count; 1 ] Format.None b else b
        let left, right = Contractions.alignBatches op (bare a) (bare columns)
        let x = Define.apply make [ left; right ]
        if isVector then
            Arranging.resized (leading 1 x) Format.None x |> labelledLike a 1
        else
            labelledLike (if a.Rank >= b.Rank then a else b) 2 x

    let solve (a: Tensor) (b: Tensor) = solving "Solve" (Systems.solve ()) a b

    let solveTriangular lower unitDiagonal (a: Tensor) (b: Tensor) =
        solving "TriangularSolve" (Systems.triangularSolve lower unitDiagonal) a b

    let inverse (x: Tensor) = let x = matrix "Inverse" x in Systems.inverse (bare x) |> labelledLike x 2
    let determinant (x: Tensor) = let x = matrix "Det" x in apply (Systems.determinant ()) x |> labelledLike x 0

    let logDeterminant (x: Tensor) =
        let x = matrix "SlogDet" x
        match applyAll Systems.slogdet x with
        | [ sign; size ] -> struct (labelledLike x 0 sign, labelledLike x 0 size)
        | _ -> invalidOp "unreachable"

    let cholesky (x: Tensor) = let x = matrix "Cholesky" x in apply Systems.cholesky x |> labelledLike x 2
    let exponential (x: Tensor) =
        let x = matrix "MatrixExp" x in apply (Decompositions.exponential ()) x |> labelledLike x 2

    let private part dim first count (x: Tensor) =
        let whole = [ for k in 0 .. x.Rank - 1 -> 0, 1, x.Shape[k] ]
        Define.apply (Movement.slice (List.updateAt (x.Rank - 2 + dim) (first, 1, count) whole)) [ x ]

    /// Of a matrix with more columns than rows the square part is taken apart: A = [B C] = Q [R QᵀC].
    let qr (x: Tensor) =
        let x = matrix "Qr" x
        let m, n = x.Shape[x.Rank - 2], x.Shape[x.Rank - 1]
        let a = bare x
        let take a =
            match Tensor.Apply(Decompositions.qr, [ a ]) with
            | [ q; r ] -> q, r
            | _ -> invalidOp "unreachable"
        let q, r =
            if m >= n then
                take a
            else
                let q, r = take (part 1 0 m a)
                q, Define.apply (Movement.concat (x.Rank - 1)) [ r; transposed q .* part 1 m (n - m) a ]
        struct (labelledLike x 2 q, labelledLike x 2 r)

    let svd (x: Tensor) =
        let x = matrix "Svd" x
        let isTall = x.Shape[x.Rank - 2] >= x.Shape[x.Rank - 1]
        match Tensor.Apply(Decompositions.svd, [ (if isTall then bare x else transposed (bare x)) ]) with
        | [ u; s; vt ] ->
            let u, vt = if isTall then u, vt else transposed vt, transposed u
            struct (labelledLike x 2 u, labelledLike x 1 s, labelledLike x 2 vt)
        | _ -> invalidOp "unreachable"

    let eigh (x: Tensor) =
        let x = matrix "Eigh" x
        match applyAll Decompositions.eigh x with
        | [ values; vectors ] -> struct (labelledLike x 1 values, labelledLike x 2 vectors)
        | _ -> invalidOp "unreachable"

    let pseudoInverse tolerance (x: Tensor) =
        let x = matrix "Pinv" x in apply (Decompositions.pinv tolerance) x |> labelledLike x 2

    let leastSquares tolerance (a: Tensor) (b: Tensor) =
        let inverse = pseudoInverse tolerance a in inverse .* given "LeastSquares" b

    /// By repeated squaring.
    let power (n: int) (x: Tensor) =
        let x = matrix "MatrixPower" x
        let rows, columns = x.Shape[x.Rank - 2], x.Shape[x.Rank - 1]
        if rows <> columns then
            Labels.shapeError
                "MatrixPower"
                [ x.Type ]
                $"matrices of {rows} × {columns} are not square"
                "give as many rows as columns"
        let rec go (x: Tensor) n =
            if n = 1 then x
            elif n % 2 = 0 then let half = go x (n / 2) in half .* half
            else x .* go x (n - 1)
        let a = bare x
        let result =
            if n = 0 then identityLike a rows
            elif n > 0 then go a n
            else go (Systems.inverse a) -n
        labelledLike x 2 result

    /// The diagonal of which column - row is `offset`, as the last dimension.
    let diagonal (offset: int) (x: Tensor) =
        let x = matrix "Diagonal" x
        let rows, columns = x.Shape[x.Rank - 2], x.Shape[x.Rank - 1]
        let count = max 0 (if offset >= 0 then min rows (columns - offset) else min (rows + offset) columns)
        let first = if offset >= 0 then offset else -offset * columns
        let flat = Arranging.resized (leading 2 x @ [ rows * columns ]) Format.None (bare x)
        let ranges =
            [ for k in 0 .. flat.Rank - 1 ->
                  if k < flat.Rank - 1 then 0, 1, flat.Shape[k]
                  elif count = 0 then 0, 1, 0
                  else first, columns + 1, count ]
        Define.apply (Movement.slice ranges) [ flat ] |> labelledLike x 1

    let trace (x: Tensor) = let y = diagonal 0 (matrix "Trace" x) in Statistics.sum [ y.Rank - 1 ] y

    /// A matrix with these numbers on the diagonal of which column - row is `offset`, 0 elsewhere.
    let diagonalMatrix (offset: int) (x: Tensor) =
        let x = given "DiagonalMatrix" x
        if x.Rank = 0 then
            Labels.dimensionError "DiagonalMatrix" [ x.Type ] "it is no vector" "give a vector, or a batch of them"
        let count, n = x.Shape[x.Rank - 1], x.Shape[x.Rank - 1] + abs offset
        // Rows of n + 1 elements put each number one column further than the last.
        let last = x.Rank - 1
        let column = Arranging.resized (List.ofArray x.Type.Sizes @ [ 1 ]) Format.None (bare x)
        let none = [ for _ in 0..last -> 0, 0, 0 ]
        let wide = Define.apply (Movement.pad (none @ [ 0, n, 0 ]) 0.) [ column ]
        let flat = Arranging.resized (leading 1 x @ [ count * (n + 1) ]) Format.None wide
        let before = if offset >= 0 then offset else -offset * n
        let after = n * n - before - count * (n + 1)
        let before' = List.replicate last (0, 0, 0)
        let fitted =
            if after >= 0 then
                Define.apply (Movement.pad (before' @ [ before, after, 0 ]) 0.) [ flat ]
            else
                let shorter =
                    Define.apply
                        (Movement.slice
                            [ for k in 0..last -> 0, 1, (if k < last then flat.Shape[k] else flat.Shape[k] + after) ])
                        [ flat ]
                Define.apply (Movement.pad (before' @ [ before, 0, 0 ]) 0.) [ shorter ]
        let labels = if x.Format.IsNone then Format.None else Format.Parse(x.Format.Labels[.. x.Rank - 2] + "UU")
        Arranging.resized (leading 1 x @ [ n; n ]) labels fitted

    /// Every element of one times all of the other, block by block.
    let kron (a: Tensor) (b: Tensor) =
        let a, b = Contractions.alignBatches "Kron" (bare (matrix "Kron" a)) (bare (matrix "Kron" b))
        let m, n, p, q = a.Shape[a.Rank - 2], a.Shape[a.Rank - 1], b.Shape[b.Rank - 2], b.Shape[b.Rank - 1]
        let batch = leading 2 a
        let product =
            Arranging.resized (batch @ [ m; 1; n; 1 ]) Format.None a
            * Arranging.resized (batch @ [ 1; p; 1; q ]) Format.None b
        Arranging.resized (batch @ [ m * p; n * q ]) Format.None product

    /// AᵀA.
    let gram (x: Tensor) =
        let x = matrix "Gram" x in
        let a = bare x in
        transposed a .* a |> labelledLike x 2

    let cross (a: Tensor) (b: Tensor) =
        let a, b = given "Cross" a, given "Cross" b
        let isOfSpace (x: Tensor) = x.Rank > 0 && x.Shape[x.Rank - 1] = 3
        if not (isOfSpace a && isOfSpace b) then
            Labels.shapeError
                "Cross"
                [ a.Type; b.Type ]
                "vectors of space have three components"
                "give a last dimension of size 3"
        let turned by (x: Tensor) =
            let along first count =
                Define.apply
                    (Movement.slice
                        [ for k in 0 .. x.Rank - 1 -> if k = x.Rank - 1 then first, 1, count else 0, 1, x.Shape[k] ])
                    [ x ]
            Define.apply (Movement.concat (x.Rank - 1)) [ along by (3 - by); along 0 by ]
        turned 1 a * turned 2 b - turned 2 a * turned 1 b

    let matrixNorm (kind: MatrixNorm) (x: Tensor) =
        let x = matrix "MatrixNorm" x
        let rows, columns = x.Rank - 2, x.Rank - 1
        let singular () = let struct (_, s, _) = svd x in s
        match kind with
        | MatrixNorm.Frobenius -> Statistics.norm [ rows; columns ] x
        | MatrixNorm.Spectral -> let s = singular () in Statistics.max [ s.Rank - 1 ] s
        | MatrixNorm.Nuclear -> let s = singular () in Statistics.sum [ s.Rank - 1 ] s
        | MatrixNorm.One -> let sums = Statistics.sum [ rows ] (Tensor.Abs x) in Statistics.max [ sums.Rank - 1 ] sums
        | MatrixNorm.Infinity ->
            let sums = Statistics.sum [ columns ] (Tensor.Abs x) in Statistics.max [ sums.Rank - 1 ] sums
        | _ -> Labels.dimensionError "MatrixNorm" [ x.Type ] $"there is no norm {int kind}" "name one of MatrixNorm"

namespace Functional

open System

/// Factorisations with orthogonal factors: Householder's QR, Jacobi's singular values, eigenvalues of symmetric matrices.
/// Columns are held as rows of a transposed matrix, so that they lie in a run.
[<RequireQualifiedAccess>]
module internal Orthogonal =
    /// H = I - v vᵀ / (vᵀ v / 2) with H x along the first axis, for x = column k from row k on: v in place of x, and (vᵀ v / 2,
    /// the element that is left).
    let private reflect (columns: DenseMatrix) k =
        let m = columns.Columns
        let at, length = k * m + k, m - k
        let norm = sqrt (Lines.dot columns.Data at columns.Data at length)
        let x = columns.Data[at]
        let left = if x > 0. then -norm else norm
        columns.Data[at] <- x - left
        norm * (norm + abs x), left

    let private applyReflection (v: DenseMatrix) k half (target: float array) at =
        let length = v.Columns - k
        if half > 0. then
            let projection = Lines.dot v.Data (k * v.Columns + k) target at length
            Lines.addScaled (-projection / half) v.Data (k * v.Columns + k) target at length

    /// A = Q R for m ≥ n, Q m × n with orthonormal columns, R n × n, upper, its diagonal not negative (so that the two are
    /// unique for a matrix of full rank). Householder, 1958.
    let qr (a: DenseMatrix) : DenseMatrix * DenseMatrix =
        let m, n = a.Rows, a.Columns
        let scale, scaled = DenseMatrix.scaled a
        let v = DenseMatrix.transpose scaled
        let halves, diagonal = Array.zeroCreate<float> n, Array.zeroCreate<float> n

        for k in 0 .. n - 1 do
            let half, left = reflect v k
            halves[k] <- half
            diagonal[k] <- left
            for j in k + 1 .. n - 1 do
                applyReflection v k half v.Data (j * m + k)

        let q = DenseMatrix.init n m (fun i j -> if i = j then 1. else 0.)
        for k in n - 1 .. -1 .. 0 do
            for j in k .. n - 1 do
                applyReflection v k halves[k] q.Data (j * m + k)

        let flipped k = diagonal[k] < 0.
        let r =
            DenseMatrix.init n n (fun i j ->
                let x =
                    if i = j then diagonal[i]
                    elif i < j then v[j, i]
                    else 0.
                scale * (if i <= j && flipped i then -x else x))
        for k in 0 .. n - 1 do
            if flipped k then Lines.scale -1. q.Data (k * m) m
        DenseMatrix.transpose q, r

    /// Vectors as rows, in this order; each with its largest component positive, so that they are unique where they are not
    /// by themselves. `partners` turn with them.
    let oriented (order: int array) (vectors: DenseMatrix) (partners: DenseMatrix option) =
        let length = vectors.Columns
        for k in order do
            let mutable largest = 0
            for j in 1 .. length - 1 do
                if abs vectors[k, j] > abs vectors[k, largest] then largest <- j
            if length > 0 && vectors[k, largest] < 0. then
                Lines.scale -1. vectors.Data (k * length) length
                partners |> Option.iter (fun p -> Lines.scale -1. p.Data (k * p.Columns) p.Columns)
        let pick (m: DenseMatrix) = DenseMatrix.init order.Length m.Columns (fun i j -> m[order[i], j])
        pick vectors, Option.map pick partners

    /// Turns two columns so that they become orthogonal; whether they were not.
    let private orthogonalise (w: DenseMatrix) (v: DenseMatrix) p q =
        let m = w.Columns
        let dot i j = Lines.dot w.Data (i * m) w.Data (j * m) m
        let a, b, g = dot p p, dot q q, dot p q

        // A product of two columns is no more exact than this.
        if g = 0. || abs g <= 2.3e-16 * sqrt (float m) * sqrt a * sqrt b then
            false
        else
            let zeta = (b - a) / (2. * g)
            let t = (if zeta < 0. then -1. else 1.) / (abs zeta + sqrt (1. + zeta * zeta))
            let c = 1. / sqrt (1. + t * t)
            Lines.rotate c (c * t) w.Data (p * m) w.Data (q * m) m
            Lines.rotate c (c * t) v.Data (p * v.Columns) v.Data (q * v.Columns) v.Columns
            true

    /// Row k of the rows 0 … k made a unit vector orthogonal to the others: of the axes the first that has enough left.
    let private complete (u: DenseMatrix) k =
        let m = u.Columns

        let rec search axis =
            Array.Clear(u.Data, k * m, m)
            u[k, axis] <- 1.
            // Twice is enough (Kahan; Parlett, "The Symmetric Eigenvalue Problem", §6.9).
            for _ in 1..2 do
                for j in 0 .. k - 1 do
                    let projection = Lines.dot u.Data (j * m) u.Data (k * m) m
                    Lines.addScaled -projection u.Data (j * m) u.Data (k * m) m
            let norm = sqrt (Lines.dot u.Data (k * m) u.Data (k * m) m)
            if norm * norm >= 0.5 * float (m - k) / float m || axis = m - 1 then
                Lines.scale (1. / norm) u.Data (k * m) m
            else
                search (axis + 1)

        search 0

    /// A = U diag(s) Vᵀ for m ≥ n: U m × n, s descending, Vᵀ n × n; of each row of Vᵀ the first of the largest components is
    /// positive. One-sided Jacobi (Hestenes, 1958), after a QR factorisation where m > n.
    let svd (a: DenseMatrix) : DenseMatrix * float array * DenseMatrix =
        let n = a.Columns
        let scale, scaled = DenseMatrix.scaled a
        let left, square =
            if a.Rows > n then
                let q, r = qr scaled
                Some q, r
            else
                None, scaled
        let w, v = DenseMatrix.transpose square, DenseMatrix.identity n

        let rec sweep count =
            let mutable turned = false
            for p in 0 .. n - 2 do
                for q in p + 1 .. n - 1 do
                    if orthogonalise w v p q then turned <- true
            if turned && count < 60 then sweep (count + 1)

        sweep 1
        let norms = [| for k in 0 .. n - 1 -> sqrt (Lines.dot w.Data (k * n) w.Data (k * n) n) |]
        let order = [| 0 .. n - 1 |] |> Array.sortBy (fun k -> -norms[k])
        let v, u = oriented order v (Some w)
        let u, s = u.Value, [| for k in order -> norms[k] |]

        for k in 0 .. n - 1 do
            // Below, the quotient would overflow or lose its digits.
            if s[k] > 1e-300 then Lines.scale (1. / s[k]) u.Data (k * n) n else complete u k
        let u = DenseMatrix.transpose u
        (match left with
         | Some q -> DenseMatrix.product q u
         | None -> u),
        Array.map ((*) scale) s,
        v

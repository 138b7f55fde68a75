namespace Functional

open System

/// Eigenvalues and eigenvectors of a symmetric matrix: Householder's tridiagonal form, then implicit QL with shifts. After
/// tred2 and tql2 of Bowdler, Martin, Reinsch and Wilkinson ("Handbook for Automatic Computation" II, 1971). Vectors are the
/// rows of `v`.
[<RequireQualifiedAccess>]
module internal SymmetricEigen =
    /// Step i of the tridiagonal form: a reflection that leaves of row i only the elements beside the diagonal.
    let private reflect (v: DenseMatrix) (d: float array) (e: float array) i =
        let n = v.Columns
        let scale = Seq.sumBy (fun k -> abs d[k]) (seq { 0 .. i - 1 })

        if scale = 0. then
            e[i] <- d[i - 1]
            for j in 0 .. i - 1 do
                d[j] <- v[j, i - 1]
                v[j, i] <- 0.
                v[i, j] <- 0.
            d[i] <- 0.
        else
            for k in 0 .. i - 1 do
                d[k] <- d[k] / scale
            let squares = Lines.dot d 0 d 0 i
            let f = d[i - 1]
            let g = if f > 0. then -(sqrt squares) else sqrt squares
            e[i] <- scale * g
            let h = squares - f * g
            d[i - 1] <- f - g
            Array.Clear(e, 0, i)

            for j in 0 .. i - 1 do
                let f = d[j]
                v[i, j] <- f
                let below = i - 1 - j
                let g = e[j] + v[j, j] * f + Lines.dot v.Data (j * n + j + 1) d (j + 1) below
                Lines.addScaled f v.Data (j * n + j + 1) e (j + 1) below
                e[j] <- g

            Lines.scale (1. / h) e 0 i
            Lines.addScaled (-(Lines.dot e 0 d 0 i) / (h + h)) d 0 e 0 i
            let f, g = Array.sub d 0 i, Array.sub e 0 i
            for j in 0 .. i - 1 do
                Lines.addScaled -f[j] e j v.Data (j * n + j) (i - j)
                Lines.addScaled -g[j] f j v.Data (j * n + j) (i - j)
                d[j] <- v[j, i - 1]
                v[j, i] <- 0.
            d[i] <- h

    /// The product of the reflections.
    let private accumulate (v: DenseMatrix) (d: float array) =
        let n = v.Columns
        for i in 0 .. n - 2 do
            v[i, n - 1] <- v[i, i]
            v[i, i] <- 1.
            let h = d[i + 1]
            if h <> 0. then
                for k in 0..i do
                    d[k] <- v[i + 1, k] / h
                for j in 0..i do
                    let g = Lines.dot v.Data ((i + 1) * n) v.Data (j * n) (i + 1)
                    Lines.addScaled -g d 0 v.Data (j * n) (i + 1)
            Array.Clear(v.Data, (i + 1) * n, i + 1)
        for j in 0 .. n - 1 do
            d[j] <- v[j, n - 1]
            v[j, n - 1] <- 0.
        v[n - 1, n - 1] <- 1.

    /// One QL step on the block l … m.
    let private step (v: DenseMatrix) (d: float array) (e: float array) l m shift =
        let n = v.Columns
        let g = d[l]
        let p = (d[l + 1] - g) / (2. * e[l])
        let r = if p < 0. then -Double.Hypot(p, 1.) else Double.Hypot(p, 1.)
        d[l] <- e[l] / (p + r)
        d[l + 1] <- e[l] * (p + r)
        let next, h = d[l + 1], g - d[l]
        for i in l + 2 .. n - 1 do
            d[i] <- d[i] - h

        let mutable p, c, c2, c3, s, s2 = d[m], 1., 1., 1., 0., 0.
        let beside = e[l + 1]
        for i in m - 1 .. -1 .. l do
            c3 <- c2
            c2 <- c
            s2 <- s
            let g, h, r = c * e[i], c * p, Double.Hypot(p, e[i])
            e[i + 1] <- s * r
            s <- e[i] / r
            c <- p / r
            p <- c * d[i] - s * g
            d[i + 1] <- h + s * (c * g + s * d[i])
            Lines.rotate c s v.Data (i * n) v.Data ((i + 1) * n) n
        p <- -s * s2 * c3 * beside * e[l] / next
        e[l] <- s * p
        d[l] <- c * p
        shift + h

    /// Whether it came to an end, in some 30 steps for each eigenvalue.
    let private diagonalise (v: DenseMatrix) (d: float array) (e: float array) =
        let n = v.Columns
        Array.Copy(e, 1, e, 0, n - 1)
        e[n - 1] <- 0.
        let mutable shift, size, steps = 0., 0., 0
        for l in 0 .. n - 1 do
            size <- max size (abs d[l] + abs e[l])
            let negligible k = abs e[k] <= 2.220446049250313e-16 * size
            let m = Seq.find negligible (seq { l .. n - 1 })
            if m > l then
                let mutable more = true
                while more && steps < 30 * n + 30 do
                    shift <- step v d e l m shift
                    steps <- steps + 1
                    more <- not (negligible l)
            d[l] <- d[l] + shift
            e[l] <- 0.
        steps < 30 * n + 30

    /// A = V diag(λ) Vᵀ from the lower triangle of A: λ ascending, V by columns, of each of which the first of the largest
    /// components is positive. None where the iteration does not end.
    let ofLower (a: DenseMatrix) : (float array * DenseMatrix) option =
        let n = a.Rows
        if n = 0 then
            Some([||], a)
        else
            let scale, a = DenseMatrix.scaled a
            let v = DenseMatrix.init n n (fun i j -> if i >= j then a[i, j] else a[j, i])
            let d, e = Array.init n (fun j -> v[j, n - 1]), Array.zeroCreate<float> n
            for i in n - 1 .. -1 .. 1 do
                reflect v d e i
            accumulate v d
            e[0] <- 0.
            if not (diagonalise v d e) then
                None
            else
                let order = [| 0 .. n - 1 |] |> Array.sortBy (fun k -> d[k])
                let vectors, _ = Orthogonal.oriented order v None
                Some([| for k in order -> scale * d[k] |], DenseMatrix.transpose vectors)

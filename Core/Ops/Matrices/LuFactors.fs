namespace Functional

/// Gaussian elimination: P A = L U, L below the diagonal with ones on it, U on and above it. `Order` holds the row of A that
/// stands in each row of L U, `Sign` the determinant of P.
type internal LuFactors = { Factors: DenseMatrix; Order: int array; Sign: float }

[<RequireQualifiedAccess>]
module internal LuFactors =
    let private eliminate (m: DenseMatrix) k =
        let n = m.Columns
        for i in k + 1 .. m.Rows - 1 do
            let factor = m[i, k] / m[k, k]
            m[i, k] <- factor
            if factor <> 0. then
                Lines.addScaled -factor m.Data (k * n + k + 1) m.Data (i * n + k + 1) (n - k - 1)

    /// With partial pivoting: the first of the largest in the column. A column without a pivot is left as it is.
    let factor (a: DenseMatrix) : LuFactors =
        let m, order = DenseMatrix.copy a, Array.init a.Rows id
        let mutable sign = 1.

        for k in 0 .. a.Rows - 1 do
            let mutable pivot = k
            for i in k + 1 .. a.Rows - 1 do
                if abs m[i, k] > abs m[pivot, k] then pivot <- i
            if pivot <> k then
                DenseMatrix.swapRows m pivot k
                let row = order[k]
                order[k] <- order[pivot]
                order[pivot] <- row
                sign <- -sign
            if m[k, k] <> 0. then eliminate m k

        { Factors = m; Order = order; Sign = sign }

    let isSingular (lu: LuFactors) = Seq.exists (fun k -> lu.Factors[k, k] = 0.) (seq { 0 .. lu.Factors.Rows - 1 })

    /// X of T X = B, T a triangle of a matrix with a diagonal of its own or of ones. B is overwritten.
    let substitute lower unitDiagonal (t: DenseMatrix) (b: DenseMatrix) =
        let n, columns = t.Rows, b.Columns
        for step in 0 .. n - 1 do
            let i = if lower then step else n - 1 - step
            for j in (if lower then seq { 0 .. i - 1 } else seq { i + 1 .. n - 1 }) do
                let factor = t[i, j]
                if factor <> 0. then Lines.addScaled -factor b.Data (j * columns) b.Data (i * columns) columns
            if not unitDiagonal then
                for k in i * columns .. (i + 1) * columns - 1 do
                    b.Data[k] <- b.Data[k] / t[i, i]

    /// X of A X = B.
    let solve (lu: LuFactors) (b: DenseMatrix) : DenseMatrix =
        let x = DenseMatrix.init b.Rows b.Columns (fun i j -> b[lu.Order[i], j])
        substitute true true lu.Factors x
        substitute false false lu.Factors x
        x

    let determinant (lu: LuFactors) =
        Seq.fold (fun product k -> product * lu.Factors[k, k]) lu.Sign (seq { 0 .. lu.Factors.Rows - 1 })

    /// The sign of the determinant and the logarithm of its size; 0 and -∞ where it vanishes.
    let logDeterminant (lu: LuFactors) =
        let diagonal = [| for k in 0 .. lu.Factors.Rows - 1 -> lu.Factors[k, k] |]
        Array.fold (fun s d -> s * float (sign d)) lu.Sign diagonal, Array.sumBy (abs >> log) diagonal

    /// P A Q = L U with the pivot that is largest of all that is left: the rows, the columns, det P · det Q.
    let private complete (a: DenseMatrix) =
        let n = a.Rows
        let m, rows, columns = DenseMatrix.copy a, Array.init n id, Array.init n id
        let mutable sign = 1.

        let swap (order: int array) i j =
            if i <> j then
                let x = order[i]
                order[i] <- order[j]
                order[j] <- x
                sign <- -sign

        for k in 0 .. n - 1 do
            let mutable row, column = k, k
            for i in k .. n - 1 do
                for j in k .. n - 1 do
                    if abs m[i, j] > abs m[row, column] then
                        row <- i
                        column <- j
            swap rows k row
            swap columns k column
            DenseMatrix.swapRows m k row
            DenseMatrix.swapColumns m k column
            if m[k, k] <> 0. then eliminate m k

        m, rows, columns, sign

    /// The cofactors of U, whose last element on the diagonal may be 0: det U · U⁻ᵀ without dividing by that element.
    let private cofactorsOfUpper (u: DenseMatrix) : DenseMatrix =
        let last = u.Rows - 1
        let head = DenseMatrix.init last last (fun i j -> u[i, j])
        // U₁⁻¹, and U₁⁻¹ u for the last column u of U.
        let x =
            DenseMatrix.init last (last + 1) (fun i j ->
                if j = last then u[i, last]
                elif i = j then 1.
                else 0.)
        substitute false false head x
        let size = Seq.fold (fun product k -> product * u[k, k]) 1. (seq { 0 .. last - 1 })

        DenseMatrix.init u.Rows u.Rows (fun i j ->
            if j < last && i < last then size * u[last, last] * x[j, i]
            elif i = last && j < last then -size * x[j, last]
            elif i = last then size
            else 0.)

    /// The matrix of cofactors, det A · A⁻ᵀ where A has an inverse, and right where it has none: with complete pivoting the
    /// zeros of the diagonal come last, and from the second zero on all cofactors vanish.
    let cofactors (a: DenseMatrix) : DenseMatrix =
        let n = a.Rows
        let lu, rows, columns, sign = complete a

        if n = 0 then
            a
        elif n > 1 && lu[n - 2, n - 2] = 0. then
            DenseMatrix.zeros n n
        else
            let m = cofactorsOfUpper lu
            substitute false true (DenseMatrix.transpose lu) m
            let result = DenseMatrix.zeros n n
            for i in 0 .. n - 1 do
                for j in 0 .. n - 1 do
                    result[rows[i], columns[j]] <- sign * m[i, j]
            result

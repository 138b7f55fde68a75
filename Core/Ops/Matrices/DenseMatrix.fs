namespace Functional

open System

/// A matrix in row-major order, as factorisations take and give it; Float64, whatever the tensor's data type.
type internal DenseMatrix =
    { Rows: int
      Columns: int
      Data: float array }

    member m.Item
        with get (i, j) = m.Data[i * m.Columns + j]
        and set (i, j) value = m.Data[i * m.Columns + j] <- value

[<RequireQualifiedAccess>]
module internal DenseMatrix =
    let zeros rows columns = { Rows = rows; Columns = columns; Data = Array.zeroCreate (rows * columns) }

    let init rows columns f =
        { Rows = rows
          Columns = columns
          Data = Array.init (rows * columns) (fun k -> f (k / columns) (k % columns)) }

    let identity n = init n n (fun i j -> if i = j then 1. else 0.)

    let copy (m: DenseMatrix) = { m with Data = Array.copy m.Data }

    let transpose (m: DenseMatrix) = init m.Columns m.Rows (fun i j -> m[j, i])

    /// a · b, row by row.
    let product (a: DenseMatrix) (b: DenseMatrix) =
        let result = zeros a.Rows b.Columns
        for i in 0 .. a.Rows - 1 do
            for k in 0 .. a.Columns - 1 do
                Lines.addScaled a[i, k] b.Data (k * b.Columns) result.Data (i * b.Columns) b.Columns
        result

    /// Σ sₖ mₖ of matrices of one size.
    let combination (terms: (float * DenseMatrix) list) =
        let first = snd terms.Head
        let result = zeros first.Rows first.Columns
        for s, m in terms do
            Lines.addScaled s m.Data 0 result.Data 0 m.Data.Length
        result

    let swapRows (m: DenseMatrix) i j =
        if i <> j then
            for k in 0 .. m.Columns - 1 do
                let x = m[i, k]
                m[i, k] <- m[j, k]
                m[j, k] <- x

    let swapColumns (m: DenseMatrix) i j =
        if i <> j then
            for k in 0 .. m.Rows - 1 do
                let x = m[k, i]
                m[k, i] <- m[k, j]
                m[k, j] <- x

    /// The power of two that brings the largest element near 1, and the matrix multiplied by it: exact, so that squares
    /// neither overflow nor vanish.
    let scaled (m: DenseMatrix) : float * DenseMatrix =
        let largest = m.Data |> Array.fold (fun most x -> max most (abs x)) 0.
        if largest = 0. || (largest > 1e-70 && largest < 1e70) then
            1., copy m
        else
            // In two halves: one power may leave the range.
            let exponent = -Math.ILogB largest
            let half = exponent / 2
            let scale x = Math.ScaleB(Math.ScaleB(x, half), exponent - half)
            Math.ScaleB(1., -exponent), { m with Data = Array.map scale m.Data }

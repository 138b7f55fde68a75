namespace Functional

open MathNet.Numerics.LinearAlgebra

/// What ops on matrices and their reverse rules are written with.
module internal MatrixRules =
    /// The elements of a matrix of MathNet's in row-major order.
    let rowMajor (m: Matrix<float>) = m.ToRowMajorArray()

    let notSquare (refuse: string -> string -> unit) (rows, columns) =
        if rows <> columns then
            refuse $"matrices of {rows} × {columns} are not square" "give as many rows as columns"

    let (.*) (a: Tensor) (b: Tensor) = Contractions.matmul a b
    let transposed (x: Tensor) = Arranging.transpose x
    let zerosLike (x: Tensor) = Movement.constant x.Interpreter x.Type 0.

    /// The identity in each place of a batch like x's, n × n.
    let identityLike (x: Tensor) n =
        let place = Scans.iota x DType.Int64 n
        let isDiagonal = Elementwise.lift Equal [ Arranging.resized [ n; 1 ] Format.None place; place ]
        let one = Elementwise.lift (Cast x.DType) [ isDiagonal ]
        Arranging.broadcastTo (List.ofArray x.Type.Sizes[.. x.Rank - 3] @ [ n; n ]) one

/// How samples of matrices are made.
module internal MatrixSamples =
    /// Near the diagonal 1, 2, 3 …: elements of size 1 at most, times 0.3 over the number of columns, are added to it. Singular
    /// values and eigenvalues are then at least 0.4 apart, and none is below 0.7 (Weyl).
    let spread (t: TensorType) (data: float array) =
        let rows, columns = t.Sizes[t.Rank - 2], t.Sizes[t.Rank - 1]
        data
        |> Array.mapi (fun k x ->
            let i, j = k / columns % rows, k % columns
            0.3 * x / float (max rows columns) + (if i = j then float (i + 1) else 0.))

    let sampled made (t: TensorType) = { Operand.any t with Valid = Some(-1., 1.); Made = made }

    let entry name summary (sample: (int -> int) -> TensorType -> (Op * Operand list) option) : Entry =
        { Name = name
          Family = "matrices"
          Summary = summary
          Sample = fun choose t -> if Scalars.isFloating t.DType then sample choose t else None }

    /// A type like t, of matrices of this size.
    let ofSize rows columns (t: TensorType) =
        TensorType(t.DType, List.ofArray t.Sizes[.. t.Rank - 3] @ [ rows; columns ])

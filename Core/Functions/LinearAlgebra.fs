namespace Functional.FSharp

open Functional

/// Linear algebra on the matrices in the last two dimensions; leading dimensions are a batch. Float32 and Float64, Float32 being
/// computed in Float64 and rounded once; the same bits on every machine with one order of summation, whatever the number of
/// threads. Leading dimensions keep their labels, those of matrices become U. A matrix that holds a NaN or an infinity, or
/// meets one, gives NaN in all of its results. All have gradients, of any order. All throw DTypeException for other data types,
/// DimensionException for less than a matrix, ShapeException for sizes that do not fit.
[<RequireQualifiedAccess>]
module LinearAlgebra =
    /// X of A X = B, by LU factors with partial pivoting: [… ; n; n] × [… ; n; k] → [… ; n; k], leading sizes being equal or 1;
    /// a vector b of n elements gives vectors, [… ; n].
    /// Throws LinearAlgebraException for a singular matrix.
    let solve (a: Tensor) (b: Tensor) : Tensor = Matrices.solve a b

    /// X of T X = B, T the lower or upper triangle of a matrix, whose other elements are not read; with ones for its diagonal
    /// where `unitDiagonal`. Shapes as for `solve`.
    /// Throws LinearAlgebraException for a 0 on the diagonal.
    let solveTriangular (lower: bool) (unitDiagonal: bool) (t: Tensor) (b: Tensor) : Tensor =
        Matrices.solveTriangular lower unitDiagonal t b

    /// A⁻¹. `solve` is faster and more exact where the inverse is multiplied with something.
    /// Throws LinearAlgebraException for a singular matrix.
    let inverse (x: Tensor) : Tensor = Matrices.inverse x

    /// The determinant, [… ; n; n] → […]; 1 for n = 0. Its gradient is right for singular matrices too.
    let det (x: Tensor) : Tensor = Matrices.determinant x

    /// The determinant's sign (0 for a singular matrix) and the natural logarithm of its size (-∞): it does not overflow.
    let slogdet (x: Tensor) : struct (Tensor * Tensor) = Matrices.logDeterminant x

    /// L of A = L Lᵀ, lower with a positive diagonal; A is symmetric and read from its lower triangle.
    /// Throws LinearAlgebraException for a matrix that is not positive definite.
    let cholesky (x: Tensor) : Tensor = Matrices.cholesky x

    /// A = Q R, reduced: [… ; m; n] → [… ; m; k], [… ; k; n], k = min m n; R upper with a diagonal of at least 0. The gradient
    /// is that of a matrix of full rank.
    let qr (x: Tensor) : struct (Tensor * Tensor) = Matrices.qr x

    /// A = U diag(s) Vᵀ, reduced: U [… ; m; k], s [… ; k] descending, Vᵀ [… ; k; n], k = min m n. Of each row of the longer
    /// factor's transpose the largest component is positive. Gradients through U and V are infinite or NaN where singular
    /// values meet, or are 0; those through s alone are not.
    let svd (x: Tensor) : struct (Tensor * Tensor * Tensor) = Matrices.svd x

    /// A = V diag(λ) Vᵀ of a symmetric matrix, read from its lower triangle: λ [… ; n] ascending, V [… ; n; n] by columns, the
    /// largest component of each positive. Gradients through V are infinite or NaN where eigenvalues meet.
    let eigh (x: Tensor) : struct (Tensor * Tensor) = Matrices.eigh x

    /// The pseudo-inverse of Moore and Penrose, [… ; m; n] → [… ; n; m]; singular values of `tolerance` times the largest and
    /// less count as 0.
    let pinv (tolerance: float) (x: Tensor) : Tensor = Matrices.pseudoInverse tolerance x

    /// The X of least length that minimises |A X - B|, by the pseudo-inverse.
    let lstsq (tolerance: float) (a: Tensor) (b: Tensor) : Tensor = Matrices.leastSquares tolerance a b

    /// Σ Aᵏ / k!, by scaling and squaring.
    let matrixExp (x: Tensor) : Tensor = Matrices.exponential x

    /// Aⁿ by repeated squaring; of the inverse for n < 0, the identity for 0.
    let matrixPower (n: int) (x: Tensor) : Tensor = Matrices.power n x

    /// The diagonal of which column - row is `offset`: [… ; m; n] → [… ; k]; empty beyond the matrix.
    let diagonal (offset: int) (x: Tensor) : Tensor = Matrices.diagonal offset x

    /// The matrix with these numbers on the diagonal of which column - row is `offset`, 0 elsewhere: [… ; k] → [… ; n; n],
    /// n = k + |offset|. Any data type.
    let diagonalMatrix (offset: int) (x: Tensor) : Tensor = Matrices.diagonalMatrix offset x

    /// The sum of the diagonal, […; m; n] → […].
    let trace (x: Tensor) : Tensor = Matrices.trace x

    /// Every element of A times all of B: [… ; m; n] × [… ; p; q] → [… ; m p; n q].
    let kron (a: Tensor) (b: Tensor) : Tensor = Matrices.kron a b

    /// The products of a matrix's columns, AᵀA: [… ; m; n] → [… ; n; n].
    let gram (x: Tensor) : Tensor = Matrices.gram x

    /// a × b of vectors of space, which are the last dimension, of size 3.
    let cross (a: Tensor) (b: Tensor) : Tensor = Matrices.cross a b

    /// A norm of each matrix, [… ; m; n] → […].
    let matrixNorm (kind: MatrixNorm) (x: Tensor) : Tensor = Matrices.matrixNorm kind x

namespace Functional;

/// <summary>
/// Linear algebra on the matrices in the last two dimensions; leading dimensions are a batch. Float32 and Float64, Float32 being
/// computed in Float64 and rounded once; the same bits whatever the number of threads. Leading dimensions keep their labels,
/// those of matrices become U. A matrix that holds a NaN or an infinity, or meets one, gives NaN in all of its results. All have
/// gradients, of any order. All throw <see cref="DTypeException"/> for other data types, <see cref="DimensionException"/> for less
/// than a matrix, <see cref="ShapeException"/> for sizes that do not fit.
/// </summary>
public static class LinearAlgebra
{
    private const double Tolerance = 1e-15;

    /// <summary>
    /// X of A X = B, by LU factors with partial pivoting: [… ; n; n] × [… ; n; k] → [… ; n; k], leading sizes being equal or 1; a
    /// vector b of n elements gives vectors, [… ; n].
    /// </summary>
    /// <exception cref="LinearAlgebraException">A matrix is singular.</exception>
    public static Tensor Solve(Tensor a, Tensor b) => Matrices.solve(a, b);

    /// <summary>X of T X = B, T the lower or upper triangle of a matrix, whose other elements are not read.</summary>
    /// <param name="t">The matrices.</param>
    /// <param name="b">The right sides, as for <see cref="Solve"/>.</param>
    /// <param name="lower">Whether it is the lower triangle.</param>
    /// <param name="unitDiagonal">Whether the diagonal counts as ones.</param>
    /// <exception cref="LinearAlgebraException">There is a 0 on the diagonal.</exception>
    public static Tensor SolveTriangular(Tensor t, Tensor b, bool lower = true, bool unitDiagonal = false) =>
        Matrices.solveTriangular(lower, unitDiagonal, t, b);

    /// <summary>A⁻¹. <see cref="Solve"/> is faster and more exact where the inverse is multiplied with something.</summary>
    /// <exception cref="LinearAlgebraException">A matrix is singular.</exception>
    public static Tensor Inverse(Tensor x) => Matrices.inverse(x);

    /// <summary>
    /// The determinant, [… ; n; n] → […]; 1 for n = 0. Its gradient is right for singular matrices too.
    /// </summary>
    public static Tensor Det(Tensor x) => Matrices.determinant(x);

    /// <summary>
    /// The determinant's sign (0 for a singular matrix) and the natural logarithm of its size (-∞): it does not overflow.
    /// </summary>
    public static (Tensor Sign, Tensor LogAbs) SlogDet(Tensor x) => Matrices.logDeterminant(x);

    /// <summary>L of A = L Lᵀ, lower with a positive diagonal; A is symmetric and read from its lower triangle.</summary>
    /// <exception cref="LinearAlgebraException">A matrix is not positive definite.</exception>
    public static Tensor Cholesky(Tensor x) => Matrices.cholesky(x);

    /// <summary>
    /// A = Q R, reduced: [… ; m; n] → [… ; m; k], [… ; k; n], k = min m n; R upper with a diagonal of at least 0. The gradient is
    /// that of a matrix of full rank.
    /// </summary>
    public static (Tensor Q, Tensor R) Qr(Tensor x) => Matrices.qr(x);

    /// <summary>
    /// A = U diag(s) Vᵀ, reduced: U [… ; m; k], s [… ; k] descending, Vᵀ [… ; k; n], k = min m n. Gradients through U and V are
    /// infinite or NaN where singular values meet, or are 0; those through s alone are not.
    /// </summary>
    public static (Tensor U, Tensor S, Tensor Vt) Svd(Tensor x) => Matrices.svd(x);

    /// <summary>
    /// A = V diag(λ) Vᵀ of a symmetric matrix, read from its lower triangle: λ [… ; n] ascending, V [… ; n; n] by columns, the
    /// largest component of each positive. Gradients through V are infinite or NaN where eigenvalues meet.
    /// </summary>
    public static (Tensor Values, Tensor Vectors) Eigh(Tensor x) => Matrices.eigh(x);

    /// <summary>
    /// The pseudo-inverse of Moore and Penrose, [… ; m; n] → [… ; n; m]; singular values of <paramref name="tolerance"/> times the
    /// largest and less count as 0.
    /// </summary>
    public static Tensor Pinv(Tensor x, double tolerance = Tolerance) => Matrices.pseudoInverse(tolerance, x);

    /// <summary>The X of least length that minimises |A X - B|, by the pseudo-inverse.</summary>
    public static Tensor Lstsq(Tensor a, Tensor b, double tolerance = Tolerance) => Matrices.leastSquares(tolerance, a, b);

    /// <summary>Σ Aᵏ / k!, by scaling and squaring.</summary>
    public static Tensor MatrixExp(Tensor x) => Matrices.exponential(x);

    /// <summary>Aⁿ by repeated squaring; of the inverse for n &lt; 0, the identity for 0.</summary>
    public static Tensor MatrixPower(Tensor x, int n) => Matrices.power(n, x);

    /// <summary>
    /// The diagonal of which column - row is <paramref name="offset"/>: [… ; m; n] → [… ; k]; empty beyond the matrix.
    /// </summary>
    public static Tensor Diagonal(Tensor x, int offset = 0) => Matrices.diagonal(offset, x);

    /// <summary>
    /// The matrix with these numbers on the diagonal of which column - row is <paramref name="offset"/>, 0 elsewhere:
    /// [… ; k] → [… ; n; n], n = k + |offset|. Any data type.
    /// </summary>
    public static Tensor DiagonalMatrix(Tensor x, int offset = 0) => Matrices.diagonalMatrix(offset, x);

    /// <summary>The sum of the diagonal, […; m; n] → […].</summary>
    public static Tensor Trace(Tensor x) => Matrices.trace(x);

    /// <summary>Every element of A times all of B: [… ; m; n] × [… ; p; q] → [… ; m p; n q].</summary>
    public static Tensor Kron(Tensor a, Tensor b) => Matrices.kron(a, b);

    /// <summary>The products of a matrix's columns, AᵀA: [… ; m; n] → [… ; n; n].</summary>
    public static Tensor Gram(Tensor x) => Matrices.gram(x);

    /// <summary>a × b of vectors of space, which are the last dimension, of size 3.</summary>
    public static Tensor Cross(Tensor a, Tensor b) => Matrices.cross(a, b);

    /// <summary>A norm of each matrix, [… ; m; n] → […].</summary>
    public static Tensor MatrixNorm(Tensor x, MatrixNorm kind = Functional.MatrixNorm.Frobenius) => Matrices.matrixNorm(kind, x);
}

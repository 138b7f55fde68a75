namespace Functional

open System

/// e to the power of a matrix.
[<RequireQualifiedAccess>]
module internal Exponential =
    let private coefficients =
        [| 64764752532480000.
           32382376266240000.
           7771770303897600.
           1187353796428800.
           129060195264000.
           10559470521600.
           670442572800.
           33522128640.
           1323241920.
           40840800.
           960960.
           16380.
           182.
           1. |]

    /// The approximant of degree 13: r(A) = (V - U)⁻¹ (V + U), U the odd terms.
    let private pade (a: DenseMatrix) =
        let b = coefficients
        let a2 = DenseMatrix.product a a
        let a4 = DenseMatrix.product a2 a2
        let a6 = DenseMatrix.product a4 a2
        let one = DenseMatrix.identity a.Rows
        let part k =
            let high = DenseMatrix.combination [ b[k + 6], a6; b[k + 4], a4; b[k + 2], a2 ]
            let low =
                if k = 7 then
                    [ b[7], a6; b[5], a4; b[3], a2; b[1], one ]
                else
                    [ b[6], a6; b[4], a4; b[2], a2; b[0], one ]
            DenseMatrix.combination ((1., DenseMatrix.product a6 high) :: low)
        let u, v = DenseMatrix.product a (part 7), part 6
        LuFactors.solve
            (LuFactors.factor (DenseMatrix.combination [ 1., v; -1., u ]))
            (DenseMatrix.combination [ 1., v; 1., u ])

    /// Scaling and squaring: N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", SIAM J.
    /// Matrix Anal. Appl. 26 (2005); to the unit roundoff of Float64 backwards.
    let exp (a: DenseMatrix) : DenseMatrix =
        let n = a.Rows
        let columnSum j = Seq.sumBy (fun i -> abs a[i, j]) (seq { 0 .. n - 1 })
        let norm = Seq.fold (fun most j -> max most (columnSum j)) 0. (seq { 0 .. n - 1 })
        // Beyond 1100 nothing is left of the smallest number.
        let squarings = if norm > 5.371920351148152 then 1 + min 1099 (Math.ILogB(norm / 5.371920351148152)) else 0
        let scaled = { a with Data = a.Data |> Array.map (fun x -> Math.ScaleB(x, -squarings)) }
        Seq.fold (fun x _ -> DenseMatrix.product x x) (pade scaled) (seq { 1..squarings })

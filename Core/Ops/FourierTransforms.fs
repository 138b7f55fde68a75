namespace Functional

open System
open System.Collections.Generic
open System.Numerics
open MathNet.Numerics.IntegralTransforms

/// Where the factor 1/n of a Fourier transform and its inverse stands.
type FourierNorm =
    /// In the inverse.
    | Backward = 0
    /// Its root in both, so that they keep lengths.
    | Ortho = 1
    /// In the transform.
    | Forward = 2

/// Discrete Fourier transforms. A complex tensor is two real ones of one type: its real and its imaginary parts.
[<RequireQualifiedAccess>]
module internal FourierTransforms =
    /// The exponent by which a row is brought near 1, where sums of its products could leave the range of numbers; else 0.
    let private exponentOf (row: Complex array) =
        let greatest = row |> Array.fold (fun most z -> max most (max (abs z.Real) (abs z.Imaginary))) 0.
        let exponent = if greatest = 0. then 0 else Math.ILogB greatest
        if abs exponent > 400 then exponent else 0

    /// In place: Y[k] = Σ X[j] e^(∓2πi jk/n). What is not finite makes NaN of all.
    let private transformRow inverse (row: Complex array) =
        if Array.forall Complex.IsFinite row then
            let exponent = exponentOf row
            let scale e =
                if exponent <> 0 then
                    for k in 0 .. row.Length - 1 do
                        row[k] <- Complex(Math.ScaleB(row[k].Real, e), Math.ScaleB(row[k].Imaginary, e))
            scale -exponent
            if inverse then
                Fourier.Inverse(row, FourierOptions.NoScaling)
            else
                Fourier.Forward(row, FourierOptions.NoScaling)
            scale exponent
        else
            Array.Fill(row, Complex(nan, nan))

    /// Along the last dimension, of n numbers, in place.
    let private transformRows inverse n (real: float array) (imaginary: float array) =
        let row = Array.zeroCreate<Complex> n
        for number in 0 .. (if n = 0 then 0 else real.Length / n) - 1 do
            let first = number * n
            for k in 0 .. n - 1 do
                row[k] <- Complex(real[first + k], imaginary[first + k])
            transformRow inverse row
            for k in 0 .. n - 1 do
                real[first + k] <- row[k].Real
                imaginary[first + k] <- row[k].Imaginary

    let private run inverse (types: TensorType list) (arrays: Array list) : Array list =
        let n = types.Head.Sizes[types.Head.Rank - 1]
        match arrays with
        | [ (:? (float32 array) as re); (:? (float32 array) as im) ] ->
            let re, im = Array.map float re, Array.map float im
            transformRows inverse n re im
            [ Array.map float32 re; Array.map float32 im ]
        | [ re; im ] ->
            let re, im = re.Clone() :?> float array, im.Clone() :?> float array
            transformRows inverse n re im
            [ re; im ]
        | _ -> invalidOp "real and imaginary parts"

    let private infer name (types: TensorType list) =
        let re = types.Head
        if re.Rank = 0 then
            Labels.dimensionError name types "a scalar has no dimensions" "give at least one dimension"
        if not (Scalars.isFloating re.DType) then
            Labels.dtypeError name types $"{re.DType} has no fractions" "cast it to Float32 or Float64"
        if types[1].DType <> re.DType then
            Labels.dtypeError name types "the parts' data types differ" $"cast one to {re.DType}"
        if types[1] <> re then
            Labels.shapeError name types "the parts are not alike" "give real and imaginary parts of one type"
        [ re; re ]

    /// The definition, term by term.
    let private eval inverse (results: TensorType list) (lanes: Lanes list) =
        let ty = results.Head
        let last = ty.Rank - 1
        let n = ty.Sizes[last]
        let part (x: Lanes) i =
            match x.At i with
            | Real x -> x
            | Whole n -> float n
        let rows = Dictionary<int list, Complex array>()
        let transformed (outer: int list) =
            match rows.TryGetValue outer with
            | true, row -> row
            | _ ->
                let x =
                    [| for j in 0 .. n - 1 -> Complex(part lanes[0] (outer @ [ j ]), part lanes[1] (outer @ [ j ])) |]
                let turn = if inverse then 2. * Math.PI else -2. * Math.PI
                let term k j =
                    x[j] * Complex.FromPolarCoordinates(1., turn * float (int64 j * int64 k % int64 n) / float n)
                let row =
                    if Array.forall Complex.IsFinite x then
                        [| for k in 0 .. n - 1 -> Seq.init n (term k) |> Seq.fold (+) Complex.Zero |]
                    else
                        Array.create n (Complex(nan, nan))
                rows[outer] <- row
                row
        let at (choose: Complex -> float) (i: int list) =
            let row = transformed (List.take last i)
            Scalars.store ty.DType (Real(choose row[i[last]]))
        [ at _.Real; at _.Imaginary ]

    /// [… ; n], [… ; n] → [… ; n], [… ; n], without a factor. It is linear; its transpose is its inverse but for the factor.
    let rec op inverse : Op =
        let name = if inverse then "InverseFft" else "Fft"

        let pull (wanted: int list) _ (results: Tensor list) (cotangents: Tensor option list) =
            match cotangents with
            | [ None; None ] -> [ for _ in wanted -> None ]
            | _ ->
                let zeros () = Movement.constant results.Head.Interpreter results.Head.Type 0.
                let part k = cotangents[k] |> Option.defaultWith zeros
                let back = Tensor.Apply(op (not inverse), [ part 0; part 1 ])
                [ for i in wanted -> Some back[i] ]

        { Name = name
          Attributes = []
          Infer = infer name
          Eval = fun _ results lanes -> eval inverse results lanes
          Pull = pull
          Kernel = Opaque(fun types _ arrays -> run inverse types arrays) }

    let private factor inverse norm n =
        match norm with
        | FourierNorm.Ortho -> 1. / sqrt (float n)
        | FourierNorm.Forward when not inverse -> 1. / float n
        | FourierNorm.Backward when inverse -> 1. / float n
        | _ -> 1.

    let transform inverse (norm: FourierNorm) dim (Given "Fft" re) (Given "Fft" im) : struct (Tensor * Tensor) =
        if not (Enum.IsDefined<FourierNorm> norm) then
            raise (ArgumentOutOfRangeException(nameof norm, norm, "there is no such norm"))
        infer (if inverse then "InverseFft" else "Fft") [ re.Type; im.Type ] |> ignore
        let dim = Labels.dimension "Fft" re.Type dim
        let n = re.Type.Sizes[dim]
        let results = Tensor.Apply(op inverse, [ Arranging.moveDim dim -1 re; Arranging.moveDim dim -1 im ])
        let placed (x: Tensor) =
            let x = Arranging.moveDim -1 dim x
            match factor inverse norm (max 1 n) with
            | 1. -> x
            | factor -> factor * x
        struct (placed results[0], placed results[1])

    /// The half of a real tensor's transform that the other half is the conjugate of: n/2 + 1 numbers.
    let ofReal norm dim (Given "Fft" x) : struct (Tensor * Tensor) =
        let dim = Labels.dimension "Fft" x.Type dim
        let n = x.Type.Sizes[dim]
        let struct (re, im) = transform false norm dim x (Movement.constant x.Interpreter x.Type 0.)
        let half t = if n = 0 then t else Scans.part dim 0 (n / 2 + 1) t
        struct (half re, half im)

    /// The real tensor of which this is that half; `length` numbers along the dimension.
    let toReal norm length dim (Given "InverseFft" re) (Given "InverseFft" im) : Tensor =
        infer "InverseFft" [ re.Type; im.Type ] |> ignore
        let dim = Labels.dimension "InverseFft" re.Type dim
        let half = re.Type.Sizes[dim]
        if length < 1 || half <> length / 2 + 1 then
            Labels.shapeError
                "InverseFft"
                [ re.Type; im.Type ]
                $"{half} numbers are not the half of a transform of {length}"
                $"give {max 1 length / 2 + 1} numbers, or a length of {max 1 (2 * half - 2)} or {max 1 (2 * half - 1)}"
        // Number n - k is the conjugate of number k. What is imaginary of those that are their own partners stays imaginary.
        let mirrored t = Scans.part dim 1 (length - half) t |> Scans.reversed dim
        let whole sign (t: Tensor) =
            if length = half then t else Define.apply (Movement.concat dim) [ t; sign * mirrored t ]
        let struct (x, _) = transform true norm dim (whole 1. re) (whole -1. im)
        x

    /// k/(n·spacing) for k = 0 … ⌈n/2⌉ - 1, -⌊n/2⌋ … -1.
    let frequencies n (spacing: float) : float array =
        [| for k in 0 .. n - 1 -> float (if k < (n + 1) / 2 then k else k - n) / (float n * spacing) |]

    let entries: Entry list =
        let entry inverse name summary : Entry =
            { Name = name
              Family = "Fourier"
              Summary = summary
              Sample =
                fun _ t ->
                    if t.Rank = 0 || not (Scalars.isFloating t.DType) then
                        None
                    else
                        Some(op inverse, [ Operand.any t; Operand.any t ]) }
        [ entry false "Fft" "Y[k] = Σ X[j] e^(-2πi jk/n) along the last dimension, by real and imaginary parts."
          entry true "InverseFft" "X[j] = Σ Y[k] e^(2πi jk/n) along the last dimension, without the factor 1/n." ]

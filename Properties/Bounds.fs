namespace Functional.Properties

open System
open Functional

/// How far a kernel's results may be from the oracle's, derived from the op.
[<RequireQualifiedAccess>]
module internal Bounds =
    type private Operands = (TensorType * Lane array) list

    let private sameLane a b =
        match a, b with
        | Real x, Real y -> BitConverter.DoubleToInt64Bits x = BitConverter.DoubleToInt64Bits y || (x <> x && y <> y)
        | Whole m, Whole n -> m = n
        | _ -> false

    let private sameNumber a b =
        match a, b with
        | Real x, Real y -> x = y || (x <> x && y <> y)
        | _ -> sameLane a b

    let private number lane =
        match lane with
        | Real x -> x
        | Whole n -> float n

    let rec private isExact formula =
        match formula with
        | Apply(f, args) -> Range.ulps f = 0. && List.forall isExact args
        | _ -> true

    let private unitOf dtype = if dtype = DType.Float32 then 1.1920929e-7 else 2.220446049250313e-16
    let private largest dtype = if dtype = DType.Float32 then float Single.MaxValue else Double.MaxValue
    let private smallestNormal dtype = if dtype = DType.Float32 then 1.17549435e-38 else 2.2250738585072014e-308
    let private smallest dtype = if dtype = DType.Float32 then float Single.Epsilon else Double.Epsilon

    let private mapReals f (operands: Operands) : Operands =
        [ for ty, lanes in operands ->
              ty,
              lanes
              |> Array.map (fun lane ->
                  match lane with
                  | Real x -> Real(f x)
                  | n -> n) ]

    /// A sum of n products or terms, in whatever order and with whatever intermediate rounding, is within
    /// n · ε · Σ|terms| of the exact one to first order (Higham, "Accuracy and Stability of Numerical Algorithms",
    /// §4.2); kernel and oracle both, hence twice that. Σ|terms| is what the op itself gives for absolute values.
    /// Underflow costs a product no more than the smallest number. Terms that are not finite settle the class of the
    /// result; where partial sums may overflow nothing is settled.
    let private sums mayUnderflow n (evaluate: Operands -> Lane array) dtype (operands: Operands) =
        let magnitudes = operands |> mapReals (fun x -> if Double.IsFinite x then abs x else 0.) |> evaluate

        fun k (expected: Lane) actual ->
            let magnitude = number magnitudes[k]
            let bound = float n * (2. * unitOf dtype * magnitude + smallest dtype)

            // Terms that are all zeros: the sign of their sum is settled, unless a product of tiny numbers was rounded to 0.
            if magnitude = 0. && not mayUnderflow then sameLane expected actual
            elif not (magnitude < largest dtype / 2.) then true
            elif Double.IsFinite(number expected) then abs (number expected - number actual) <= bound
            else sameNumber expected actual

    /// A product of n factors in whatever order is within n · ε of the exact one relatively, unless a partial product
    /// may leave the range of normal numbers: the greatest and least of them are the products of max(|x|, 1) and of
    /// min(|x|, 1).
    let private products n (evaluate: Operands -> Lane array) dtype operands =
        let greatest = evaluate (mapReals (fun x -> max (abs x) 1.) operands)
        let least = evaluate (mapReals (fun x -> if x = 0. then 1. else min (abs x) 1.) operands)

        fun k expected actual ->
            let inRange = number greatest[k] < largest dtype / 2. && number least[k] > 2. * smallestNormal dtype

            if not inRange && not (Double.IsNaN(number greatest[k])) then
                true
            elif Double.IsFinite(number expected) then
                abs (number expected - number actual) <= 2. * float n * unitOf dtype * abs (number expected)
            else
                sameNumber expected actual

    /// Ops on matrices are backward stable, and their samples are far from singular, with eigenvalues and singular values
    /// apart: elements are within a modest multiple of n · ε of the largest in the result (Higham, "Accuracy and Stability of
    /// Numerical Algorithms", §9–§20). Where that is not finite nothing is settled.
    let private ofMatrices (op: Op) (results: TensorType list) (operands: Operands) k =
        let found = Evaluate.op op { Key = 0UL; Position = 0UL } results operands
        let size lane = let x = abs (number lane) in if Double.IsFinite x then x else 0.
        let largest = Array.fold (fun most lane -> max most (size lane)) 1. (List.item k found)
        let n = operands |> List.map (fun (ty, _) -> Array.fold max 1 ty.Sizes) |> List.max
        let bound = 100. * float n * unitOf results[k].DType * largest

        fun _ expected actual ->
            if Double.IsFinite(number expected) then
                abs (number expected - number actual) <= bound
            else
                sameNumber expected actual

    /// A transform of n numbers, by whatever algorithm, is within a modest multiple of n · ε · Σ|x| of the exact one (Higham, §24);
    /// real and imaginary parts share it. Where Σ|x| may overflow nothing is settled.
    let private ofTransforms (operands: Operands) =
        let ty = fst operands.Head
        let n = float ty.Sizes[ty.Rank - 1]
        let size lane = let x = abs (number lane) in if Double.IsFinite x then x else 0.
        let most =
            operands
            |> List.sumBy (fun (_, lanes) -> Array.fold (fun most lane -> max most (size lane)) 0. lanes)
        let bound = 40. * n * (unitOf ty.DType * n * most + smallest ty.DType)

        fun _ expected actual ->
            if not (n * most < largest ty.DType / 2.) then true
            elif Double.IsFinite(number expected) then abs (number expected - number actual) <= bound
            else sameNumber expected actual

    let private ofFirst (op: Op) (result: TensorType) (operands: Operands) : int -> Lane -> Lane -> bool =
        let evaluate operands = Evaluate.op op { Key = 0UL; Position = 0UL } [ result ] operands |> List.head
        let exactly _ expected actual = sameLane expected actual
        let size d = (fst operands.Head).Sizes[d]
        let sizes dims = dims |> List.fold (fun n d -> n * size d) 1

        match op.Kernel with
        | Map formula when isExact formula -> exactly
        | Map formula ->
            let types = [ for ty, _ in operands -> ty.DType ]
            fun k expected actual ->
                let lanes = [ for ty, lanes in operands -> if ty.Rank = 0 then lanes[0] else lanes[k] ]
                let range = Range.formula types lanes formula
                Range.contains expected range && Range.contains actual range
        | _ when not (Scalars.isFloating result.DType) -> exactly
        | Reduce(SumOf, dims) -> sums false (sizes dims) evaluate result.DType operands
        | Scan(SumOf, dim) -> sums false (size dim) evaluate result.DType operands
        | Contract contraction -> sums true (sizes (List.map fst contraction.Sum)) evaluate result.DType operands
        | Convolve _ ->
            let filters = fst operands[1]
            sums true (filters.Count / max 1 filters.Sizes[0]) evaluate result.DType operands
        | Move(Overlap(window, _)) -> sums false window.Size evaluate result.DType operands
        | Move(Scatter(Added, _)) -> sums false (1 + (snd operands[1]).Length) evaluate result.DType operands
        | Reduce(ProductOf, dims) -> products (sizes dims) evaluate result.DType operands
        | Scan(ProductOf, dim) -> products (size dim) evaluate result.DType operands
        // Of zeros of both signs either may be the extreme.
        | Reduce _
        | Scan _ -> fun _ expected actual -> sameNumber expected actual
        | Move _
        | Random
        | Opaque _
        | Nested _ -> exactly

    /// Whether kernel and oracle do the same to the bit, instruction by instruction.
    let rec private isExactTrace (trace: Trace) =
        trace.Instructions
        |> Array.forall (fun i ->
            match i.Op.Kernel with
            | Map formula -> isExact formula
            | Nested(bodies, _) -> List.forall isExactTrace bodies
            | Reduce _
            | Scan _
            | Contract _
            | Convolve _
            | Move(Overlap _ | Scatter(Added, _)) ->
                i.Results |> Array.forall (fun result -> not (Scalars.isFloating result.DType))
            | Opaque _ -> i.Results |> Array.forall (fun result -> not (Scalars.isFloating result.DType))
            | Move _
            | Random -> true)

    /// Whether lane i of a kernel's k-th result agrees with the oracle's.
    let agreement (op: Op) (results: TensorType list) (operands: Operands) k : int -> Lane -> Lane -> bool =
        match op.Kernel with
        // What bodies do to a rounding error has no bound; their instructions are compared one by one.
        | Nested(bodies, _) when not (List.forall isExactTrace bodies) -> fun _ _ _ -> true
        | Opaque _ when op.Name = "Fft" || op.Name = "InverseFft" -> ofTransforms operands
        | Opaque _ when Scalars.isFloating (List.item k results).DType -> ofMatrices op results operands k
        | _ when k = 0 -> ofFirst op results.Head operands
        | _ -> fun _ expected actual -> sameLane expected actual

namespace Functional

open System

/// What becomes of elements that are put where others stand.
type internal Scattered =
    /// The last of those with one position replaces what was there.
    | Replacing
    | Greatest
    | Least

/// Elements put at positions which are themselves in a tensor, other than by adding; and what is made of segments. Collisions
/// are settled in ascending order, so that the bits are always the same.
[<RequireQualifiedAccess>]
module internal Scattering =
    let private nameOf scattered =
        match scattered with
        | Replacing -> "Scatter"
        | Greatest -> "ScatterMax"
        | Least -> "ScatterMin"

    let private combine scattered (there: Lane) (update: Lane) =
        match scattered with
        | Replacing -> update
        | Greatest -> Scalars.eval Max [ there; update ]
        | Least -> Scalars.eval Min [ there; update ]

    let private position name (types: TensorType list) dim lane =
        match lane with
        | Whole position -> Gathering.inside name types types.Head.Sizes[dim] position
        | Real _ -> invalidOp "indices are integers"

    /// Into `target`, which holds operand 0: [outer; size; inner], the updates [outer; count; inner].
    let private put<'T>
        (combine: 'T -> 'T -> 'T)
        (positions: int array)
        size
        inner
        (updates: 'T array)
        (target: 'T array)
        =
        let count = positions.Length
        for o in 0 .. (if size * inner = 0 then 0 else target.Length / (size * inner)) - 1 do
            for j in 0 .. count - 1 do
                let into, from = (o * size + positions[j]) * inner, (o * count + j) * inner
                for k in 0 .. inner - 1 do
                    target[into + k] <- combine target[into + k] updates[from + k]

    let inline private typed scattered greatest least : 'T -> 'T -> 'T =
        match scattered with
        | Replacing -> fun _ update -> update
        | Greatest -> greatest
        | Least -> least

    let private run scattered dim (types: TensorType list) (arrays: Array list) : Array =
        let x, name = types.Head, nameOf scattered
        let inside p = Gathering.inside name types x.Sizes[dim] p
        let positions =
            match arrays[1] with
            | :? (int array) as p -> Array.map (int64 >> inside) p
            | p -> Array.map inside (p :?> int64 array)
        let inner = Array.fold (*) 1 x.Sizes[dim + 1 ..]
        let target = arrays[0].Clone() :?> Array
        let put combine (updates: 'T array) = put combine positions x.Sizes[dim] inner updates (target :?> 'T array)
        match arrays[2] with
        | :? (float32 array) as u -> put (typed scattered (fun a b -> Single.Max(a, b)) (fun a b -> Single.Min(a, b))) u
        | :? (float array) as u -> put (typed scattered (fun a b -> Double.Max(a, b)) (fun a b -> Double.Min(a, b))) u
        | :? (int array) as u -> put (typed scattered max min) u
        | :? (int64 array) as u -> put (typed scattered max min) u
        | u -> put (typed scattered (||) (&&)) (u :?> bool array)
        target

    /// Updates put into x at the positions, of the type that gathering from x gives.
    let private along (dim: int) (x: Tensor) positions = Gathering.gatherAt dim positions x

    /// Which updates came to stand where they were put: the last of each position.
    let private isLast dim (x: Tensor) (positions: Tensor) (op: Op) =
        let count = positions.Count
        let numbers = Scans.iota positions DType.Int64 count
        let none = Movement.constant positions.Interpreter (TensorType(DType.Int64, [ x.Type.Sizes[dim] ])) -1.
        let row = Arranging.resized [ count ] Format.None positions
        let winner = Define.apply op [ none; row; numbers ] |> Gathering.gatherAt 0 row
        let sizes =
            [ for _ in 1..dim -> 1 ]
            @ List.ofArray positions.Type.Sizes
            @ [ for _ in dim + 1 .. x.Rank - 1 -> 1 ]
        Arranging.resized sizes Format.None (Elementwise.lift Equal [ winner; numbers ])

    let private zeroWhere (mask: Tensor) (dy: Tensor) =
        let plain = Arranging.resized (List.ofArray dy.Type.Sizes) Format.None dy
        Elementwise.lift Where [ mask; plain; Tensor.Literal(dy.DType, 0.) ]
        |> Arranging.resized (List.ofArray dy.Type.Sizes) dy.Format

    let rec private pull scattered dim i (args: Tensor list) (y: Tensor) (dy: Tensor) : Tensor option =
        let x, positions = args[0], args[1]
        match scattered, i with
        | _, 1 -> None
        | Replacing, 0 ->
            let zeros = Movement.constant dy.Interpreter args[2].Type 0.
            Some(Define.apply (op Replacing dim) [ dy; positions; zeros ])
        | Replacing, _ -> Some(zeroWhere (isLast dim x positions (op Replacing 0)) (along dim dy positions))
        | _ ->
            // Those equal to the extreme share its cotangent.
            let one (mask: Tensor) = Elementwise.lift (Cast x.DType) [ mask ]
            let equal a b = Elementwise.lift Equal [ a; b ]
            let among = equal args[2] (along dim y positions)
            let count = Define.apply (Gathering.scatterAdd dim) [ one (equal x y); positions; one among ]
            let share = dy / count
            let mask, cotangent = if i = 0 then equal x y, share else among, along dim share positions
            Some(Elementwise.lift Where [ mask; cotangent; Tensor.Literal(x.DType, 0.) ])

    /// Operand 2, of the type that Gather gives, put into operand 0 at the positions that operand 1 holds along a dimension.
    and op scattered dim : Op =
        let name = nameOf scattered

        let infer (types: TensorType list) =
            let expected = Gathering.gathered name types dim types[0] types[1]
            if scattered <> Replacing && types[0].DType = DType.Bool then
                Labels.dtypeError name types "Bool has no order" "cast to Int32"
            elif types[2] <> expected then
                let refuse = if types[2].DType <> expected.DType then Labels.dtypeError else Labels.shapeError
                refuse name types "what is put in has another type" $"{expected} is what fits"
            types[0]

        let eval (result: TensorType) (lanes: Lanes list) (i: int list) =
            let types = [ for x in lanes -> x.Type ]
            let before, after, indices = List.take dim i, List.skip (dim + 1) i, lanes[1].Type
            Seq.init indices.Count (Movement.index (List.ofArray indices.Sizes))
            |> Seq.filter (fun at -> position name types dim (lanes[1].At at) = i[dim])
            |> Seq.fold (fun there at -> combine scattered there (lanes[2].At(before @ at @ after))) (lanes[0].At i)
            |> Scalars.store result.DType

        let run types _ arrays = [ run scattered dim types arrays ]
        Define.op name [ "dim", box dim ] (Opaque run) infer eval (pull scattered dim)

    let scatter scattered dim (Given "Scatter" positions) (Given "Scatter" updates) (Given "Scatter" x) : Tensor =
        Define.apply (op scattered (Labels.dimension (nameOf scattered) x.Type dim)) [ x; positions; updates ]

    let private segmented name (segments: Tensor) count dim (x: Tensor) =
        let dim = Labels.dimension name x.Type dim
        let types = [ x.Type; segments.Type ]
        if segments.Rank <> 1 || segments.Count <> x.Type.Sizes[dim] then
            Labels.shapeError
                name
                types
                $"dimension {dim} has not a segment for each of its elements"
                $"give {x.Type.Sizes[dim]} numbers of segments"
        if count < 0 then Labels.shapeError name types $"there are no {count} segments" "use 0 or more"
        let sizes = x.Type.Sizes |> Array.mapi (fun k size -> if k = dim then count else size)
        dim, TensorType(x.DType, sizes, x.Format), Arranging.resized [ segments.Count ] Format.None segments

    /// Σ of the elements of each segment along a dimension; of none 0.
    let sum (Given "SegmentSum" segments) count dim (Given "SegmentSum" x) : Tensor =
        let dim, ty, segments = segmented "SegmentSum" segments count dim x
        Gathering.scatterAddAt dim segments x (Movement.constant x.Interpreter ty 0.)

    /// Their mean; of none NaN.
    let mean (Given "SegmentMean" segments) count dim (Given "SegmentMean" x) : Tensor =
        if not (Scalars.isFloating x.DType) then
            Labels.dtypeError "SegmentMean" [ x.Type ] $"{x.DType} has no fractions" "cast it to Float32 or Float64"
        let ones = Movement.constant segments.Interpreter (TensorType(x.DType, [ segments.Count ])) 1.
        let dim, _, row = segmented "SegmentMean" segments count dim x
        let sizes = [ for k in 0 .. x.Rank - 1 -> if k = dim then count else 1 ]
        let total = sum segments count dim x
        let plain = Arranging.resized (List.ofArray total.Type.Sizes) Format.None total
        plain / Arranging.resized sizes Format.None (sum row count 0 ones)
        |> Arranging.resized (List.ofArray total.Type.Sizes) total.Format

    let private extreme name scattered start (segments: Tensor) count dim (x: Tensor) =
        if not (Scalars.isFloating x.DType) then
            Labels.dtypeError name [ x.Type ] $"{x.DType} has no infinity for segments of nothing" "cast it to Float64"
        let dim, ty, segments = segmented name segments count dim x
        scatter scattered dim segments x (Movement.constant x.Interpreter ty start)

    /// The greatest element of each segment; of none -∞.
    let max (Given "SegmentMax" segments) count dim (Given "SegmentMax" x) : Tensor =
        extreme "SegmentMax" Greatest -infinity segments count dim x

    /// The least element of each segment; of none ∞.
    let min (Given "SegmentMin" segments) count dim (Given "SegmentMin" x) : Tensor =
        extreme "SegmentMin" Least infinity segments count dim x

    let entries: Entry list =
        let entry scattered summary : Entry =
            { Name = nameOf scattered
              Family = "indexing"
              Summary = summary
              Sample =
                fun choose t ->
                    if t.Rank = 0 || (scattered <> Replacing && t.DType = DType.Bool) then
                        None
                    else
                        let dim = choose t.Rank
                        let positions = Gathering.positions choose t.Sizes[dim]
                        let updates = Gathering.gathered "Scatter" [ t; positions.Type ] dim t positions.Type
                        Some(op scattered dim, [ Operand.any t; positions; Operand.any updates ]) }

        [ entry
              Replacing
              "Elements put in the place of others at positions along a dimension; the last of equal ones stays."
          entry Greatest "The greatest of what stands, and is put, at positions along a dimension."
          entry Least "The least of what stands, and is put, at positions along a dimension." ]

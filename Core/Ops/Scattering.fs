namespace Functional

/// Elements put at positions which are themselves in a tensor, other than by adding; and what is made of segments. Collisions
/// are settled in ascending order, so that the bits are always the same.
[<RequireQualifiedAccess>]
module internal Scattering =
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

    let private zeroUnless (mask: Tensor) (dy: Tensor) =
        Elementwise.lift Where [ mask; Movement.relabel Format.None dy; Tensor.Literal(dy.DType, 0.) ]
        |> Movement.relabel dy.Format

    /// Operand 2 put in the place of what stands in operand 0; of equal positions the last stays.
    let rec replace dim : Op =
        let pull i (args: Tensor list) _ (dy: Tensor) =
            let x, positions = args[0], args[1]
            match i with
            | 0 ->
                let zeros = Movement.constant dy.Interpreter args[2].Type 0.
                Some(Define.apply (replace dim) [ dy; positions; zeros ])
            | 1 -> None
            | _ -> Some(zeroUnless (isLast dim x positions (replace 0)) (Gathering.gatherAt dim positions dy))

        Gathering.scattering Replaced dim pull

    /// Those equal to the extreme share its cotangent.
    let private extreme collision dim : Op =
        let pull i (args: Tensor list) (y: Tensor) (dy: Tensor) =
            let x, positions, updates = args[0], args[1], args[2]
            let equal a b = Elementwise.lift Equal [ a; b ]
            let own, put = equal x y, equal updates (Gathering.gatherAt dim positions y)
            let one (mask: Tensor) = Elementwise.lift (Cast x.DType) [ mask ]
            let share () = dy / Define.apply (Gathering.scatterAdd dim) [ one own; positions; one put ]
            match i with
            | 0 -> Some(zeroUnless (Movement.relabel Format.None own) (share ()))
            | 1 -> None
            | _ -> Some(zeroUnless (Movement.relabel Format.None put) (Gathering.gatherAt dim positions (share ())))

        Gathering.scattering collision dim pull

    /// The greatest of what stands and is put.
    let greatest dim : Op = extreme Greater dim
    /// The least of what stands and is put.
    let least dim : Op = extreme Lesser dim

    let private put
        (op: int -> Op)
        dim
        (Given "Scatter" positions)
        (Given "Scatter" updates)
        (Given "Scatter" x)
        : Tensor =
        Define.apply (op (Labels.dimension (op 0).Name x.Type dim)) [ x; positions; updates ]

    let replaceAt dim positions updates x = put replace dim positions updates x
    let greatestAt dim positions updates x = put greatest dim positions updates x
    let leastAt dim positions updates x = put least dim positions updates x

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
        Statistics.floating "SegmentMean" x
        let ones = Movement.constant segments.Interpreter (TensorType(x.DType, [ segments.Count ])) 1.
        let dim, _, row = segmented "SegmentMean" segments count dim x
        let sizes = [ for k in 0 .. x.Rank - 1 -> if k = dim then count else 1 ]
        let total = sum segments count dim x
        Movement.relabel Format.None total / Arranging.resized sizes Format.None (sum row count 0 ones)
        |> Movement.relabel total.Format

    /// Segments of nothing are infinite.
    let private outermost name scatterAt start (segments: Tensor) count dim (x: Tensor) =
        Statistics.floating name x
        let dim, ty, segments = segmented name segments count dim x
        scatterAt dim segments x (Movement.constant x.Interpreter ty start)

    /// The greatest element of each segment; of none -∞.
    let max (Given "SegmentMax" segments) count dim (Given "SegmentMax" x) : Tensor =
        outermost "SegmentMax" greatestAt -infinity segments count dim x

    /// The least element of each segment; of none ∞.
    let min (Given "SegmentMin" segments) count dim (Given "SegmentMin" x) : Tensor =
        outermost "SegmentMin" leastAt infinity segments count dim x

    let entries: Entry list =
        [ Gathering.scatterEntry
              Replaced
              "Elements put in the place of others at positions along a dimension; the last of equal ones stays."
              replace
          Gathering.scatterEntry
              Greater
              "The greatest of what stands, and is put, at positions along a dimension."
              greatest
          Gathering.scatterEntry Lesser "The least of what stands, and is put, at positions along a dimension." least ]

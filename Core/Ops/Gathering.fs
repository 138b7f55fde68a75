namespace Functional

open System

/// Ops that pick elements by positions which are themselves in a tensor, and their transpose. Positions count from 0; one
/// outside the dimension, a negative one too, is refused when the op runs.
[<RequireQualifiedAccess>]
module internal Gathering =
    /// A position as an int, or a typed error.
    let inside name types size (position: int64) =
        if position < 0L || position >= int64 size then
            Labels.dimensionError
                name
                types
                $"index {position} is outside a dimension of size {size}"
                (if size = 0 then
                     "nothing can be picked from an empty dimension"
                 else
                     $"use indices from 0 to {size - 1}")
        int position

    let nameOf collision =
        match collision with
        | Added -> "ScatterAdd"
        | Replaced -> "Scatter"
        | Greater -> "ScatterMax"
        | Lesser -> "ScatterMin"

    let private labelsOf (t: TensorType) = if t.Format.IsNone then String('U', t.Rank) else t.Format.Labels

    /// The type of a gather. Dimensions keep their labels; those of the indices take the place of `dim`. Indices without a
    /// format leave its label if they have one dimension; any other dimension without a label gets U.
    let private gathered name types dim (x: TensorType) (indices: TensorType) =
        if dim < 0 || dim >= x.Rank then
            Labels.dimensionError name types $"there is no dimension {dim}" "name a dimension that the operand has"
        if indices.DType <> DType.Int32 && indices.DType <> DType.Int64 then
            Labels.dtypeError name types $"indices of {indices.DType} are no positions" "cast them to Int32 or Int64"

        let own = labelsOf x
        let here = if indices.Format.IsNone && indices.Rank = 1 then own.Substring(dim, 1) else labelsOf indices
        let labels = own.Remove(dim, 1).Insert(dim, here)
        if labels |> Seq.countBy id |> Seq.exists (fun (l, n) -> n > 1 && l <> 'S' && l <> 'U') then
            Labels.formatError
                name
                types
                $"the result's labels \"{labels}\" repeat one"
                "take the format off the indices"

        TensorType(
            x.DType,
            Array.concat [ x.Sizes[.. dim - 1]; indices.Sizes; x.Sizes[dim + 1 ..] ],
            if x.Format.IsNone && indices.Format.IsNone then Format.None else Format.Parse labels
        )

    /// The elements at the positions that operand 1 holds along a dimension; its dimensions take that dimension's place:
    /// [a; n; b] at [i; j] → [a; i; j; b].
    let rec gather dim : Op =
        let infer (types: TensorType list) = gathered "Gather" types dim types[0] types[1]

        let eval _ (lanes: Lanes list) i =
            let before, rest = List.splitAt dim i
            let at, after = List.splitAt lanes[1].Type.Rank rest
            lanes[0].At(before @ [ read "Gather" dim lanes at ] @ after)

        let pull i (args: Tensor list) _ (dy: Tensor) =
            if i = 0 then
                let zeros = Movement.constant dy.Interpreter args[0].Type 0.
                Some(Define.apply (scatterAdd dim) [ zeros; args[1]; dy ])
            else
                None

        Define.op "Gather" [ "dim", box dim ] (Move(Move.Gather dim)) infer eval pull

    /// Operand 2, of the type that Gather gives, added to operand 0 at the positions that operand 1 holds along a
    /// dimension; equal positions add up in ascending order.
    and scatterAdd dim : Op =
        let pull i (args: Tensor list) _ (dy: Tensor) =
            match i with
            | 0 -> Some dy
            | 1 -> None
            | _ -> Some(Define.apply (gather dim) [ dy; args[1] ])

        scattering Added dim pull

    /// Operand 2, of the type that Gather gives, put into operand 0 at the positions that operand 1 holds along a dimension,
    /// in ascending order; with this reverse rule.
    and scattering collision dim pull : Op =
        let name = nameOf collision

        let infer (types: TensorType list) =
            let expected = gathered name types dim types[0] types[1]
            if types[0].DType = DType.Bool && collision <> Replaced then
                Labels.dtypeError name types "Bool is no number" "cast to Int32, or to Int64 to count"
            elif types[2].DType <> types[0].DType then
                Labels.dtypeError name types "what is put in has another data type" $"cast it to {types[0].DType}"
            elif types[2].Sizes <> expected.Sizes then
                Labels.shapeError name types "what is put in has another shape" $"{expected} is what fits"
            elif types[2].Format <> expected.Format then
                Labels.formatError name types "what is put in has another format" $"{expected} is what fits"
            types[0]

        let combine (there: Lane) (update: Lane) =
            match collision with
            | Added -> Scalars.eval Add [ there; update ]
            | Replaced -> update
            | Greater -> Scalars.eval Max [ there; update ]
            | Lesser -> Scalars.eval Min [ there; update ]

        let eval (result: TensorType) (lanes: Lanes list) i =
            let before, after = List.take dim i, List.skip (dim + 1) i
            let indices = lanes[1].Type
            Seq.init indices.Count (Movement.index (List.ofArray indices.Sizes))
            |> Seq.filter (fun at -> read name dim lanes at = i[dim])
            |> Seq.fold (fun there at -> combine there (lanes[2].At(before @ at @ after))) (lanes[0].At i)
            |> Scalars.store result.DType

        Define.op name [ "dim", box dim ] (Move(Move.Scatter(collision, dim))) infer eval pull

    /// The position that the indices, operand 1, hold at `at`.
    and private read name dim (lanes: Lanes list) at =
        match lanes[1].At at with
        | Whole position -> inside name [ for x in lanes -> x.Type ] lanes[0].Type.Sizes[dim] position
        | Real _ -> invalidOp "indices are integers"

    /// Positions along a dimension of a tensor of these sizes as positions among all of its elements, in a row.
    let private flat dim (sizes: int array) (indices: Tensor) : Tensor =
        let outer, inner = Array.fold (*) 1 sizes[.. dim - 1], Array.fold (*) 1 sizes[dim + 1 ..]
        let number n stride = Scans.iota indices indices.DType n * float stride
        let all =
            Arranging.resized [ outer; 1; 1 ] Format.None (number outer (sizes[dim] * inner))
            + Arranging.resized [ outer; indices.Type.Sizes[dim]; inner ] Format.None indices * float inner
            + Arranging.resized [ inner ] Format.None (number inner 1)
        Arranging.resized [ all.Count ] Format.None all

    /// As takeAlong, for positions known to be inside.
    let along dim (Given "Gather" indices) (Given "Gather" x) : Tensor =
        let elements = Arranging.resized [ x.Count ] Format.None x
        Define.apply (gather 0) [ elements; flat dim x.Type.Sizes indices ]
        |> Arranging.resized (List.ofArray indices.Type.Sizes) x.Format

    /// The transpose of `along`: zeros of this type, with what stands beside each index added where it says.
    let addAlong dim (ty: TensorType) indices (updates: Tensor) : Tensor =
        let row (x: Tensor) = Arranging.resized [ x.Count ] Format.None x
        let zeros = Movement.constant updates.Interpreter (TensorType(ty.DType, [ ty.Count ])) 0.
        Define.apply (scatterAdd 0) [ zeros; flat dim ty.Sizes indices; row updates ]
        |> Arranging.resized (List.ofArray ty.Sizes) ty.Format

    /// For each place in the indices the element that stands, along the dimension, where the index says:
    /// y[i, j] = x[i, indices[i, j]] for the last dimension of two. The indices have x's sizes elsewhere; result: the
    /// indices' sizes, x's labels. Throws ShapeException where sizes differ, DimensionException for an index outside.
    let takeAlong dim (Given "TakeAlong" indices) (Given "TakeAlong" x) : Tensor =
        let dim = Labels.dimension "TakeAlong" x.Type dim
        let types = [ x.Type; indices.Type ]
        if indices.DType <> DType.Int32 && indices.DType <> DType.Int64 then
            Labels.dtypeError "TakeAlong" types "its indices are no integers" "cast them to Int32 or Int64"
        if indices.Rank <> x.Rank || Array.removeAt dim indices.Type.Sizes <> Array.removeAt dim x.Type.Sizes then
            Labels.shapeError "TakeAlong" types $"they differ beside dimension {dim}" "all other sizes must be equal"
        // Each position looked up in 0, 1 … is itself, or refused.
        let positions = Scans.iota indices indices.DType x.Type.Sizes[dim]
        let checkedIndices =
            Define.apply (gather 0) [ positions; Arranging.resized [ indices.Count ] Format.None indices ]
        along dim (Arranging.resized (List.ofArray indices.Type.Sizes) Format.None checkedIndices) x

    /// The elements at positions along a dimension; the positions' dimensions take that dimension's place:
    /// [a; n; b] at [i; j] → [a; i; j; b], and likewise their labels. Positions without a format leave the dimension's
    /// label if they have one dimension; any other dimension without a label gets U, if anything has one.
    /// Throws DTypeException for positions that are not integers, DimensionException for one outside.
    let gatherAt dim (Given "Gather" indices) (Given "Gather" x) : Tensor =
        Define.apply (gather (Labels.dimension "Gather" x.Type dim)) [ x; indices ]

    /// x, with updates added at positions along a dimension: the transpose of gathering. The updates have the type that
    /// gathering from x gives. Equal positions add up, in ascending order.
    let scatterAddAt dim (Given "ScatterAdd" indices) (Given "ScatterAdd" updates) (Given "ScatterAdd" x) : Tensor =
        Define.apply (scatterAdd (Labels.dimension "ScatterAdd" x.Type dim)) [ x; indices; updates ]

    /// Positions along a dimension of this size: of rank 0 to 2, or none where there is nothing to pick.
    let private positions choose size : Operand =
        let sizes = if size = 0 then [ 0 ] else [ for _ in 1 .. choose 3 -> choose 4 ]
        let format = if choose 2 = 0 then Format.None else Format.Parse(String('S', sizes.Length))
        let ty = TensorType((if choose 2 = 0 then DType.Int32 else DType.Int64), sizes, format)
        { Operand.any ty with Valid = Some(0., float (max 0 (size - 1))) }

    let private entry name summary (sample: TensorType -> int -> Operand -> (Op * Operand list) option) =
        { Name = name
          Family = "indexing"
          Summary = summary
          Sample =
            fun choose t ->
                if t.Rank = 0 then
                    None
                else
                    let dim = choose t.Rank
                    sample t dim (positions choose t.Sizes[dim]) }

    let scatterEntry collision summary (op: int -> Op) =
        entry (nameOf collision) summary (fun t dim indices ->
            if t.DType = DType.Bool && collision <> Replaced then
                None
            else
                let updates = gathered (nameOf collision) [ t; indices.Type ] dim t indices.Type
                Some(op dim, [ Operand.any t; indices; Operand.any updates ]))

    let entries: Entry list =
        [ entry "Gather" "The elements at positions along a dimension." (fun t dim indices ->
              Some(gather dim, [ Operand.any t; indices ]))
          scatterEntry Added "Elements added at positions along a dimension." scatterAdd ]

namespace Functional

/// Parts of tensors: by ranges, by masks, beyond the edges. Compositions of movements, gathering and selection.
[<RequireQualifiedAccess>]
module internal Indexing =
    let private sizesOf (x: Tensor) = List.ofArray x.Type.Sizes

    /// What the slices take of the first dimensions; the rest is taken whole. Labels stay with their dimensions. Throws
    /// DimensionException for more slices than dimensions, or for one that leaves its dimension.
    let slice (parts: Slice list) (Given "Slice" x) =
        if parts.Length > x.Rank then
            Labels.dimensionError
                "Slice"
                [ x.Type ]
                $"it has fewer dimensions than {parts.Length}"
                "give at most one slice for each dimension"

        let parts = parts @ List.replicate (x.Rank - parts.Length) Slice.All
        let ranges = parts |> List.mapi (fun dim part -> part.Within(x.Type, dim))
        let whole = [ for size in x.Type.Sizes -> 0, 1, size ]
        let taken = if ranges = whole then x else Define.apply (Movement.slice ranges) [ x ]

        if parts |> List.exists _.IsPosition then
            let kept =
                [ for k in 0 .. x.Rank - 1 do
                      if not parts[k].IsPosition then k ]
            Arranging.resized
                [ for k in kept -> taken.Type.Sizes[k] ]
                (Labels.keep x.Type (fun k -> List.contains k kept))
                taken
        else
            taken

    /// What a slice takes of one dimension; the others are taken whole.
    let along dim (part: Slice) (Given "Slice" x) =
        let dim = Labels.dimension "Slice" x.Type dim
        slice (List.replicate dim Slice.All @ [ part ]) x

    /// One position of a dimension (negative: from the end), which disappears with its label.
    let select dim (position: int) (x: Tensor) = along dim (Slice.At position) x

    /// Backwards along these dimensions.
    let flip (dims: int list) (Given "Flip" x) =
        let dims = Labels.dimensions "Flip" x.Type dims
        slice [ for k in 0 .. x.Rank - 1 -> if List.contains k dims then Slice.All.By -1 else Slice.All ] x

    /// Each element so many places further on along a dimension; what leaves at the end enters at the beginning.
    let roll dim (shift: int) (Given "Roll" x) =
        let dim = Labels.dimension "Roll" x.Type dim
        let size = x.Type.Sizes[dim]
        let start = if size = 0 then 0 else ((-shift % size) + size) % size
        if start = 0 then
            x
        else
            Define.apply (Movement.concat dim) [ along dim (Slice.From start) x; along dim (Slice.To start) x ]

    /// Elements of one value before and after those of each dimension.
    let pad (amounts: (int * int) list) (value: float) (Given "Pad" x) =
        Define.apply (Movement.pad [ for before, after in amounts -> before, after, 0 ] value) [ x ]

    let private extended name dim before after (least: int) (edges: Tensor -> Tensor * Tensor) (x: Tensor) =
        let size = x.Type.Sizes[dim]
        if before < 0 || after < 0 || (max before after > 0 && least > size) then
            Labels.dimensionError
                name
                [ x.Type ]
                $"dimension {dim} cannot be extended by {before} and {after} elements"
                "use amounts of at least 0, and smaller ones or a larger dimension"
        if before = 0 && after = 0 then
            x
        else
            let low, high = edges x
            Define.apply (Movement.concat dim) [ low; x; high ]

    /// Extended along a dimension by its mirror image; the edge itself is not doubled: a b c → c b a b c b a. Throws
    /// DimensionException where it is extended by the dimension's size or more.
    let padReflect dim before after (Given "Pad" x) =
        let dim = Labels.dimension "PadReflect" x.Type dim
        let size = x.Type.Sizes[dim]
        let mirror first stop = along dim (Slice.Range(first, stop).By -1)
        x
        |> extended "PadReflect" dim before after (1 + max before after) (fun x ->
            mirror 1 (before + 1) x, mirror (size - 1 - after) (size - 1) x)

    /// Extended along a dimension by copies of its edges: a b c → a a a b c c c. Throws DimensionException for an empty
    /// dimension.
    let padReplicate dim before after (Given "Pad" x) =
        let dim = Labels.dimension "PadReplicate" x.Type dim
        let edge position count x =
            let one = along dim position x
            Define.apply (Movement.broadcast (List.updateAt dim count (sizesOf x)) x.Format [ 0 .. x.Rank - 1 ]) [ one ]
        x
        |> extended "PadReplicate" dim before after 1 (fun x ->
            edge (Slice.To 1) before x, edge (Slice.From -1) after x)

    /// Extended along a dimension as if it went round: a b c → b c a b c a b. Throws DimensionException where it is extended
    /// by more than the dimension's size.
    let padCircular dim before after (Given "Pad" x) =
        let dim = Labels.dimension "PadCircular" x.Type dim
        let size = x.Type.Sizes[dim]
        x
        |> extended "PadCircular" dim before after (max before after) (fun x ->
            along dim (Slice.From(size - before)) x, along dim (Slice.To after) x)

    /// 1 at the class that each integer names and 0 elsewhere, along a new last dimension; all 0 for an integer that names
    /// none. The new dimension's label is C if the integers have labels without C, else U.
    /// Throws DTypeException for anything but integers.
    let oneHot (dtype: DType) classes (Given "OneHot" indices) =
        if indices.DType <> DType.Int32 && indices.DType <> DType.Int64 then
            Labels.dtypeError "OneHot" [ indices.Type ] "classes are integers" "cast to Int32 or Int64"
        let labels = indices.Format.Labels
        let label = if labels.Contains 'C' then "U" else "C"
        let format = if indices.Format.IsNone then Format.None else Format.Parse(labels + label)
        let column = Arranging.resized (sizesOf indices @ [ 1 ]) format indices
        Elementwise.lift (Cast dtype) [ Elementwise.lift Equal [ column; Scans.iota indices indices.DType classes ] ]

    /// x, with a number where the mask (Bool, aligned and broadcast) holds.
    let maskedFill (Given "MaskedFill" mask) (value: float) (Given "MaskedFill" x) =
        Elementwise.lift Where [ mask; Tensor.Literal(x.DType, value); x ]

    /// x with 0 where `outside` holds of row and column number.
    let private triangle name (outside: Tensor -> Tensor -> Tensor) (x: Tensor) =
        if x.Rank < 2 then
            Labels.dimensionError name [ x.Type ] "it has no two dimensions" "give a matrix, or a batch of them"
        let rows, columns = x.Type.Sizes[x.Rank - 2], x.Type.Sizes[x.Rank - 1]
        let row = Arranging.resized [ rows; 1 ] Format.None (Scans.iota x DType.Int64 rows)
        maskedFill (outside row (Scans.iota x DType.Int64 columns)) 0. x

    /// The upper triangle of the last two dimensions, 0 elsewhere: where column - row ≥ diagonal.
    let upper (diagonal: int) (Given "Triangle" x) =
        x |> triangle "Upper" (fun row column -> Elementwise.lift Less [ column; row + float diagonal ])

    /// The lower triangle of the last two dimensions, 0 elsewhere: where column - row ≤ diagonal.
    let lower (diagonal: int) (Given "Triangle" x) =
        x |> triangle "Lower" (fun row column -> Elementwise.lift Less [ row + float diagonal; column ])

    /// Where a mask of one dimension holds, ascending. Only how often it holds is read out into the host language.
    let private holding (mask: Tensor) =
        let count = Define.apply (Movement.sum [ 0 ]) [ Elementwise.lift (Cast DType.Int64) [ mask ] ]
        let total = count.Interpreter.Number(count, DType.Int64)
        // Stable and descending: first the positions where it holds.
        Sorting.argSortBy true 0 mask |> slice [ Slice.To(int total) ]

    let private isMask name (mask: Tensor) (x: Tensor) (sizes: int list) =
        let types = [ x.Type; mask.Type ]
        if mask.DType <> DType.Bool then
            Labels.dtypeError name types "the mask is not Bool" "compare to get one, or gather by positions"
        if sizesOf mask <> sizes then
            Labels.shapeError name types "the mask has another shape" $"give one of sizes %A{sizes}"

    /// Along a dimension the positions where a mask of that size holds. How many those are depends on values: inside a trace
    /// their number is a host read (one path for each number), the positions themselves are part of the trace.
    let compress dim (Given "Compress" mask) (Given "Compress" x) =
        let dim = Labels.dimension "Compress" x.Type dim
        isMask "Compress" mask x [ x.Type.Sizes[dim] ]
        Gathering.gatherAt dim (holding (Arranging.resized (sizesOf mask) Format.None mask)) x

    /// `compress` where it is known how many hold. Fewer: those before others, that do not hold, are added; more: left out.
    let compressTo count dim (Given "Compress" mask) (Given "Compress" x) =
        let dim = Labels.dimension "Compress" x.Type dim
        isMask "Compress" mask x [ x.Type.Sizes[dim] ]
        let flat = Arranging.resized (sizesOf mask) Format.None mask
        let positions = Sorting.argSortBy true 0 flat
        Gathering.gatherAt dim (slice [ Slice.Range(0, count) ] positions) x

    /// The elements where a mask of x's shape holds, in row-major order: one dimension, unformatted. A host read as in
    /// `compress`.
    let masked (Given "Masked" mask) (Given "Masked" x) =
        isMask "Masked" mask x (sizesOf x)
        if mask.Format <> x.Format && not mask.Format.IsNone then
            Labels.formatError "Masked" [ x.Type; mask.Type ] "the mask has another format" "permute or relabel it"
        let flat = Arranging.resized [ x.Count ] Format.None
        Gathering.gatherAt 0 (holding (flat mask)) (flat x)

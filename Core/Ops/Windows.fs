namespace Functional

/// Sliding windows: a dimension seen as overlapping pieces of itself, and what such pieces add up to.
[<RequireQualifiedAccess>]
module internal Windows =
    /// How many positions lie between a window's first and last, these included.
    let reach (w: Window) = int64 (w.Size - 1) * int64 w.Dilation + 1L

    /// How many windows fit into a dimension of this size.
    let fitting (w: Window) size = if reach w > int64 size then 0 else int ((int64 size - reach w) / int64 w.Stride) + 1

    let private check name (t: TensorType) (w: Window) rank =
        if w.Dim < 0 || w.Dim >= rank then
            Labels.dimensionError name [ t ] $"there is no dimension {w.Dim}" "name a dimension that the operand has"
        if w.Size < 1 || w.Stride < 1 || w.Dilation < 1 then
            Labels.dimensionError
                name
                [ t ]
                $"windows of size {w.Size}, stride {w.Stride} and dilation {w.Dilation} do not slide"
                "give numbers of at least 1"

    let private attributes (w: Window) =
        [ "dim", box w.Dim; "size", w.Size; "stride", w.Stride; "dilation", w.Dilation ]

    /// Dimension n becomes (windows, positions): the windows in its place, their positions as a new last dimension,
    /// labelled U if the operand has labels. A view.
    let rec windows (w: Window) : Op =
        let infer (types: TensorType list) =
            let t = types.Head
            check "Windows" t w t.Rank
            let count = fitting w t.Sizes[w.Dim]
            if count = 0 then
                Labels.shapeError
                    "Windows"
                    types
                    $"windows that reach over {reach w} positions do not fit into dimension {w.Dim}, of size {t.Sizes[w.Dim]}"
                    "use smaller windows or less dilation, or pad the operand"
            let sizes = Array.append (Array.updateAt w.Dim count t.Sizes) [| w.Size |]
            TensorType(t.DType, sizes, Format.Parse(if t.Format.IsNone then "" else t.Format.Labels + "U"))

        let eval _ (lanes: Lanes list) (i: int list) =
            let place = i[w.Dim] * w.Stride + List.last i * w.Dilation
            lanes.Head.At(i |> List.take (i.Length - 1) |> List.updateAt w.Dim place)

        let pull _ (args: Tensor list) _ (dy: Tensor) =
            Some(Define.apply (overlap w args.Head.Type.Sizes[w.Dim]) [ dy ])

        Define.op "Windows" (attributes w) (Move(Move.Windows w)) infer eval pull

    /// Windows, counted by the dimension, with their positions as last dimension, added up where they lie in a dimension of
    /// this size: 0 where none lies, and first windows first.
    and overlap (w: Window) size : Op =
        let infer (types: TensorType list) =
            let t = types.Head
            check "Overlap" t w (t.Rank - 1)
            if t.DType = DType.Bool then
                Labels.dtypeError "Overlap" types "Bool has no sum" "cast to Int64 to count"
            if t.Sizes[t.Rank - 1] <> w.Size || t.Sizes[w.Dim] <> fitting w size || fitting w size = 0 then
                Labels.shapeError
                    "Overlap"
                    types
                    $"these are not the {fitting w size} windows of {w.Size} positions of a dimension of size {size}"
                    "give what windows of that dimension have"
            TensorType(
                t.DType,
                Array.updateAt w.Dim size t.Sizes[.. t.Rank - 2],
                Labels.keep t (fun k -> k < t.Rank - 1)
            )

        let eval (result: TensorType) (lanes: Lanes list) (i: int list) =
            let windowsAt o =
                let k, rest = System.Math.DivRem(i[w.Dim] - o * w.Stride, w.Dilation)
                if rest = 0 && k >= 0 && k < w.Size then Some(List.updateAt w.Dim o i @ [ k ]) else None
            Seq.init (fitting w size) windowsAt
            |> Seq.choose id
            |> Seq.fold
                (fun total at -> Scalars.eval Add [ total; lanes.Head.At at ])
                (Scalars.store result.DType (Real 0.))
            |> Scalars.store result.DType

        let pull _ (args: Tensor list) _ (dy: Tensor) =
            Some(Movement.relabel args.Head.Format (Define.apply (windows w) [ dy ]))

        Define.op "Overlap" (attributes w @ [ "onto", size ]) (Move(Move.Overlap(w, size))) infer eval pull

    /// Windows that fit into a dimension of this size.
    let choices choose dim size : Window =
        let length = 1 + choose (min size 3)
        let dilation =
            if length = 1 then
                1 + choose 2
            else
                1 + choose (1 + (size - 1) / (length - 1)) |> min ((size - 1) / (length - 1))
        { Dim = dim; Size = length; Stride = 1 + choose 3; Dilation = dilation }

    let entries: Entry list =
        [ Entry.unary "movement" "Windows" "Sliding windows, y[o, k] = x[o · stride + k · dilation]." (fun choose t ->
              match
                  [ for d in 0 .. t.Rank - 1 do
                        if t.Sizes[d] > 0 then d ]
              with
              | [] -> None
              | dims -> let dim = dims[choose dims.Length] in Some(windows (choices choose dim t.Sizes[dim])))
          { Name = "Overlap"
            Family = "movement"
            Summary = "Windows added up where they lie, y[p] = Σ x[o, k] over o · stride + k · dilation = p."
            Sample =
              fun choose t ->
                  // The first dimension that can count windows does, the last is their size.
                  match
                      [ for d in 0 .. t.Rank - 2 do
                            if t.Sizes[d] > 0 then d ]
                  with
                  | dim :: _ when t.DType <> DType.Bool && t.Sizes[t.Rank - 1] > 0 ->
                      let w = { Dim = dim; Size = t.Sizes[t.Rank - 1]; Stride = 1 + choose 3; Dilation = 1 + choose 2 }
                      let least = int (reach w) + (t.Sizes[dim] - 1) * w.Stride
                      Some(overlap w (least + choose w.Stride), [ Operand.any t ])
                  | _ -> None } ]

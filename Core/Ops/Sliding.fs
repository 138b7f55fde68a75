namespace Functional

/// How windows slide over the spatial dimensions of a tensor. A list has a number for each of them, or one for all, or none
/// for what is usual.
type internal Sliding = { Stride: int list; Dilation: int list; Padding: Padding }

/// What convolutions and poolings share: which dimensions are spatial, and the windows over them.
[<RequireQualifiedAccess>]
module internal Sliding =
    let usual: Sliding = { Stride = []; Dilation = []; Padding = Padding.None }

    /// The dimensions labelled S; where there is none, that labelled T.
    let spatial op (t: TensorType) =
        match Labels.places t 'S', Labels.places t 'T' with
        | [], [] ->
            Labels.dimensionError
                op
                [ t ]
                "it has no spatial dimension"
                "label its dimensions with S, or with T for a sequence, as the format \"BCSS\" does"
        | [], time -> time
        | space, _ -> space

    /// The dimension labelled C.
    let channel op (t: TensorType) = Labels.single op t 'C'

    /// A number for each spatial dimension.
    let each op types what (spatial: int list) usual (numbers: int list) =
        let numbers =
            match numbers with
            | [] -> usual
            | [ n ] -> [ for _ in spatial -> n ]
            | _ -> numbers
        if numbers.Length <> spatial.Length then
            Labels.shapeError
                op
                types
                $"{numbers.Length} numbers for {what} do not fit {spatial.Length} spatial dimensions"
                "give one for all, or one for each"
        if numbers |> List.exists (fun n -> n < 1) then
            Labels.shapeError op types $"%A{numbers} is impossible for {what}" "give numbers of at least 1"
        numbers

    /// The windows over these dimensions, of these sizes; where no stride is given, one made of the sizes.
    let windows op types (sliding: Sliding) (spatial: int list) (sizes: int list) (stride: int list -> int list) =
        let sizes = each op types "the window" spatial [] sizes
        let strides = each op types "the stride" spatial (stride sizes) sliding.Stride
        let dilations = each op types "the dilation" spatial [ for _ in spatial -> 1 ] sliding.Dilation
        [ for dim, (size, (stride, dilation)) in List.zip spatial (List.zip sizes (List.zip strides dilations)) ->
              { Dim = dim; Size = size; Stride = stride; Dilation = dilation } ]

    /// For each window the amounts before and after. What the windows' reach exceeds in a dimension of size n is
    /// `excess w n`, which padding to the same size shares out.
    let amounts op (t: TensorType) padding (windows: Window list) excess : (int * int) list =
        let shared share =
            [ for w in windows -> let total = max 0L (excess w (int64 t.Sizes[w.Dim])) |> int in share total ]
        match padding with
        | SameSize -> shared (fun total -> total / 2, total - total / 2)
        | Causally -> [ for w in windows -> int (Windows.reach w) - 1, 0 ]
        | Amounts [| struct (before, after) |] -> [ for _ in windows -> before, after ]
        | Amounts amounts when amounts.Length = windows.Length ->
            [ for struct (before, after) in amounts -> before, after ]
        | Amounts amounts ->
            Labels.shapeError
                op
                [ t ]
                $"{amounts.Length} amounts of padding do not fit {windows.Length} spatial dimensions"
                "give one for all, or one for each"

    /// The amounts for windows that are to slide over a tensor.
    let around op (t: TensorType) padding windows =
        amounts op t padding windows (fun w n ->
            ((n + int64 w.Stride - 1L) / int64 w.Stride - 1L) * int64 w.Stride + Windows.reach w - n)

    /// The tensor with elements of one value around these dimensions.
    let padded value (dims: int list) (amounts: (int * int) list) (x: Tensor) =
        if amounts |> List.forall ((=) (0, 0)) then
            x
        else
            let around = dict (List.zip dims amounts)
            let triple k =
                match around.TryGetValue k with
                | true, (before, after) -> before, after, 0
                | _ -> 0, 0, 0
            Define.apply (Movement.pad [ for k in 0 .. x.Rank - 1 -> triple k ] value) [ x ]

    /// All windows, the positions of each behind all other dimensions, in order.
    let slide (windows: Window list) (x: Tensor) =
        (x, windows) ||> List.fold (fun x w -> Define.apply (Windows.windows w) [ x ])

    /// Padded by a value, and seen through windows of these sizes.
    let over op (sliding: Sliding) value sizes (x: Tensor) : Tensor =
        let spatial = spatial op x.Type
        let windows = windows op [ x.Type ] sliding spatial sizes id
        x |> padded value spatial (around op x.Type sliding.Padding windows) |> slide windows

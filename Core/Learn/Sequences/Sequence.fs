namespace Functional

/// How a sequence lies in its tensor. Time is the dimension labelled T, or S where there is no T; channels are labelled C. In
/// an unformatted tensor channels are the last dimension, and time the one before.
type internal SequenceLayout =
    {
        Op: string
        Type: TensorType
        Time: int
        Channel: int
        /// All other dimensions: batches of sequences.
        Others: int list
    }

/// Sequences brought into one order of dimensions, and back.
[<RequireQualifiedAccess>]
module internal Sequence =
    let layout op (t: TensorType) : SequenceLayout =
        let time, channel =
            if t.Format.IsNone then
                if t.Rank < 2 then
                    Labels.dimensionError
                        op
                        [ t ]
                        "an unformatted sequence has two dimensions at least"
                        "give [..; time; channels], or labels with T and C"
                t.Rank - 2, t.Rank - 1
            else
                Labels.single op t (if t.Format.Labels.Contains 'T' then 'T' else 'S'), Labels.single op t 'C'

        { Op = op
          Type = t
          Time = time
          Channel = channel
          Others = List.except [ time; channel ] [ 0 .. t.Rank - 1 ] }

    let length layout = layout.Type.Sizes[layout.Time]
    let channels layout = layout.Type.Sizes[layout.Channel]
    let sizesAt layout dims = [ for d in dims -> layout.Type.Sizes[d] ]

    let bare (x: Tensor) = Movement.relabel Format.None x

    let private ordered order (x: Tensor) =
        if order = List.sort order then x else Define.apply (Movement.permute order) [ x ]

    let private inverse order = [ for k in 0 .. List.length order - 1 -> List.findIndex ((=) k) order ]

    let private labelled (layout: SequenceLayout) dims (x: Tensor) =
        if layout.Type.Format.IsNone then
            x
        else
            let labels = System.String([| for d in dims -> layout.Type.Format.Labels[d] |])
            Movement.relabel (Format.Parse labels) x

    /// The place of each of these dimensions among them.
    let private ranks dims = let sorted = List.sort dims in [ for d in dims -> List.findIndex ((=) d) sorted ]

    /// What lies in the layout without some dimensions, in the order of others: without labels.
    let private taken dims (x: Tensor) = ordered (ranks dims) (bare x)

    /// What lies in the order of these dimensions, as the layout has them.
    let private placed layout dims (x: Tensor) = labelled layout (List.sort dims) (ordered (inverse (ranks dims)) x)

    /// The sequence as [time; others; channels], without labels.
    let steps layout (x: Tensor) = taken (layout.Time :: layout.Others @ [ layout.Channel ]) x

    /// [time; others; channels] in the order and under the labels of the layout.
    let ofSteps layout (y: Tensor) = placed layout (layout.Time :: layout.Others @ [ layout.Channel ]) y

    /// The sequence as [others; time; channels], without labels.
    let rows layout (x: Tensor) = taken (layout.Others @ [ layout.Time; layout.Channel ]) x

    /// [others; time; channels] in the order and under the labels of the layout.
    let ofRows layout (y: Tensor) = placed layout (layout.Others @ [ layout.Time; layout.Channel ]) y

    /// [others; channels], what is known at one time, in the order and under the labels of the layout.
    let ofMoment layout (y: Tensor) = placed layout (layout.Others @ [ layout.Channel ]) y

    /// A tensor with the layout's labels but some: its dimensions in the layout's order.
    let private alike (layout: SequenceLayout) what dims (t: Tensor) =
        let here = [ for d in List.sort dims -> (Labels.keyed layout.Type.Format.Labels)[d] ]
        let there = Labels.keyed t.Format.Labels
        if List.sort here <> List.sort there then
            Labels.formatError
                layout.Op
                [ layout.Type; t.Type ]
                $"the labels of the {what} do not fit"
                $"""label it "{System.String([| for label, _ in here -> label |])}", in any order, or not at all"""
        ordered [ for key in here -> List.findIndex ((=) key) there ] (bare t)

    /// What is known at one time, of so many channels: as [others; channels], without labels.
    let moment (layout: SequenceLayout) what size (t: Tensor) =
        let t = given layout.Op t
        let dims = layout.Others @ [ layout.Channel ]
        let t' = if t.Format.IsNone || layout.Type.Format.IsNone then bare t else alike layout what dims t
        let expected = [ for d in List.sort dims -> if d = layout.Channel then size else layout.Type.Sizes[d] ]
        if List.ofArray t'.Type.Sizes <> expected then
            Labels.shapeError
                layout.Op
                [ layout.Type; t.Type ]
                $"the {what} does not fit the sequence"
                $"give sizes %A{expected}"
        taken dims t'

    /// Bool, one for each time of each sequence: as [time; others], without labels. An unformatted mask has the sizes
    /// [others; time]; one with labels may lack some of the others, which then share it.
    let mask (layout: SequenceLayout) (mask: Tensor) =
        let mask = given layout.Op mask
        let types = [ layout.Type; mask.Type ]
        if mask.DType <> DType.Bool then
            Labels.dtypeError layout.Op types "a mask is of Bool" "compare, or use Tensor.sequenceMask"
        let dims = layout.Time :: layout.Others
        let refuse () =
            Labels.shapeError
                layout.Op
                types
                "the mask does not fit the sequence"
                $"give sizes %A{sizesAt layout (layout.Others @ [ layout.Time ])}"

        if mask.Format.IsNone || layout.Type.Format.IsNone then
            if List.ofArray mask.Type.Sizes <> sizesAt layout (layout.Others @ [ layout.Time ]) then refuse ()
            let last = mask.Rank - 1
            ordered (last :: [ 0 .. last - 1 ]) (bare mask)
        else
            let own = Labels.keyed layout.Type.Format.Labels
            let there = Labels.keyed mask.Format.Labels
            let here = [ for d in dims -> own[d] ]
            if not (List.forall (fun key -> List.contains key here) there) then
                Labels.formatError layout.Op types "the labels of the mask do not fit" "give it labels of the sequence"
            let sizes =
                [ for d, key in List.zip dims here ->
                      match List.tryFindIndex ((=) key) there with
                      | None -> 1
                      | Some k when mask.Shape[k] = layout.Type.Sizes[d] -> mask.Shape[k]
                      | Some _ -> refuse () ]
            let order = here |> List.choose (fun key -> List.tryFindIndex ((=) key) there)
            Arranging.resized sizes Format.None (ordered order (bare mask))

    /// A parameter of just these sizes, without labels.
    let parameter (layout: SequenceLayout) what (sizes: int list) (t: Tensor) =
        let t = given layout.Op t
        if List.ofArray t.Type.Sizes <> sizes then
            Labels.shapeError layout.Op [ layout.Type; t.Type ] $"the {what} do not fit" $"give sizes %A{sizes}"
        bare t

    /// A part of the last dimension.
    let part start count (x: Tensor) =
        let last = x.Rank - 1
        let ranges = [ for k in 0..last -> if k = last then start, 1, count else 0, 1, x.Shape[k] ]
        Define.apply (Movement.slice ranges) [ x ]

    /// [..; n] × [n; m] → [..; m].
    let times (weights: Tensor) (x: Tensor) =
        Define.apply (Contractions.op { Batch = []; Sum = [ x.Rank - 1, 0 ] }) [ x; weights ]

    /// Bool [others; length]: true before each length.
    let maskOf length (Given "SequenceMask" lengths) =
        if lengths.DType <> DType.Int32 && lengths.DType <> DType.Int64 then
            Labels.dtypeError "SequenceMask" [ lengths.Type ] "lengths are integers" "cast them to Int32 or Int64"
        if length < 0 then
            Labels.shapeError "SequenceMask" [ lengths.Type ] $"no sequence has length {length}" "give 0 or more"
        let format =
            if lengths.Format.IsNone then
                Format.None
            else
                Format.Parse(lengths.Format.Labels + (if lengths.Format.Labels.Contains 'T' then "U" else "T"))
        let column = Arranging.resized (List.ofSeq lengths.Shape @ [ 1 ]) Format.None lengths
        Movement.relabel format (Elementwise.lift Less [ Scans.iota lengths lengths.DType length; column ])

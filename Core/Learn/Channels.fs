namespace Functional

/// Where layers and losses find the channels, or classes, of a tensor, and what they do along them.
[<RequireQualifiedAccess>]
module internal Channels =
    /// The dimension labelled C; the last one of an unformatted tensor.
    let dimension op (t: TensorType) = Labels.channels op t

    let sum dim (x: Tensor) = Define.apply (Movement.sum [ dim ]) [ x ]

    let max dim (x: Tensor) = Define.apply (Reductions.max [ dim ]) [ x ]

    /// A tensor without the dimension, repeated along it: the sizes and labels of `like`.
    let spread dim (like: TensorType) (x: Tensor) = Movement.spread like [ dim ] x

    /// One number for each channel, along the channels of another tensor.
    let along op what (x: Tensor) (numbers: Tensor) =
        let dim = dimension op x.Type
        if numbers.Rank <> 1 || numbers.Shape[0] <> x.Shape[dim] then
            Labels.shapeError
                op
                [ x.Type; numbers.Type ]
                $"the {what} does not fit the channels"
                $"give {x.Shape[dim]} numbers in one dimension"
        Define.apply
            (Movement.broadcast (List.ofArray x.Type.Sizes) x.Format [ dim ])
            [ Movement.relabel Format.None numbers ]

    /// 0, 1, 2, … along the dimension, alike in all else.
    let numbers dim (like: TensorType) dtype =
        let numbers = HostData.arange dtype 0. (float like.Sizes[dim]) 1.
        Define.apply (Movement.broadcast (List.ofArray like.Sizes) like.Format [ dim ]) [ numbers ]

    /// Where the last dimension is that of the channels, which belongs elsewhere: there, and under these labels.
    let restore dim (format: Format) (x: Tensor) =
        let last = List.removeAt dim [ 0 .. x.Rank - 1 ] @ [ dim ]
        let labels = if format.IsNone then "" else System.String([| for k in last -> format.Labels[k] |])
        let order = [ for k in 0 .. x.Rank - 1 -> List.findIndex ((=) k) last ]
        let labelled = Movement.relabel (Format.Parse labels) x
        if dim = x.Rank - 1 then labelled else Define.apply (Movement.permute order) [ labelled ]

    /// What a layer says that has no parameters yet.
    let notInitialised layer (x: Tensor) =
        raise (
            StructureException(
                layer,
                [ x.Type ],
                "its weights are null",
                "initialise the layer, or the network that it belongs to, first"
            )
        )

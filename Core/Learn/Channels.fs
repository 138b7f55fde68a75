namespace Functional

/// Where layers and losses find the channels, or classes, of a tensor, and what they do along them.
[<RequireQualifiedAccess>]
module internal Channels =
    /// The dimension labelled C; the last one of an unformatted tensor.
    let dimension op (t: TensorType) =
        if t.Format.IsNone then Labels.dimension op t -1 else List.head (Labels.find op t 'C')

    let sum dim (x: Tensor) = Define.apply (Movement.sum [ dim ]) [ x ]

    let max dim (x: Tensor) = Pending.max dim x

    /// A tensor without the dimension, repeated along it: the sizes and labels of `like`.
    let spread dim (like: TensorType) (x: Tensor) =
        let rest = List.except [ dim ] [ 0 .. like.Rank - 1 ]
        Define.apply (Movement.broadcast (List.ofArray like.Sizes) like.Format rest) [ x ]

    /// A tensor that is held fixed: no derivative passes.
    let held (x: Tensor) = Pending.stop x

    /// 0, 1, 2, … along the dimension, alike in all else.
    let numbers dim (like: TensorType) dtype =
        let ty = TensorType(dtype, [ like.Sizes[dim] ])
        let data = Blocks.allocate dtype like.Sizes[dim]
        for k in 0 .. data.Length - 1 do
            Blocks.fillRange data k 1 (float k)
        Direct.Instance.Apply(
            Movement.broadcast (List.ofArray like.Sizes) like.Format [ dim ],
            [ Direct.Tensor(ty, Blocks.ofArray ty data) ]
        )
        |> List.head

    /// Applies a function of unformatted tensors that takes [.., n] to [.., m] to the channels, wherever they are.
    let replace op (f: Tensor -> Tensor) (x: Tensor) =
        let format = x.Format
        if format.IsNone then
            dimension op x.Type |> ignore
            f x
        else
            let dim = dimension op x.Type
            let dims = [ 0 .. x.Rank - 1 ]
            let last = List.except [ dim ] dims @ [ dim ]
            let back = [ for k in dims -> List.findIndex ((=) k) last ]
            let permute order (t: Tensor) = if order = dims then t else Define.apply (Movement.permute order) [ t ]
            let relabel format (t: Tensor) = Define.apply (Movement.reshape (List.ofArray t.Type.Sizes) format) [ t ]
            x |> relabel Format.None |> permute last |> f |> permute back |> relabel format

namespace Functional

/// How the elements of a value lie in the dense row-major block of a root: a value that movements made the value of.
[<NoComparison>]
type internal Access = { Root: int; Offset: int; Strides: int array }

/// Movements that copy nothing, as changes of strides.
[<RequireQualifiedAccess>]
module internal Access =
    let dense root (sizes: int array) = { Root = root; Offset = 0; Strides = Blocks.rowMajor sizes }

    let private broadcast (sizes: int array) (result: int array) (dims: int list) (strides: int array) =
        let spread = Array.zeroCreate result.Length
        for k, d in List.indexed dims do
            spread[d] <- if sizes[k] = 1 then 0 else strides[k]
        spread

    /// The access of a moved value; none where its elements have to be copied.
    let move (operand: TensorType) (result: TensorType) move (access: Access) : Access option =
        match move with
        | Broadcast(_, dims) -> Some { access with Strides = broadcast operand.Sizes result.Sizes dims access.Strides }
        | Permute order -> Some { access with Strides = [| for k in order -> access.Strides[k] |] }
        | Slice ranges when result.Count > 0 ->
            let start = Seq.map2 (fun (start, _, _) stride -> start * stride) ranges access.Strides |> Seq.sum
            Some
                { access with
                    Offset = access.Offset + start
                    Strides = Seq.map2 (fun (_, step, _) stride -> step * stride) ranges access.Strides |> Array.ofSeq }
        | Windows w when result.Count > 0 -> Some { access with Strides = Blocks.windowed w access.Strides }
        | Reshape _ when result.Count > 0 ->
            Blocks.reshaped operand.Sizes access.Strides result.Sizes
            |> Option.map (fun strides -> { access with Strides = strides })
        | _ -> None

    /// For each dimension of a space the dimension of the root, whose sizes these are, that it runs through, or -1 where it
    /// repeats; none unless it runs through the whole root. All sizes are at least 2.
    let through (root: int array) (space: int array) (access: Access) : int array option =
        let dense = Blocks.rowMajor root

        let dimension d =
            if access.Strides[d] = 0 then
                -1
            else
                match Array.tryFindIndex ((=) access.Strides[d]) dense with
                | Some j when root[j] = space[d] -> j
                | _ -> -2

        let dims = Array.init space.Length dimension
        let met = dims |> Array.filter (fun j -> j >= 0)

        if
            access.Offset = 0
            && not (Array.contains -2 dims)
            && met.Length = root.Length
            && Array.distinct met = met
        then
            Some dims
        else
            None

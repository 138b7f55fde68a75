namespace Functional

/// What a solver's numbers are kept in: memory, or the oracle's lanes. Both take the same way through the solver.
type internal Medium<'V> =
    {
        /// A number of this data type.
        Number: DType -> float -> 'V
        /// The elements as they are.
        Numbers: TensorType -> 'V -> float array
        Zeros: TensorType -> 'V
        /// One of the tensors of this type that are stacked along dimension 0.
        Slice: TensorType -> int -> 'V -> 'V
        Stack: TensorType -> 'V list -> 'V
    }

[<RequireQualifiedAccess>]
module internal Medium =
    let private stackedBlocks (ty: TensorType) (items: Block list) : Block =
        let strides = ty.Strides
        let data = Blocks.uninitialised ty.DType (ty.Count * items.Length)
        items
        |> List.iteri (fun k item -> Blocks.place ty item { Data = data; Offset = k * ty.Count; Strides = strides })
        { Data = data; Offset = 0; Strides = Array.append [| max 1 ty.Count |] strides }

    let blocks: Medium<Block> =
        { Number = fun dtype x -> Blocks.ofArray (TensorType(dtype, [])) (Blocks.ofNumber dtype x)
          Numbers =
            fun ty block ->
                match Blocks.toArray ty block with
                | :? (float32 array) as data -> Array.map float data
                | data -> data :?> float array
          Zeros = fun ty -> Blocks.ofArray ty (Blocks.allocate ty.DType ty.Count)
          Slice =
            fun _ k block ->
                { block with Offset = block.Offset + k * block.Strides[0]; Strides = Array.tail block.Strides }
          Stack = stackedBlocks }

    let private real lane =
        match lane with
        | Real x -> x
        | Whole n -> float n

    let lanes: Medium<Lane array> =
        { Number = fun dtype x -> [| Scalars.store dtype (Real x) |]
          Numbers = fun _ lanes -> Array.map real lanes
          Zeros = fun ty -> Array.create ty.Count (Real 0.)
          Slice = fun ty k lanes -> Array.sub lanes (k * ty.Count) ty.Count
          Stack = fun _ items -> Array.concat items }

namespace Functional

/// What optimisers share: structures taken apart leaf by leaf.
[<RequireQualifiedAccess>]
module internal Parameters =
    /// A scalar that enters traces as an input, so that another value needs no new trace.
    let number (value: float) =
        let ty = TensorType(DType.Float64, [])
        Direct.Tensor(ty, Blocks.ofArray ty (Blocks.ofNumber DType.Float64 value))

    /// The tensor in the data type of another.
    let castLike (x: Tensor) (t: Tensor) = if t.DType = x.DType then t else Elementwise.lift (Cast x.DType) [ t ]

    /// A structure of zeros.
    let zeros (parameters: 'P) : 'P = parameters |> Structures.rebuild (fun _ p -> Reverse.fill p 0.)

    let private differ op (parts: (Tensor array * Skeleton) list) =
        let types =
            [ for leaves, _ in parts do
                  for t in leaves -> t.Type ]
        raise (
            StructureException(
                op,
                types,
                "parameters, gradient and state differ in structure",
                "give what belongs to the same parameters"
            )
        )

    /// Steps the floating-point leaves of structures of the same nesting: of each, what becomes of the parameter and of the
    /// optimiser's memories. Integers, Bool and what is marked as state stay; so state may differ between the structures.
    let step
        op
        (parameters: 'P)
        (gradient: 'P)
        (memories: 'P list)
        (rule: Tensor -> Tensor -> Tensor list -> Tensor * Tensor list)
        =
        let parts = parameters :: gradient :: memories |> List.map Structures.flattenLearnables
        let skeletons = List.map snd parts
        if skeletons |> List.exists (fun s -> not (s.Equals skeletons.Head)) then differ op parts

        let stepped =
            [| for leaf in parts |> List.map (fst >> List.ofArray) |> List.transpose ->
                   match leaf with
                   | p :: g :: memories when Scalars.isFloating p.DType -> rule p g memories
                   | p :: _ :: memories -> p, memories
                   | _ -> invalidOp "unreachable" |]

        Structures.replaceLearnables parameters (Array.map fst stepped),
        [ for k, memory in List.indexed memories ->
              Structures.replaceLearnables memory [| for _, memories in stepped -> memories[k] |] ]

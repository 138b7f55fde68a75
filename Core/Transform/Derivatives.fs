namespace Functional

/// Derivatives of functions over structures. Leaves of floating-point type are differentiated; integers, Bool and state are
/// held fixed, and the gradient has zeros in their place.
[<RequireQualifiedAccess>]
module internal Derivatives =
    let private leavesOf structure = Structures.flatten structure |> fst |> List.ofArray
    let private learnablesOf structure = Structures.flattenLearnables structure |> fst |> List.ofArray

    /// For each leaf its number among the floating ones, and those leaves.
    let private floating (leaves: Tensor list) = leaves |> List.filter (fun t -> Scalars.isFloating t.DType)

    /// The leaves with the floating ones replaced, in order.
    let private merge (leaves: Tensor list) (values: Tensor list) =
        let next (rest: Tensor list) (leaf: Tensor) =
            if Scalars.isFloating leaf.DType then rest.Head, rest.Tail else leaf, rest

        leaves |> List.mapFold next values |> fst |> Array.ofList

    let private zeros (leaf: Tensor) = Reverse.fill leaf 0.

    let private checkCotangents op (results: Tensor list) (cotangents: Tensor list) =
        if List.map (fun (t: Tensor) -> t.Type) results <> List.map (fun (t: Tensor) -> t.Type) cotangents then
            raise (
                ShapeException(
                    op,
                    [ for t in cotangents -> t.Type ],
                    $"the results have types %A{[ for t in results -> t.Type ]}",
                    "give a cotangent of the same type for each result"
                )
            )

    /// Results, anything the function returns besides, and the map from cotangents of all results to gradients of all
    /// floating operands.
    let private pullback (f: 'T -> 'R * 'A) (x: 'T) =
        let leaves = learnablesOf x

        let run variables =
            let result, aux = f (Structures.replaceLearnables x (merge leaves variables))
            leavesOf result, (result, aux)

        let ys, (result, aux), pull = Reverse.vjp run (floating leaves)
        let gradients cotangents =
            List.map2
                (fun d (x: Tensor) -> d |> Option.defaultWith (fun () -> zeros x))
                (pull cotangents)
                (floating leaves)
        let aux = Structures.rebuild (fun _ t -> Reverse.detach t) aux
        ys, Structures.replace result (Array.ofList ys), aux, gradients

    let private gradientOf (x: 'T) (gradients: Tensor list) : 'T =
        let mutable rest = gradients

        let gradient isState (leaf: Tensor) =
            if isState || not (Scalars.isFloating leaf.DType) then
                zeros leaf
            else
                let next = rest.Head
                rest <- rest.Tail
                next

        Structures.rebuild gradient x

    let vjp (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) =
        let ys, result, (), pull = pullback (fun x -> f x, ()) x

        let back (cotangent: 'R) =
            let cotangents = leavesOf cotangent
            checkCotangents "Vjp" ys cotangents
            gradientOf x (pull (List.map Some cotangents))

        result, back

    let valueAndGrad (f: 'T -> Tensor * 'A) (x: 'T) : Tensor * 'A * 'T =
        let ys, y, aux, pull = pullback f x

        if y.Count <> 1 || not (Scalars.isFloating y.DType) then
            raise (
                ShapeException(
                    "Gradient",
                    [ y.Type ],
                    "the function's result is no floating-point scalar",
                    "sum or average it; or use a Jacobian"
                )
            )

        y, aux, gradientOf x (pull [ Some(Reverse.fill ys.Head 1.) ])

    /// Forward mode by pulling twice: the pullback is linear in the cotangent, and its transpose is the push.
    let jvp (f: 'T -> 'R) (x: 'T) (tangent: 'T) : 'R * 'R =
        let tangents = learnablesOf tangent
        checkCotangents "Jvp" (learnablesOf x) tangents
        let ys, result, (), pull = pullback (fun x -> f x, ()) x
        let smooth = floating ys
        let back variables = pull (merge ys variables |> List.ofArray |> List.map Some), ()
        let _, (), push = Reverse.vjp back (smooth |> List.map zeros)
        let pushed = push (floating tangents |> List.map Some)
        let derivatives = List.map2 (fun d y -> d |> Option.defaultWith (fun () -> zeros y)) pushed smooth
        result,
        Structures.replace
            result
            (merge (ys |> List.map (fun t -> if Scalars.isFloating t.DType then t else zeros t)) derivatives)

    let private flat (t: Tensor) = Define.apply (Movement.reshape [ t.Count ] Format.None) [ t ]

    /// 1 at one place of a tensor of this type, in row-major order, and 0 elsewhere.
    let private unit (t: Tensor) place =
        let data = Blocks.allocate t.DType t.Count
        Blocks.fillRange data place 1 1.
        Direct.Tensor(t.Type, Blocks.ofArray t.Type data)

    /// For each element of the result one pull; every leaf then has the sizes of the result followed by its own.
    let jacobian (f: 'T -> Tensor) (x: 'T) : 'T =
        let _, y, (), pull = pullback (fun x -> f x, ()) x
        let rows = [ for k in 0 .. y.Count - 1 -> pull [ Some(unit y k) ] ]

        let stacked k (leaf: Tensor) =
            let sizes = List.ofArray y.Type.Sizes @ List.ofArray leaf.Type.Sizes

            match rows with
            | [] -> Reverse.fill (Direct.Tensor(TensorType(leaf.DType, sizes), Blocks.ofArray leaf.Type [||])) 0.
            | _ ->
                Define.apply
                    (Movement.reshape sizes Format.None)
                    [ Define.apply (Movement.concat 0) [ for row in rows -> flat row[k] ] ]

        gradientOf x (List.mapi stacked (floating (learnablesOf x)))

    /// The second derivative with respect to leaves i and j of the floating ones: sizes of i, then of j.
    let hessian (f: 'T -> Tensor) (x: 'T) : Tensor list list =
        let gradient k x =
            let _, _, g = valueAndGrad (fun x -> f x, ()) x
            (floating (learnablesOf g))[k]

        [ for k in 0 .. (floating (learnablesOf x)).Length - 1 -> jacobian (gradient k) x |> learnablesOf |> floating ]

    /// The sum of ∂fᵢ/∂xᵢ over all elements; one pull each.
    let divergence (f: 'T -> 'T) (x: 'T) : Tensor =
        let ys, _, (), pull = pullback (fun x -> learnablesOf (f x), ()) x
        let xs, smooth = floating (learnablesOf x), floating ys
        checkCotangents "Divergence" xs smooth

        let slope k place =
            let cotangents =
                ys |> List.map (fun y -> if obj.ReferenceEquals(y, smooth[k]) then Some(unit y place) else None)
            let row: Tensor = List.item k (pull cotangents)
            let at = Define.apply (Movement.slice [ place, 1, 1 ]) [ flat row ]
            Define.apply (Movement.reshape [] Format.None) [ at ]

        match
            [ for k, y in List.indexed smooth do
                  for place in 0 .. y.Count - 1 -> slope k place ]
        with
        | [] ->
            raise (
                ShapeException(
                    "Divergence",
                    [ for x in xs -> x.Type ],
                    "there is nothing to differentiate",
                    "give a structure with floating-point elements"
                )
            )
        | slopes -> List.reduce (+) slopes

    let laplacian (f: 'T -> Tensor) (x: 'T) : Tensor =
        divergence (fun x -> let _, _, g = valueAndGrad (fun x -> f x, ()) x in g) x

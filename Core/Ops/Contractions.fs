namespace Functional

open System

/// The generalised matrix product, and what is written with it.
[<RequireQualifiedAccess>]
module internal Contractions =
    let private rest (t: TensorType) paired = List.except paired [ 0 .. t.Rank - 1 ]

    /// An unformatted operand of a formatted one has unspecified dimensions.
    let private labels (other: TensorType) (t: TensorType) =
        if t.Format.IsNone && not other.Format.IsNone then String('U', t.Rank) else t.Format.Labels

    let private format (types: TensorType list) (pairs: Contraction) =
        let a, b = types[0], types[1]
        let left, right = labels b a, labels a b

        if left = "" || right = "" then
            // Nothing is labelled, or the one operand with labels is alone: the other is a scalar.
            Format.Parse(left + right)
        else
            let together (i: int, j: int) =
                match left[i], right[j] with
                | l, r when l = r || r = 'U' -> l
                | 'U', r -> r
                | l, r ->
                    Labels.formatError
                        "Contract"
                        types
                        $"dimensions labelled '{l}' and '{r}' cannot be kept side by side"
                        "relabel or permute an operand"

            let kept =
                List.map together pairs.Batch
                @ [ for d in rest a (List.map fst (pairs.Batch @ pairs.Sum)) -> left[d] ]
                @ [ for d in rest b (List.map snd (pairs.Batch @ pairs.Sum)) -> right[d] ]

            match
                kept |> List.tryFind (fun l -> "CBT".Contains l && (kept |> List.filter ((=) l) |> List.length) > 1)
            with
            | Some l ->
                Labels.formatError
                    "Contract"
                    types
                    $"the result would have two dimensions labelled '{l}'"
                    $"relabel that dimension of one operand, pair the two, or sum over them"
            | None -> Format.Parse(String.Join("", kept))

    let private infer (pairs: Contraction) (types: TensorType list) =
        let a, b = types[0], types[1]

        if a.DType <> b.DType then
            Labels.dtypeError "Contract" types "its operands have different data types" "cast them to one"
        elif a.DType = DType.Bool then
            Labels.dtypeError "Contract" types "Bool has no product" "cast the operands"

        for i, j in pairs.Batch @ pairs.Sum do
            if i >= a.Rank || j >= b.Rank then
                Labels.dimensionError
                    "Contract"
                    types
                    $"dimension {i} of the left or {j} of the right is not there"
                    "name dimensions that the operands have"

            if a.Sizes[i] <> b.Sizes[j] then
                Labels.shapeError
                    "Contract"
                    types
                    $"dimension {i} of the left, of size {a.Sizes[i]}, meets dimension {j} of the right, of size {b.Sizes[j]}"
                    "paired dimensions have equal sizes; transpose or reshape an operand"

        TensorType(
            a.DType,
            [ for i, _ in pairs.Batch -> a.Sizes[i] ]
            @ [ for d in rest a (List.map fst (pairs.Batch @ pairs.Sum)) -> a.Sizes[d] ]
            @ [ for d in rest b (List.map snd (pairs.Batch @ pairs.Sum)) -> b.Sizes[d] ],
            format types pairs
        )

    /// All indices of dimensions with these sizes, in row-major order.
    let rec indices sizes : int list seq =
        match sizes with
        | [] -> Seq.singleton []
        | size :: sizes -> seq {
            for k in 0 .. size - 1 do
                for tail in indices sizes -> k :: tail
          }

    /// Each dimension of an operand has its index from the result or from those summed over.
    let private eval (pairs: Contraction) (result: TensorType) (lanes: Lanes list) (i: int list) =
        let batch, outer = List.splitAt pairs.Batch.Length i
        let a, b = lanes[0], lanes[1]
        let batchA, batchB = List.unzip pairs.Batch
        let sumA, sumB = List.unzip pairs.Sum
        let restA, restB = rest a.Type (batchA @ sumA), rest b.Type (batchB @ sumB)
        let outerA, outerB = List.splitAt restA.Length outer

        let index dims values = List.zip dims values |> List.sortBy fst |> List.map snd

        indices [ for d in sumA -> a.Type.Sizes[d] ]
        |> Seq.map (fun k ->
            Scalars.eval
                Mul
                [ a.At(index (batchA @ restA @ sumA) (batch @ outerA @ k))
                  b.At(index (batchB @ restB @ sumB) (batch @ outerB @ k)) ])
        |> Scalars.sum
        |> Scalars.store result.DType

    /// The product over paired dimensions. Result: batch, left's rest, right's rest. The kept pairs' label is the left's,
    /// or the right's where the left's is U; a label C, B or T that would stand twice is an error.
    let rec op (pairs: Contraction) : Op =
        Define.op
            "Contract"
            [ "batch", box pairs.Batch; "sum", pairs.Sum ]
            (Contract pairs)
            (infer pairs)
            (eval pairs)
            (pull pairs)

    /// The cotangent contracted with the other operand over the other's rest, each on its own side, and put in order.
    and private pull pairs i args _ dy =
        let x, other = args[i], args[1 - i]
        let mine, theirs = if i = 0 then fst, snd else snd, fst
        let batchX, batchOther = List.map mine pairs.Batch, List.map theirs pairs.Batch
        let sumX, sumOther = List.map mine pairs.Sum, List.map theirs pairs.Sum
        let restX, restOther = rest x.Type (batchX @ sumX), rest other.Type (batchOther @ sumOther)
        let batches = List.indexed batchOther
        // Where the other's rest lies in the cotangent.
        let first = batches.Length + (if i = 0 then restX.Length else 0)
        let summed = restOther |> List.mapi (fun k d -> first + k, d)
        // What the operands were summed over is now the other's rest, in its order.
        let sumX = List.zip sumOther sumX |> List.sortBy fst |> List.map snd
        let bare = Movement.relabel Format.None

        let product, order =
            if i = 0 then
                Define.apply (op { Batch = batches; Sum = summed }) [ bare dy; bare other ], batchX @ restX @ sumX
            else
                let swap = List.map (fun (a, b) -> b, a)
                Define.apply (op { Batch = swap batches; Sum = swap summed }) [ bare other; bare dy ],
                batchX @ sumX @ restX

        let inverse = [ for k in 0 .. x.Rank - 1 -> List.findIndex ((=) k) order ]
        Some(Movement.relabel x.Format (Define.apply (Movement.permute inverse) [ product ]))

    let private apply pairs (a: Tensor) (b: Tensor) = Define.apply (op pairs) [ a; b ]

    /// Every element of one with every element of the other.
    let outer (a: Tensor) (b: Tensor) = apply { Batch = []; Sum = [] } a b

    /// The sum of the products of two vectors.
    let dot (Given "Dot" a) (Given "Dot" b) =
        if a.Rank <> 1 || b.Rank <> 1 then
            Labels.shapeError "Dot" [ a.Type; b.Type ] "it takes two vectors" "use a matrix product or a contraction"

        apply { Batch = []; Sum = [ 0, 0 ] } a b

    /// The leading dimensions of both, those before the last two, at equal sizes: 1 is repeated.
    let alignBatches op (a: Tensor) (b: Tensor) =
        let depth = max a.Rank b.Rank - 2
        let size (t: Tensor) k = let d = k - depth + t.Rank - 2 in if d < 0 then 1 else t.Shape[d]

        let sizes =
            [ for k in 0 .. depth - 1 ->
                  match size a k, size b k with
                  | m, n when m = n || n = 1 -> m
                  | 1, n -> n
                  | m, n ->
                      Labels.shapeError
                          op
                          [ a.Type; b.Type ]
                          $"sizes {m} and {n} meet in a leading dimension"
                          "leading sizes must be equal or 1" ]

        let spread (t: Tensor) =
            let added = depth + 2 - t.Rank
            let full = sizes @ [ t.Shape[t.Rank - 2]; t.Shape[t.Rank - 1] ]
            let labels = if t.Format.IsNone then "" else String('U', added) + t.Format.Labels

            if full = List.ofSeq t.Shape then
                t
            else
                Define.apply (Movement.broadcast full (Format.Parse labels) [ added .. depth + 1 ]) [ t ]

        spread a, spread b

    /// NumPy's matrix product: over the last dimension of the left and the last but one of the right; leading dimensions
    /// are kept side by side; a vector is a row on the left and a column on the right, and that dimension disappears.
    let matmul (Given "MatMul" a) (Given "MatMul" b) =
        if a.Rank = 0 || b.Rank = 0 then
            Labels.shapeError "MatMul" [ a.Type; b.Type ] "a scalar is no matrix" "multiply by *"

        let inner = if b.Rank = 1 then 0 else b.Rank - 2

        if a.Rank <= 2 && b.Rank > 2 then
            // The leading dimensions of the right come out behind the rows of the left.
            let product = apply { Batch = []; Sum = [ a.Rank - 1, inner ] } a b
            let leading = b.Rank - 2
            let rows = a.Rank - 1
            let order = [ rows .. rows + leading - 1 ] @ [ 0 .. rows - 1 ] @ [ rows + leading ]
            Define.apply (Movement.permute order) [ product ]
        elif a.Rank > 2 && b.Rank > 2 then
            let a, b = alignBatches "MatMul" a b
            apply { Batch = [ for k in 0 .. a.Rank - 3 -> k, k ]; Sum = [ a.Rank - 1, b.Rank - 2 ] } a b
        else
            apply { Batch = []; Sum = [ a.Rank - 1, inner ] } a b

    /// Over the dimensions with these labels, the k-th of one with the k-th of the other; dimensions of other labels that
    /// both have are kept side by side.
    let byLabel (summed: string) (Given "Contract" a) (Given "Contract" b) =
        let found (t: Tensor) =
            summed |> Seq.map (fun l -> Labels.find "Contract" t.Type l) |> List.ofSeq |> List.concat
        let sumA, sumB = found a, found b

        if sumA.Length <> sumB.Length then
            Labels.dimensionError
                "Contract"
                [ a.Type; b.Type ]
                $"they have unequally many dimensions labelled \"{summed}\""
                "relabel or reduce those of one operand"

        let both =
            Labels.keyed a.Format.Labels
            |> List.filter (fun key -> List.contains key (Labels.keyed b.Format.Labels))

        let place (t: Tensor) key = Labels.keyed t.Format.Labels |> List.findIndex ((=) key)

        apply
            { Batch =
                [ for label, k in both do
                      if not (summed.Contains label) then place a (label, k), place b (label, k) ]
              Sum = List.zip sumA sumB }
            a
            b

    let entries: Entry list =
        [ { Name = "Contract"
            Family = "contraction"
            Summary = "Σ x · y over pairs of dimensions, other pairs kept side by side."
            Sample =
              fun choose t ->
                  let dims = Entry.shuffled choose [ 0 .. t.Rank - 1 ]
                  let batch, others = dims |> List.splitAt (choose (dims.Length + 1))
                  let sum, _ = others |> List.splitAt (choose (others.Length + 1))
                  // The right operand has the paired dimensions and one more, in any order.
                  let paired = batch @ sum
                  let order = Entry.shuffled choose [ 0 .. paired.Length ]
                  let sizes = [ for d in paired -> t.Sizes[d] ] @ [ choose 4 ]
                  let right = TensorType(t.DType, [ for k in order -> sizes[k] ])
                  let place k = List.findIndex ((=) k) order

                  let pairs =
                      { Batch = batch |> List.mapi (fun k d -> d, place k)
                        Sum = sum |> List.mapi (fun k d -> d, place (batch.Length + k)) }

                  if t.DType = DType.Bool then None else Some(op pairs, [ Operand.any t; Operand.any right ]) } ]

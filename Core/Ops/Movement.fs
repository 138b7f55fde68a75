namespace Functional

open Functional

/// Ops that move elements or add them up: linear, each the transpose of another.
[<RequireQualifiedAccess>]
module internal Movement =
    let private own name attributes move infer eval pull =
        Define.op name attributes (Move move) (List.head >> infer) eval pull

    let private strip (sizes: int list) dims =
        sizes |> List.indexed |> List.filter (fun (k, _) -> not (List.contains k dims)) |> List.map snd

    /// The row-major position of an index, and back.
    let private position sizes index = List.fold2 (fun p size i -> p * size + i) 0 sizes index

    let index sizes position =
        (sizes, (position, []))
        ||> List.foldBack (fun size (p, index) -> p / size, p % size :: index)
        |> snd

    /// The type without these dimensions.
    let without dims (t: TensorType) =
        TensorType(t.DType, strip (List.ofArray t.Sizes) dims, Labels.keep t (fun k -> not (List.contains k dims)))

    /// The lanes that a reduction brings together in one place of its result, in row-major order.
    let meeting dims (x: Lanes) i =
        let sizes = [ for d in dims -> x.Type.Sizes[d] ]
        let full reduced = (dims, reduced) ||> List.zip |> List.fold (fun i (d, r) -> List.insertAt d r i) i
        Seq.init (List.fold (*) 1 sizes) (fun p -> x.At(full (index sizes p)))

    /// Same elements in row-major order, other sizes and labels.
    let rec reshape (sizes: int list) (format: Format) : Op =
        let infer (t: TensorType) =
            let result = TensorType(t.DType, sizes, format)

            if result.Count <> t.Count then
                Labels.shapeError
                    "Reshape"
                    [ t ]
                    $"{t.Count} elements do not fill sizes %A{sizes}"
                    "the product of the sizes must be the number of elements"

            result

        own
            "Reshape"
            [ "sizes", box sizes; "format", format ]
            (Move.Reshape sizes)
            infer
            (fun _ lanes -> let x = lanes.Head in fun i -> x.At(index (List.ofArray x.Type.Sizes) (position sizes i)))
            (fun _ args _ dy ->
                let x = args.Head.Type in Some(Define.apply (reshape (List.ofArray x.Sizes) x.Format) [ dy ]))

    /// Dimension k of the result is dimension `order[k]` of the operand, label and all.
    let rec permute (order: int list) : Op =
        let infer (t: TensorType) =
            if List.sort order <> [ 0 .. t.Rank - 1 ] then
                Labels.dimensionError
                    "Permute"
                    [ t ]
                    $"%A{order} is no order of its dimensions"
                    "name each dimension exactly once"

            let format =
                if t.Format.IsNone then "" else System.String.Join("", [ for k in order -> t.Format.Labels[k] ])
            TensorType(t.DType, [ for k in order -> t.Sizes[k] ], Format.Parse format)

        let inverse () = [ for k in 0 .. order.Length - 1 -> List.findIndex ((=) k) order ]

        own
            "Permute"
            [ "order", box order ]
            (Move.Permute order)
            infer
            (fun _ lanes -> let inverse = inverse () in fun i -> lanes.Head.At [ for k in inverse -> i[k] ])
            (fun _ _ _ dy -> Some(Define.apply (permute (inverse ())) [ dy ]))

    /// To these sizes and labels: dimension k of the operand becomes dimension `dims[k]`, repeated where its size is 1.
    let rec broadcast (sizes: int list) (format: Format) (dims: int list) : Op =
        let infer (t: TensorType) =
            let fits k dim = dim >= 0 && dim < sizes.Length && (t.Sizes[k] = 1 || t.Sizes[k] = sizes[dim])

            if
                dims.Length <> t.Rank
                || List.distinct dims <> dims
                || not (List.forall2 fits [ 0 .. t.Rank - 1 ] dims)
            then
                Labels.shapeError
                    "Broadcast"
                    [ t ]
                    $"it cannot be broadcast to sizes %A{sizes} with dimensions %A{dims}"
                    "sizes must be equal, or 1 in the operand"

            TensorType(t.DType, sizes, format)

        let pull _ (args: Tensor list) _ (dy: Tensor) =
            let x = args.Head.Type
            let repeated =
                [ for k, d in List.indexed dims do
                      if x.Sizes[k] = 1 && sizes[d] <> 1 then d ]
            let summed = List.sort ((List.except dims [ 0 .. sizes.Length - 1 ]) @ repeated)
            let kept = dims |> List.filter (fun d -> not (List.contains d summed))
            let order = [ for d in kept -> List.findIndex ((=) d) (List.sort kept) ]
            let total = if summed.IsEmpty then dy else Define.apply (sum summed) [ dy ]
            let ordered = if order = List.sort order then total else Define.apply (permute order) [ total ]
            Some(
                if ordered.Type = x then
                    ordered
                else
                    Define.apply (reshape (List.ofArray x.Sizes) x.Format) [ ordered ]
            )

        own
            "Broadcast"
            [ "sizes", box sizes; "format", format; "dims", dims ]
            (Move.Broadcast(sizes, dims))
            infer
            (fun _ lanes ->
                let x = lanes.Head in
                fun i -> x.At [ for k, d in List.indexed dims -> if x.Type.Sizes[k] = 1 then 0 else i[d] ])
            pull

    /// The total over dimensions (ascending), which disappear. Of nothing, 0; of nothing but -0, -0. Integers wrap around.
    and sum (dims: int list) : Op =
        let infer (t: TensorType) =
            if not (Scalars.admits Scalars.Numeric t.DType) then
                Labels.dtypeError "Sum" [ t ] "Bool has no sum" "cast to Int64 to count"

            without dims t

        let eval (result: TensorType) (lanes: Lanes list) i =
            meeting dims lanes.Head i |> Scalars.sum |> Scalars.store result.DType

        let pull _ (args: Tensor list) _ dy = Some(spread args.Head.Type dims dy)
        Define.op "Sum" [ "dims", box dims ] (Reduce(SumOf, dims)) (List.head >> infer) eval pull

    /// The result of a reduction of an operand of type `t`, in each place that it was made of.
    and spread (t: TensorType) dims (y: Tensor) =
        Define.apply (broadcast (List.ofArray t.Sizes) t.Format (List.except dims [ 0 .. t.Rank - 1 ])) [ y ]

    /// One number in every place: known to an interpreter, in one place of memory.
    let constant (by: Interpreter) (t: TensorType) (value: float) =
        by.Apply(broadcast (List.ofArray t.Sizes) t.Format [], [ Tensor.Literal(t.DType, value) ]).Head

    /// The operand, to derivatives a constant. Its reverse rule is not its derivative, on purpose, so that the catalogue,
    /// whose ops are tested for that, does without it.
    let hold (Given "StopGradient" x) =
        Define.apply { permute [ 0 .. x.Rank - 1 ] with Name = "StopGradient"; Pull = fun _ _ _ _ -> [ None ] } [ x ]

    /// The same elements and sizes under other labels; a view, as broadcasting is.
    let relabel (format: Format) (Given "WithFormat" x) =
        if x.Format = format then
            x
        else
            Define.apply (broadcast (List.ofArray x.Type.Sizes) format [ 0 .. x.Rank - 1 ]) [ x ]

    /// One way to write a range in which nothing is stepped over.
    let private canonical range =
        match range with
        | _, _, 0 -> 0, 1, 0
        | start, _, 1 -> start, 1, 1
        | range -> range

    /// A size that a tensor can have.
    let private possible name types (size: int64) =
        if size > int64 System.Array.MaxLength then
            Labels.shapeError name types $"a size of {size} is impossible" "the largest is 2^31 elements"
        int size

    /// Start, step and count for each dimension; a negative step goes backwards.
    let rec slice (ranges: (int * int * int) list) : Op =
        let ranges = List.map canonical ranges

        let infer (t: TensorType) =
            let inside (start, step, count) size =
                let last = int64 start + int64 step * int64 (count - 1)
                count = 0
                || (count > 0 && step <> 0 && start >= 0 && start < size && last >= 0L && last < int64 size)

            if ranges.Length <> t.Rank || not (List.forall2 inside ranges (List.ofArray t.Sizes)) then
                Labels.dimensionError
                    "Slice"
                    [ t ]
                    $"(start, step, count) = %A{ranges} leaves it"
                    "stay within each dimension's size"

            TensorType(t.DType, [ for _, _, count in ranges -> count ], t.Format)

        let pull _ (args: Tensor list) _ (dy: Tensor) =
            // A backward range is turned round first: padding only goes forward.
            let forward =
                [ for start, step, count in ranges ->
                      if step < 0 && count > 0 then start + step * (count - 1), -step, count else start, abs step, count ]
            let turn =
                [ for _, step, count in ranges -> if step < 0 && count > 0 then count - 1, -1, count else 0, 1, count ]
            let turned =
                if List.exists (fun (_, step, _) -> step < 0) turn then Define.apply (slice turn) [ dy ] else dy

            let around (start, step, count) size =
                if count = 0 then 0, size, 0 else start, size - 1 - (start + step * (count - 1)), step - 1

            Some(Define.apply (pad (List.map2 around forward (List.ofArray args.Head.Type.Sizes)) 0.) [ turned ])

        own
            "Slice"
            [ "ranges", box ranges ]
            (Move.Slice ranges)
            infer
            (fun _ lanes -> fun i -> lanes.Head.At [ for (start, step, _), i in List.zip ranges i -> start + step * i ])
            pull

    /// Elements of one value added before, after and between the operand's, in each dimension.
    and pad (around: (int * int * int) list) (value: float) : Op =
        let infer (t: TensorType) =
            if
                around.Length <> t.Rank
                || around |> List.exists (fun (low, high, between) -> low < 0 || high < 0 || between < 0)
            then
                Labels.dimensionError
                    "Pad"
                    [ t ]
                    $"(before, after, between) = %A{around} does not fit"
                    "give three numbers, at least 0, for each dimension"

            TensorType(
                t.DType,
                [ for (low, high, between), size in List.zip around (List.ofArray t.Sizes) ->
                      int64 low + int64 high + int64 size + int64 (max 0 (size - 1)) * int64 between
                      |> possible "Pad" [ t ] ],
                t.Format
            )

        let eval (result: TensorType) (lanes: Lanes list) i =
            let x = lanes.Head

            let source =
                [ for (low, _, between), size, i in List.zip3 around (List.ofArray x.Type.Sizes) i do
                      if i >= low && (i - low) % (between + 1) = 0 && (i - low) / (between + 1) < size then
                          (i - low) / (between + 1) ]

            if source.Length = around.Length then x.At source else Scalars.store result.DType (Real value)

        let pull _ (args: Tensor list) _ (dy: Tensor) =
            let inner =
                [ for (low, _, between), size in List.zip around (List.ofArray args.Head.Type.Sizes) ->
                      low, between + 1, size ]
            Some(Define.apply (slice inner) [ dy ])

        own "Pad" [ "around", box around; "value", value ] (Move.Pad(around, value)) infer eval pull

    /// Operands one after another along a dimension; all else alike.
    let concat (dim: int) : Op =
        let infer (types: TensorType list) =
            let first = types.Head
            let rest (t: TensorType) = Array.removeAt dim t.Sizes

            if dim < 0 || dim >= first.Rank then
                Labels.dimensionError
                    "Concat"
                    types
                    $"there is no dimension {dim}"
                    "scalars are stacked, not concatenated; else name a dimension that the operands have"

            for t in types.Tail do
                if t.DType <> first.DType then
                    Labels.dtypeError "Concat" types "its operands have different data types" "cast them to one"
                elif t.Rank <> first.Rank || rest t <> rest first then
                    Labels.shapeError
                        "Concat"
                        types
                        $"its operands differ beside dimension {dim}"
                        "all other sizes must be equal"
                elif t.Format <> first.Format then
                    Labels.formatError "Concat" types "its operands have different formats" "permute or relabel them"

            TensorType(
                first.DType,
                Array.updateAt
                    dim
                    (types |> List.sumBy (fun t -> int64 t.Sizes[dim]) |> possible "Concat" types)
                    first.Sizes,
                first.Format
            )

        let rec at (lanes: Lanes list) (i: int list) =
            let size = lanes.Head.Type.Sizes[dim]
            if i[dim] < size then lanes.Head.At i else at lanes.Tail (List.updateAt dim (i[dim] - size) i)

        let pull i (args: Tensor list) _ (dy: Tensor) =
            let start = args |> List.take i |> List.sumBy (fun a -> a.Type.Sizes[dim])
            Some(
                Define.apply
                    (slice [ for k in 0 .. dy.Rank - 1 -> (if k = dim then start else 0), 1, args[i].Type.Sizes[k] ])
                    [ dy ]
            )

        Define.op "Concat" [ "dim", box dim ] (Move(Move.Concat dim)) infer (fun _ -> at) pull

    let private entry = Entry.unary "movement"

    /// Two sizes with this product.
    let private splits choose count =
        let divisors = [ 1..count ] |> List.filter (fun d -> count % d = 0)
        let d = divisors[choose divisors.Length]
        [ d; count / d ]

    let entries: Entry list =
        [ entry "Reshape" "The same elements in row-major order, in other sizes." (fun choose t ->
              let format = if choose 2 = 0 then Format.None else Format.Parse "SU"
              Some(reshape (if t.Count = 0 then [ 0; 2 ] else splits choose t.Count) format))
          entry "Permute" "The dimensions in another order." (fun choose t ->
              Some(permute (Entry.shuffled choose [ 0 .. t.Rank - 1 ])))
          entry "Broadcast" "The operand repeated along new dimensions and those of size 1." (fun choose t ->
              // The last number stands for a new dimension.
              let places = Entry.shuffled choose [ 0 .. t.Rank ]
              let size k =
                  if k = t.Rank then choose 3
                  elif t.Sizes[k] = 1 then choose 4
                  else t.Sizes[k]
              let label k = if k = t.Rank then "U" else t.Format.Labels.Substring(k, 1)
              let format = if t.Format.IsNone then "" else System.String.Join("", List.map label places)
              let dims = [ for k in 0 .. t.Rank - 1 -> List.findIndex ((=) k) places ]
              Some(broadcast (List.map size places) (Format.Parse format) dims))
          entry "Slice" "Elements start, start + step, … of each dimension." (fun choose t ->
              let range size =
                  let a, b = choose size, choose size
                  let step = (1 + choose 2) * (if a > b then -1 else 1)
                  if choose 8 = 0 then 0, 1, 0 else a, step, 1 + (b - a) / step

              Some(slice [ for size in t.Sizes -> if size = 0 then 0, 1, 0 else range size ]))
          entry "Pad" "Elements of one value before, after and between the operand's." (fun choose t ->
              Some(pad [ for _ in t.Sizes -> choose 3, choose 3, choose 3 ] [| 0.; -0.; 2.5 |].[choose 3]))
          { Name = "Concat"
            Family = "movement"
            Summary = "Operands one after another along a dimension."
            Sample =
              fun choose t ->
                  if t.Rank = 0 then
                      None
                  else
                      let dim = choose t.Rank
                      let other () = TensorType(t.DType, Array.updateAt dim (choose 4) t.Sizes, t.Format)
                      Some(concat dim, Operand.any t :: [ for _ in 0 .. choose 3 -> Operand.any (other ()) ]) }
          entry "Sum" "The total over dimensions, Σ x." (fun choose t ->
              if t.DType = DType.Bool then None else Some(sum (Entry.someDimensions choose t))) ]

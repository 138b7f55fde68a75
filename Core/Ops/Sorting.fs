namespace Functional

open System
open System.Numerics

/// Order along a dimension. NaN is greater than every number, -0 equals 0, equals keep their order.
[<RequireQualifiedAccess>]
module internal Sorting =
    /// The order of two elements.
    let compare<'T when 'T :> INumber<'T>> (a: 'T) (b: 'T) =
        match 'T.IsNaN a, 'T.IsNaN b with
        | true, true -> 0
        | true, false -> 1
        | false, true -> -1
        | _ -> a.CompareTo b

    let private sortRuns<'T when 'T :> INumber<'T>> (x: 'T array) size inner descending : int64 array =
        let result, keys = Array.zeroCreate<int64> x.Length, Array.zeroCreate<'T> size
        let order (i: int64) (j: int64) =
            match compare keys[int i] keys[int j] with
            | 0 -> i.CompareTo j
            | c -> if descending then -c else c
        let comparison = Comparison order

        for run in 0 .. (if x.Length = 0 then 0 else x.Length / size) - 1 do
            let first = run / inner * size * inner + run % inner
            for k in 0 .. size - 1 do
                keys[k] <- x[first + k * inner]
            let positions = Array.init size int64
            Array.Sort(positions, comparison)
            for k in 0 .. size - 1 do
                result[first + k * inner] <- positions[k]
        result

    let private sortArray dim descending (types: TensorType list) (arrays: Array list) : Array =
        let sizes = types.Head.Sizes
        let size, inner = sizes[dim], Array.fold (*) 1 sizes[dim + 1 ..]
        match arrays.Head with
        | :? (float32 array) as x -> sortRuns x size inner descending
        | :? (float array) as x -> sortRuns x size inner descending
        | :? (int array) as x -> sortRuns x size inner descending
        | :? (int64 array) as x -> sortRuns x size inner descending
        | x -> sortRuns (x :?> bool array |> Array.map Convert.ToInt32) size inner descending

    let compareLanes a b =
        match a, b with
        | Real a, Real b -> compare a b
        | Whole a, Whole b -> compare a b
        | _ -> invalidOp "elements of one tensor have one type"

    let private hasDimension name dim (t: TensorType) =
        if dim < 0 || dim >= t.Rank then
            Labels.dimensionError name [ t ] $"there is no dimension {dim}" "name a dimension that the operand has"

    /// The positions along a dimension that would sort it, Int64. Stable.
    let argSort dim descending : Op =
        let infer (types: TensorType list) =
            let t = types.Head
            hasDimension "ArgSort" dim t
            TensorType(DType.Int64, t.Sizes, t.Format)

        let eval (result: TensorType) (lanes: Lanes list) (i: int list) =
            let at k = lanes.Head.At(List.updateAt dim k i)
            let order a b = if descending then compareLanes (at b) (at a) else compareLanes (at a) (at b)
            [ 0 .. result.Sizes[dim] - 1 ] |> List.sortWith order |> List.item i[dim] |> int64 |> Whole

        let run types _ arrays = [ sortArray dim descending types arrays ]
        Define.op "ArgSort" [ "dim", box dim; "descending", descending ] (Opaque run) infer eval Define.noPull

    let private argExtreme name reduction wins dim : Op =
        let infer (types: TensorType list) =
            let t = types.Head
            hasDimension name dim t
            if t.DType = DType.Bool then Labels.dtypeError name [ t ] "Bool has no order" "cast to Int32"
            if t.Sizes[dim] = 0 then
                Labels.shapeError name [ t ] $"dimension {dim} is empty" "nothing is the extreme of no elements"
            TensorType(DType.Int64, Array.removeAt dim t.Sizes, Labels.keep t (fun k -> k <> dim))

        let eval _ (lanes: Lanes list) i =
            let at k = lanes.Head.At(List.insertAt dim k i)
            let isNaN k =
                match at k with
                | Real x -> Double.IsNaN x
                | Whole _ -> false
            let better best k = not (isNaN best) && (isNaN k || wins (compareLanes (at k) (at best)))
            [ 1 .. lanes.Head.Type.Sizes[dim] - 1 ]
            |> List.fold (fun best k -> if better best k then k else best) 0
            |> int64
            |> Whole

        Define.op name [ "dim", box dim ] (Reduce(reduction, [ dim ])) infer eval Define.noPull

    /// The position of the greatest along a dimension, which disappears: the first of equals, and of NaN if there is one.
    let argMax dim : Op = argExtreme "ArgMax" ArgMaxOf (fun c -> c > 0) dim

    /// The position of the least along a dimension, which disappears: the first of equals, and of NaN if there is one.
    let argMin dim : Op = argExtreme "ArgMin" ArgMinOf (fun c -> c < 0) dim

    /// The positions along a dimension that would sort it: Int64, x's sizes and labels. Stable; NaN counts as greatest.
    let argSortBy descending dim (Given "ArgSort" x) =
        Define.apply (argSort (Labels.dimension "ArgSort" x.Type dim) descending) [ x ]

    /// x sorted along a dimension, and the positions (Int64) where its elements stood; both of x's sizes and labels.
    /// Stable, so that equals keep their order; NaN counts as greatest: last where ascending, first where descending. The
    /// gradient goes back to where each element stood.
    let sort descending dim (Given "Sort" x) =
        let dim = Labels.dimension "Sort" x.Type dim
        let order = argSortBy descending dim x
        Gathering.along dim order x, order

    /// The k greatest (or least) elements along a dimension, in order, and their positions (Int64); x's labels, size k.
    /// The first of equals win; NaN counts as greatest. Costs a whole sort. Throws DimensionException for a k outside 0 to
    /// the dimension's size.
    let topK greatest k dim (Given "TopK" x) =
        let dim = Labels.dimension "TopK" x.Type dim
        let size = x.Type.Sizes[dim]
        if k < 0 || k > size then
            Labels.dimensionError "TopK" [ x.Type ] $"dimension {dim} has no {k} elements" $"use 0 to {size}"
        let ranges = [ for d in 0 .. x.Rank - 1 -> 0, 1, (if d = dim then k else x.Type.Sizes[d]) ]
        let order = Define.apply (Movement.slice ranges) [ argSortBy greatest dim x ]
        Gathering.along dim order x, order

    /// The position (Int64) of the greatest along a dimension, which disappears with its label: the first of equals; NaN
    /// counts as greatest. Throws ShapeException for an empty dimension.
    let argMaxAt dim (Given "ArgMax" x) = Define.apply (argMax (Labels.dimension "ArgMax" x.Type dim)) [ x ]

    /// The position (Int64) of the least along a dimension, which disappears with its label: the first of equals; NaN
    /// counts as least here. Throws ShapeException for an empty dimension.
    let argMinAt dim (Given "ArgMin" x) = Define.apply (argMin (Labels.dimension "ArgMin" x.Type dim)) [ x ]

    let private entry name summary admits (op: (int -> int) -> int -> Op) =
        Entry.unary "sorting" name summary (fun choose t ->
            if t.Rank = 0 then
                None
            else
                let dim = choose t.Rank
                if admits t dim then Some(op choose dim) else None)

    let entries: Entry list =
        let ordered (t: TensorType) dim = t.DType <> DType.Bool && t.Sizes[dim] > 0

        [ entry
              "ArgSort"
              "The positions that would sort the elements along a dimension."
              (fun _ _ -> true)
              (fun choose dim -> argSort dim (choose 2 = 0))
          entry "ArgMax" "The position of the greatest element along a dimension." ordered (fun _ dim -> argMax dim)
          entry "ArgMin" "The position of the least element along a dimension." ordered (fun _ dim -> argMin dim) ]

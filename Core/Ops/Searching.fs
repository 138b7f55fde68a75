namespace Functional

open System
open System.Numerics

/// Places in ascending numbers.
[<RequireQualifiedAccess>]
module internal Searching =
    let private isBefore right order = order < 0 || (right && order = 0)

    let private find<'T when 'T :> INumber<'T>> right (sorted: 'T array) (values: 'T array) : Array =
        let place v =
            let mutable low, high = 0, sorted.Length
            while low < high do
                let middle = (low + high) / 2
                if isBefore right (Sorting.compare sorted[middle] v) then low <- middle + 1 else high <- middle
            int64 low
        Array.map place values

    /// For each element of operand 1 how many of operand 0, one dimension in ascending order, are less; where `right`, also
    /// those equal to it. Int64.
    let searchSorted (right: bool) : Op =
        let infer (types: TensorType list) =
            let sorted, values = types[0], types[1]
            if sorted.Rank <> 1 then
                Labels.shapeError
                    "SearchSorted"
                    types
                    "what is searched has not one dimension"
                    "give one row of numbers"
            elif sorted.DType <> values.DType then
                Labels.dtypeError "SearchSorted" types "the data types differ" $"cast one to {sorted.DType}"
            elif sorted.DType = DType.Bool then
                Labels.dtypeError "SearchSorted" types "Bool has no order" "cast to Int32"
            TensorType(DType.Int64, values.Sizes, values.Format)

        let eval _ (lanes: Lanes list) i =
            let precedes k = isBefore right (Sorting.compareLanes (lanes[0].At [ k ]) (lanes[1].At i))
            // Halving finds the same place in what is not in order.
            let rec search low high =
                if low >= high then
                    low
                else
                    let middle = (low + high) / 2
                    if precedes middle then search (middle + 1) high else search low middle
            Whole(int64 (search 0 lanes[0].Type.Count))

        let run _ _ (arrays: Array list) =
            match arrays[0] with
            | :? (float32 array) as s -> [ find right s (arrays[1] :?> float32 array) ]
            | :? (float array) as s -> [ find right s (arrays[1] :?> float array) ]
            | :? (int array) as s -> [ find right s (arrays[1] :?> int array) ]
            | s -> [ find right (s :?> int64 array) (arrays[1] :?> int64 array) ]

        Define.op "SearchSorted" [ "right", box right ] (Opaque run) infer eval Define.noPull

    let places right (Given "SearchSorted" values) (Given "SearchSorted" sorted) : Tensor =
        Define.apply (searchSorted right) [ sorted; values ]

    let entries: Entry list =
        [ { Name = "SearchSorted"
            Family = "sorting"
            Summary = "How many numbers of an ascending row are less than each element, or not greater."
            Sample =
              fun choose t ->
                  if t.DType = DType.Bool then
                      None
                  else
                      let sorted =
                          { Operand.any (TensorType(t.DType, [ choose 9 ])) with
                              Valid = Some(-2., 2.)
                              Made = Some(fun _ values -> Array.sort values) }
                      Some(searchSorted (choose 2 = 0), [ sorted; Operand.any t ]) } ]

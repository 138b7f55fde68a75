namespace Functional

open System

/// Operands as functions of the library take them.
[<AutoOpen>]
module internal Operands =
    /// The tensor; a null is refused in the name of an op.
    let given (op: string) (x: Tensor) : Tensor =
        Tensor.Chosen(op, [ x ]) |> ignore
        x

    /// As a parameter: `let roll (Given "Roll" x) = …`.
    let (|Given|) (op: string) (x: Tensor) : Tensor = given op x

/// What shapes and formats do: finding dimensions, aligning operands, dropping and keeping labels.
[<RequireQualifiedAccess>]
module internal Labels =
    let shapeError op operands problem remedy = raise (ShapeException(op, operands, problem, remedy))
    let formatError op operands problem remedy = raise (TensorFormatException(op, operands, problem, remedy))
    let dimensionError op operands problem remedy = raise (DimensionException(op, operands, problem, remedy))
    let dtypeError op operands problem remedy = raise (DTypeException(op, operands, problem, remedy))

    /// A dimension number; a negative one counts from the end.
    let dimension op (t: TensorType) dim =
        if dim < -t.Rank || dim >= t.Rank then
            dimensionError
                op
                [ t ]
                $"there is no dimension {dim}"
                (if t.Rank = 0 then "a scalar has no dimensions" else $"use {-t.Rank} to {t.Rank - 1}")

        if dim < 0 then dim + t.Rank else dim

    /// Distinct dimension numbers in ascending order.
    let dimensions op (t: TensorType) dims =
        let found = dims |> List.map (dimension op t)

        if List.distinct found <> found then
            dimensionError op [ t ] $"%A{dims} names a dimension twice" "name each dimension once"

        List.sort found

    /// All dimensions with a label.
    let places (t: TensorType) (label: char) =
        [ for k in 0 .. t.Format.Labels.Length - 1 do
              if t.Format.Labels[k] = label then k ]

    /// All dimensions with a label; at least one.
    let find op (t: TensorType) (label: char) =
        match places t label with
        | [] ->
            dimensionError
                op
                [ t ]
                $"no dimension is labelled '{label}'"
                "give the tensor a format, or name the dimension by number"
        | dims -> dims

    /// The one dimension with a label.
    let single op (t: TensorType) (label: char) =
        match find op t label with
        | [ dim ] -> dim
        | _ -> dimensionError op [ t ] $"several dimensions are labelled '{label}'" "name the dimension by number"

    /// The format left when the dimensions for which `keep` does not hold are gone.
    let keep (t: TensorType) keep =
        if t.Format.IsNone then
            t.Format
        else
            Format.Parse(
                String.Join(
                    "",
                    [ for k in 0 .. t.Rank - 1 do
                          if keep k then string t.Format.Labels[k] ]
                )
            )

    /// Each label with its count of earlier equals: the second S is ('S', 1).
    let keyed (labels: string) =
        [ for k in 0 .. labels.Length - 1 ->
              labels[k], (labels |> Seq.take k |> Seq.filter ((=) labels[k]) |> Seq.length) ]

    /// The common type of operands, and for each operand which dimension of the result each of its own becomes. Formatted
    /// operands align by label: the labels of the operand of highest rank, the first of equals, then the new labels of the
    /// others. Unformatted ones align by position, from the last dimension. Sizes are equal or 1.
    let align op (operands: TensorType list) =
        let formatted = operands |> List.filter (fun t -> not t.Format.IsNone)

        let labels =
            match formatted with
            | [] -> []
            | _ ->
                let lead = formatted |> List.maxBy (fun t -> t.Rank)
                (keyed lead.Format.Labels, formatted)
                ||> List.fold (fun known t -> known @ List.except known (keyed t.Format.Labels))

        let rank = if formatted.IsEmpty then operands |> List.map (fun t -> t.Rank) |> List.max else labels.Length

        let places (t: TensorType) =
            if not t.Format.IsNone then
                keyed t.Format.Labels |> List.map (fun key -> List.findIndex ((=) key) labels)
            elif t.Rank > rank then
                formatError
                    op
                    operands
                    "an unformatted operand has more dimensions than the formatted ones"
                    "give it a format"
            else
                [ rank - t.Rank .. rank - 1 ]

        let places = operands |> List.map places
        let sizes = Array.create rank 1

        for t, places in List.zip operands places do
            for k, place in List.indexed places do
                let size = t.Sizes[k]

                if size <> 1 then
                    if sizes[place] <> 1 && sizes[place] <> size then
                        shapeError
                            op
                            operands
                            $"sizes {sizes[place]} and {size} meet in dimension {place}"
                            "sizes must be equal or 1; reshape or reduce an operand"

                    sizes[place] <- size

        Array.toList sizes, Format.Parse(String.Join("", labels |> List.map (fst >> string))), places

namespace Functional

/// How values for an operand are drawn when an op is tested.
type internal Operand =
    {
        Type: TensorType
        /// The only values that the op takes without error (both included); None: any, NaN too.
        Valid: (float * float) option
        /// Values between which the op is defined and smooth.
        Smooth: float * float
    }

/// An op as documentation and tests see it.
type internal Entry =
    {
        Name: string
        Family: string
        /// One sentence with the formula.
        Summary: string
        /// Given a way to choose (n → 0 … n - 1) and the type of the first operand: an instance of the op and its operands,
        /// or None where it takes no such type.
        Sample: (int -> int) -> TensorType -> (Op * Operand list) option
    }

/// All ops. An op is tested and documented the moment it is listed.
[<RequireQualifiedAccess>]
module internal Catalogue =
    let private any (t: TensorType) = { Type = t; Valid = None; Smooth = (-2., 2.) }

    let private sizesOf (t: TensorType) = List.ofArray t.Sizes

    let private elementwise f smooth summary =
        let op = Elementwise.scalar f

        { Name = op.Name
          Family = "elementwise"
          Summary = summary
          Sample =
            fun _ t ->
                if Scalars.admits (Scalars.domain f) t.DType then
                    Some(op, List.replicate (Scalars.arity f) { any t with Smooth = smooth })
                else
                    None }

    let private movement name summary sample =
        { Name = name
          Family = "movement"
          Summary = summary
          Sample = fun choose t -> sample choose t |> Option.map (fun op -> op, [ any t ]) }

    let private shuffled choose items =
        (items, [])
        ||> List.foldBack (fun item done' -> List.insertAt (choose (List.length done' + 1)) item done')

    let all: Entry list =
        [ elementwise Add (-2., 2.) "x + y"
          elementwise Mul (-2., 2.) "x · y"
          elementwise Exp (-2., 2.) "eˣ"
          elementwise Log (0.1, 3.) "The natural logarithm."
          movement "Permute" "Dimensions in another order." (fun choose t ->
              Some(Movement.permute (shuffled choose [ 0 .. t.Rank - 1 ])))
          movement "Sum" "The total over dimensions." (fun choose t ->
              if t.DType = DType.Bool then
                  None
              else
                  Some(
                      Movement.sum
                          [ for d in 0 .. t.Rank - 1 do
                                if choose 2 = 0 then d ]
                  )) ]

namespace Functional

/// How values for an operand are drawn when an op is tested.
type internal Operand =
    {
        Type: TensorType
        /// The only values that the op takes without error (both included); None: any, NaN too.
        Valid: (float * float) option
        /// What values drawn from `Valid` are made into, where only some together are valid; in row-major order.
        Made: (TensorType -> float array -> float array) option
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
        /// Given a way to choose (n → 0 … n - 1) and the type of the first operand (of the result, where there is no
        /// operand): an instance of the op and its operands, or None where it takes no such type.
        Sample: (int -> int) -> TensorType -> (Op * Operand list) option
    }

[<RequireQualifiedAccess>]
module internal Operand =
    let any (t: TensorType) = { Type = t; Valid = None; Made = None; Smooth = (-2., 2.) }

    let smooth range t = { any t with Smooth = range }

/// Entries of the usual kinds, and choices within them.
[<RequireQualifiedAccess>]
module internal Entry =
    /// An op of one operand that takes any value.
    let unary family name summary (sample: (int -> int) -> TensorType -> Op option) =
        { Name = name
          Family = family
          Summary = summary
          Sample = fun choose t -> sample choose t |> Option.map (fun op -> op, [ Operand.any t ]) }

    /// Dimensions of a tensor, each with an even chance, ascending.
    let someDimensions choose (t: TensorType) : int list =
        [ for d in 0 .. t.Rank - 1 do
              if choose 2 = 0 then d ]

    let shuffled choose items =
        (items, [])
        ||> List.foldBack (fun item drawn -> List.insertAt (choose (List.length drawn + 1)) item drawn)

namespace Functional

open System
open System.Globalization

/// Tensors as text.
[<RequireQualifiedAccess>]
module internal Display =
    /// Elements shown at either end of a dimension.
    [<Literal>]
    let private Edge = 3

    let private element (x: objnull) =
        match x with
        | :? float32 as x -> x.ToString("g6", CultureInfo.InvariantCulture)
        | :? float as x -> x.ToString("g6", CultureInfo.InvariantCulture)
        | x -> string x

    /// The type, and the elements in brackets, nested as the dimensions are.
    let show (ty: TensorType) (block: Block) =
        let rec part dim offset =
            if dim = ty.Rank then
                element (block.Data.GetValue(offset: int))
            else
                let at k = part (dim + 1) (offset + k * block.Strides[dim])
                let size = ty.Sizes[dim]

                let shown =
                    if size <= 2 * Edge then
                        List.init size at
                    else
                        List.init Edge at @ [ "…" ] @ List.init Edge (fun k -> at (size - Edge + k))

                let separator = if dim = ty.Rank - 1 then ", " else "," + Environment.NewLine + String(' ', dim + 1)
                $"[{String.Join(separator, shown)}]"

        $"{ty} {part 0 block.Offset}"

namespace Functional

open System.Text.RegularExpressions

/// Names of tensors, by their places in structures.
[<RequireQualifiedAccess>]
module internal LeafNames =
    /// `.Layers[0].Weights` is named `Layers.0.Weights`, as the field names parameters.
    let private plain (place: string) = Regex.Replace(place, @"\[([^\[\]]*)\]", ".$1").TrimStart '.'

    let private named (scan: Scan) : (string * Tensor) list =
        let signature, leaves = Signature.Of scan, scan.Leaves.ToArray()
        scan.Release()
        let places =
            [ for place, standing in Signatures.places "" signature do
                  match standing with
                  | Standing.Tensor _ -> place
                  | _ -> () ]
        let short = List.map plain places
        // Where brackets tell apart what points do not, they stay.
        List.zip (if List.distinct short = short then short else places) (List.ofArray leaves)

    /// All tensors, in the order of `Structures.flatten`.
    let all (structure: 'T) = named (Scan.Of structure)

    /// Those that are no state, in the order of `Structures.flattenLearnables`.
    let learnables (structure: 'T) = named (Scan.OfLearnables structure)

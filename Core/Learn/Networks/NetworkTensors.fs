namespace Functional

/// A tensor of a network in a table.
[<NoComparison>]
type NetworkTensor =
    {
        /// The name of the layer.
        Layer: string
        /// Its place in the layer, as `weights`; empty for a layer that is a tensor.
        Name: string
        /// The tensor itself.
        Value: Tensor
    }

/// The tensors of layers, by their names.
[<RequireQualifiedAccess>]
module internal NetworkTensors =
    let private placesOf (scan: Scan) =
        let signature, leaves = Signature.Of scan, scan.Leaves.ToArray()
        scan.Release()
        let places =
            [ for place, standing in Signatures.places "" signature do
                  match standing with
                  | Standing.Tensor _ -> place
                  | _ -> () ]
        List.zip places (List.ofArray leaves)

    let private row layer (place: string, value) = { Layer = layer; Name = place.TrimStart '.'; Value = value }

    /// What training changes.
    let learnables (names: string array) (layers: ILayer array) : NetworkTensor array =
        [| for name, layer in Array.zip names layers do
               for tensor in placesOf (Scan.OfLearnables layer) -> row name tensor |]

    /// What running the layers changes.
    let state (names: string array) (layers: ILayer array) : NetworkTensor array =
        [| for name, layer in Array.zip names layers do
               let learned = set [ for place, _ in placesOf (Scan.OfLearnables layer) -> place ]
               for place, value in placesOf (Scan.Of layer) do
                   if not (learned.Contains place) then row name (place, value) |]

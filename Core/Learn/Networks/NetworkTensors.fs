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
    let private rows layer tensors = [ for name, value in tensors -> { Layer = layer; Name = name; Value = value } ]

    /// What training changes.
    let learnables (names: string array) (layers: ILayer array) : NetworkTensor array =
        [| for name, layer in Array.zip names layers do
               yield! rows name (LeafNames.learnables layer) |]

    /// What running the layers changes.
    let state (names: string array) (layers: ILayer array) : NetworkTensor array =
        [| for name, layer in Array.zip names layers do
               let learned = set [ for name, _ in LeafNames.learnables layer -> name ]
               yield! LeafNames.all layer |> List.filter (fun (name, _) -> not (learned.Contains name)) |> rows name |]

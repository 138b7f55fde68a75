namespace Functional.Properties

open System
open Functional

/// Where the inputs of a layer under check come from.
[<RequireQualifiedAccess; NoComparison>]
type internal LayerInputs =
    /// Drawn: floating-point numbers between -3 and 3, integers 0 and 1.
    | Layouts of Layout list
    /// Made from examples, whose elements are valid: they change places.
    | Examples of Tensor list

[<RequireQualifiedAccess>]
module internal LayerInputs =
    /// Sizes that a layout leaves open depend on the label, so that a layer that mistakes one dimension for another is found
    /// out; spatial ones have room for a window.
    let private opened label size =
        match label with
        | 'T' -> size + 1
        | 'S' -> size + 6
        | _ -> size

    let private typeOf size (layout: Layout) =
        let label k = if layout.Format.IsNone then 'U' else layout.Format.Labels[k]
        let sizes = layout.Sizes |> Seq.mapi (fun k s -> s.GetValueOrDefault(opened (label k) size))
        TensorType(layout.DType, sizes, layout.Format)

    let private concrete (ty: TensorType) (data: Array) = Direct.Tensor(ty, Blocks.ofArray ty data)

    let private drawn (random: Random) (ty: TensorType) =
        match ty.DType with
        | DType.Int32
        | DType.Int64 -> concrete ty (Values.between random (0., 1.) ty)
        | _ -> concrete ty (Values.data random Taste.Tame ty)

    let private shuffled (random: Random) (example: Tensor) =
        let data = Blocks.toArray example.Type (Execute.blockOf example).Value
        let order = Array.init data.Length id
        random.Shuffle order
        let other = data.Clone() :?> Array
        order |> Array.iteri (fun k from -> other.SetValue(data.GetValue from, k))
        concrete example.Type other

    /// Inputs of a size, where it is open; the same for the same seed.
    let draw (inputs: LayerInputs) (size: int) (seed: int) : Tensor array =
        let random = System.Random seed

        match inputs with
        | LayerInputs.Layouts layouts -> [| for layout in layouts -> drawn random (typeOf size layout) |]
        | LayerInputs.Examples examples when seed = 0 -> Array.ofList examples
        | LayerInputs.Examples examples -> [| for example in examples -> shuffled random example |]

    let layouts (inputs: LayerInputs) : Layout array =
        match inputs with
        | LayerInputs.Layouts layouts -> Array.ofList layouts
        | LayerInputs.Examples examples -> [| for example in examples -> Layout.Of example.Type |]

    /// Sizes at which a layer is tried.
    let sizes (inputs: LayerInputs) =
        match inputs with
        | LayerInputs.Layouts layouts when
            layouts |> List.exists (fun l -> Seq.exists (fun (s: Nullable<int>) -> not s.HasValue) l.Sizes)
            ->
            [ 2; 3; 5 ]
        | _ -> [ 2 ]

    let show (inputs: LayerInputs) = String.Join(", ", layouts inputs |> Seq.map string)

namespace Functional

open System
open System.Collections.Generic

/// What is known of the tensors that a layer is to take: data type, labels, and the sizes, null where they may vary.
[<Sealed; AllowNullLiteral(false)>]
type Layout private (dtype: DType, format: Format, sizes: Nullable<int> array) =

    /// The type of such a tensor that has `size` wherever the layout leaves it open.
    let example size = TensorType(dtype, sizes |> Seq.map (fun s -> s.GetValueOrDefault size), format)

    do example 1 |> ignore

    /// Float32 tensors with these labels and sizes, null where a size may vary; no labels for unformatted tensors.
    /// Throws TensorFormatException where labels are invalid or not one for each size, ShapeException for a negative size.
    static member Of(labels: string, [<ParamArray>] sizes: Nullable<int> array) =
        Layout(DType.Float32, Format.Parse labels, Array.copy sizes)

    /// Tensors of just this type.
    static member Of(ty: TensorType) = Layout(ty.DType, ty.Format, ty.Sizes |> Array.map Nullable)

    /// The data type of the elements.
    member _.DType = dtype
    /// The labels; empty for unformatted tensors.
    member _.Format = format
    /// The number of dimensions.
    member _.Rank = sizes.Length
    /// The sizes, null where a size may vary.
    member _.Sizes = sizes :> IReadOnlyList<Nullable<int>>

    /// The same sizes and labels with elements of another type.
    member _.WithDType(dtype: DType) = Layout(dtype, format, sizes)

    /// How many channels there are: the size labelled C, or the last one of unformatted tensors.
    /// Throws DimensionException where there is no such dimension, or its size may vary.
    member _.Channels =
        let ty = example 1
        let size = sizes[Channels.dimension "Layout.Channels" ty]

        if not size.HasValue then
            Labels.dimensionError
                "Layout.Channels"
                [ ty ]
                "its number of channels may vary"
                "give the layout the size of its channel dimension"

        size.Value

    /// What a function makes of such tensors: it is traced for two values of the open sizes, and a size of a result that
    /// differs is open too. Nothing is computed unless the function reads a value; it then sees zeros.
    static member internal Through(layouts: Layout list, f: Tensor list -> Tensor list) : Layout list =
        let results size =
            let zeros (layout: Layout) =
                let ty: TensorType = layout.Example size
                Direct.Tensor(
                    ty,
                    { Data = Blocks.ofNumber ty.DType 0.; Offset = 0; Strides = Array.zeroCreate ty.Rank }
                )
            Tracing.record "the layer" (List.map zeros layouts) f (fun _ ys -> [ for y in ys -> y.Type ])

        let layout (ty: TensorType) (other: TensorType) =
            let known = Array.map2 (fun a b -> if a = b then Nullable a else Nullable()) ty.Sizes other.Sizes
            Layout(ty.DType, ty.Format, known)
        List.map2 layout (results 2) (results 3)

    member private _.Example size = example size

    override _.ToString() =
        let shown = sizes |> Array.map (fun s -> if s.HasValue then string s.Value else "?")
        let labels = if format.IsNone then "" else $" \"{format}\""
        $"""{dtype}[{String.Join(", ", shown)}]{labels}"""

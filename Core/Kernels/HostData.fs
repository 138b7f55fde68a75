namespace Functional

open System

/// Tensors from the host language's data, and back.
[<RequireQualifiedAccess>]
module internal HostData =
    let dtypeOf op (element: Type) =
        if element = typeof<float32> then
            DType.Float32
        elif element = typeof<float> then
            DType.Float64
        elif element = typeof<int> then
            DType.Int32
        elif element = typeof<int64> then
            DType.Int64
        elif element = typeof<bool> then
            DType.Bool
        else
            Labels.dtypeError op [] $"no tensor has elements of {element}" "use float, double, int, long or bool"

    /// The elements, of which the tensor is to be the only owner, in row-major order.
    let private own op (ty: TensorType) (data: Array) =
        if data.Length <> ty.Count then
            Labels.shapeError
                op
                [ ty ]
                $"{data.Length} elements were given for {ty.Count}"
                "give as many elements as the product of the sizes"

        Direct.Tensor(ty, Blocks.ofArray ty data)

    /// A tensor of elements that nobody else keeps, in row-major order.
    let adopt (ty: TensorType) (data: Array) = own "Create" ty data

    let ofSpan<'T> (data: ReadOnlySpan<'T>) (sizes: int seq) format =
        own "Create" (TensorType(dtypeOf "Create" typeof<'T>, sizes, format)) (data.ToArray())

    /// The sizes of an array of arrays or of several dimensions, and its innermost arrays in order.
    let rec private unnest (data: Array) : int list * Array list =
        let own = [ for k in 0 .. data.Rank - 1 -> data.GetLength k ]

        if (data.GetType().GetElementType() |> nonNull).IsArray then
            let parts = [ for part in data -> unnest (nonNull part :?> Array) ]

            match parts |> List.map fst |> List.distinct with
            | [ sizes ] -> own @ sizes, parts |> List.collect snd
            | [] -> own @ [ 0 ], []
            | sizes ->
                Labels.shapeError
                    "Create"
                    []
                    $"the inner arrays have sizes %A{sizes}"
                    "arrays side by side have one length"
        else
            own, [ data ]

    let rec private elementOf (ty: Type) =
        match ty.GetElementType() with
        | null -> ty
        | element -> elementOf element

    /// An array of any number of dimensions, or of arrays of equal lengths.
    let ofNested (data: Array) format =
        let sizes, parts = unnest data
        let ty = TensorType(dtypeOf "Create" (elementOf (data.GetType())), sizes, format)
        let elements = Blocks.allocate ty.DType ty.Count
        let mutable start = 0

        for part in parts do
            Buffer.BlockCopy(part, 0, elements, start, Buffer.ByteLength part)
            start <- start + Buffer.ByteLength part

        own "Create" ty elements

    let constant (ty: TensorType) value = Movement.constant Direct.Instance ty value

    /// A number for each place along one dimension.
    let private sequence dtype count (value: int -> float) =
        let ty = TensorType(DType.Float64, [ count ])
        let numbers = Direct.Tensor(ty, Blocks.ofArray ty (Array.init count value))
        if dtype = DType.Float64 then numbers else Elementwise.lift (Cast dtype) [ numbers ]

    /// start, start + step, … as far as before stop.
    let arange dtype (start: float) (stop: float) (step: float) =
        let count = ceil ((stop - start) / step)

        if not (step <> 0. && abs count <= float Array.MaxLength) then
            raise (ArgumentOutOfRangeException(nameof step, step, $"it does not lead from {start} to {stop}"))

        sequence dtype (max 0 (int count)) (fun k -> start + float k * step)

    /// Evenly spaced numbers, first and last included.
    let linspace dtype (first: float) (last: float) count =
        let step = (last - first) / float (count - 1)
        sequence dtype count (fun k ->
            if k > 0 && k = count - 1 then last else first + (if k = 0 then 0. else float k * step))

    let eye dtype n =
        let along dims =
            let index = sequence DType.Int64 n float
            Define.apply (Movement.broadcast [ n; n ] Format.None dims) [ index ]

        Elementwise.lift (Cast dtype) [ Elementwise.lift Equal [ along [ 0 ]; along [ 1 ] ] ]

    let private read (x: Tensor) = Blocks.toArray x.Type (x.Interpreter.Read x)

    let toArray<'T> (x: Tensor) : 'T array =
        if dtypeOf "ToArray" typeof<'T> <> x.DType then
            Labels.dtypeError "ToArray" [ x.Type ] $"its elements are no {typeof<'T>.Name}" "cast the tensor first"

        Array.copy (read x :?> 'T array)

    let toScalar<'T> (x: Tensor) : 'T =
        if x.Count <> 1 then
            Labels.shapeError "ToScalar" [ x.Type ] $"it has {x.Count} elements" "reduce it, or take one element of it"

        (toArray<'T> x)[0]

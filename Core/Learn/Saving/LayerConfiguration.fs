namespace Functional

open System
open System.Collections.Generic
open System.Globalization
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.Json.Nodes
open Microsoft.FSharp.Reflection

/// Layers as JSON and back: the fields of each, tensors by their types alone. Of types the file names only those of layers, and
/// only known ones are made; what a field holds besides is of the type that its layer declares.
[<RequireQualifiedAccess>]
module internal LayerConfiguration =
    let private all = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic
    let private own = all ||| BindingFlags.DeclaredOnly

    let rec private fieldsOf (ty: Type) : FieldInfo list =
        match ty.BaseType with
        | null -> []
        | parent -> fieldsOf parent @ List.ofArray (ty.GetFields own)

    let private isLayer (ty: Type) = typeof<ILayer>.IsAssignableFrom ty

    let private argumentOf (definition: Type) (ty: Type) =
        if ty.IsGenericType && ty.GetGenericTypeDefinition() = definition then
            Some(ty.GetGenericArguments()[0])
        else
            None

    let private (|Optional|_|) ty =
        argumentOf typedefof<option<_>> ty |> Option.orElse (argumentOf typedefof<Nullable<_>> ty)

    /// Sequences of one element type.
    let private (|Items|_|) (ty: Type) =
        if ty.IsSZArray then
            Option.ofObj (ty.GetElementType())
        else
            [ typedefof<IReadOnlyList<_>>; typedefof<list<_>>; typedefof<List<_>> ]
            |> List.tryPick (fun definition -> argumentOf definition ty)

    let private isRecord (ty: Type) =
        FSharpType.IsRecord(ty, true)
        || FSharpType.IsTuple ty
        || ty.IsValueType
        || not (isNull (ty.GetMethod("<Clone>$", all)))

    let private text (x: IFormattable) = x.ToString(null, CultureInfo.InvariantCulture)

    let private refuse place (ty: Type) =
        raise (
            StructureException(
                "Saving.SaveNetwork",
                [],
                $"{place} is a {ty}, which no file holds",
                "make a layer of it that holds tensors, numbers, texts, lists and records, or save the tensors alone"
            )
        )

    let private plain (x: 'T) : JsonNode | null = JsonValue.Create<'T> x
    let private listOf (items: (JsonNode | null) seq) : JsonNode | null = JsonArray(Array.ofSeq items)

    let private entries (items: (string * (JsonNode | null)) seq) : JsonNode | null =
        JsonObject(items |> Seq.map (fun (name, node) -> KeyValuePair(name, node)))

    /// A value of a declared type. Types of layers that are met are collected.
    let rec write (met: HashSet<Type>) (place: string) (declared: Type) (value: objnull) : JsonNode | null =
        match value with
        | Null -> null
        | NonNull value -> writeValue met place declared value

    and private writeValue met place (declared: Type) (value: obj) : JsonNode | null =
        match value with
        | :? Tensor as t ->
            entries
                [ "dtype", plain (string t.DType)
                  "sizes", listOf [ for n in t.Type.Sizes -> plain n ]
                  "labels", plain t.Format.Labels ]
        | :? string as s -> plain s
        | :? Initialiser as i -> plain (string i)
        | :? Network as network -> writeNetwork met place network
        | :? ILayer ->
            let ty = value.GetType()
            met.Add ty |> ignore
            entries (("type", plain (nonNull ty.FullName)) :: fields met place ty value)
        | :? bool as b -> plain b
        | value when declared.IsEnum -> plain (string value)
        | :? IFormattable as x when declared.IsPrimitive -> plain (text x)
        | value ->
            match declared with
            | Optional inner ->
                let held: objnull =
                    if declared.IsValueType then value else (declared.GetProperty "Value" |> nonNull).GetValue value
                listOf [ write met place inner held ]
            | Items inner ->
                listOf
                    [ for k, item in Seq.indexed (Seq.cast<objnull>(value :?> Collections.IEnumerable)) ->
                          write met $"{place}[{k}]" inner item ]
            | _ when FSharpType.IsUnion(declared, true) ->
                let case, given = FSharpValue.GetUnionFields(value, declared, true)
                let held =
                    [ for info, field in Seq.zip (case.GetFields()) given ->
                          write met $"{place}.{info.Name}" info.PropertyType field ]
                entries [ case.Name, listOf held ]
            | _ when isRecord declared -> entries (fields met place declared value)
            | _ -> refuse place (value.GetType())

    and private fields met place (ty: Type) value =
        [ for field in fieldsOf ty ->
              field.Name, write met $"{place}.{field.Name}" field.FieldType (field.GetValue value) ]

    and private writeNetwork met place (network: Network) =
        let wiring = network.Wiring
        let names (names: string array) = listOf [ for name in names -> plain name ]
        let sources (sources: Source array) = listOf [ for s in sources -> listOf [ plain s.Node; plain s.Port ] ]
        let layer k =
            entries
                [ "name", plain wiring.Names[k]
                  "sources", sources wiring.Sources[k]
                  "layer", write met $"{place}.{wiring.Names[k]}" typeof<ILayer> network.Layers[k] ]
        entries
            [ "type", plain "Network"
              "inputs", names wiring.Inputs
              "layers", listOf [ for k in 0 .. network.Layers.Count - 1 -> layer k ]
              "outputNames", names wiring.OutputNames
              "outputs", sources wiring.Outputs ]

    let private wrong problem = raise (FormatException problem)

    let private items (node: JsonNode | null) =
        match node with
        | :? JsonArray as array -> List.ofSeq array
        | _ -> wrong "a list is due"

    let private entry (node: JsonNode | null) (name: string) : JsonNode | null =
        match node with
        | :? JsonObject as o -> if o.ContainsKey name then o[name] else wrong $"'{name}' is missing"
        | _ -> wrong $"an object with '{name}' is due"

    let private valueOf<'T when 'T: not null> (node: JsonNode | null) : 'T =
        match node with
        | :? JsonValue as value -> value.GetValue<'T>()
        | _ -> wrong $"a {typeof<'T>.Name} is due"

    let private number (ty: Type) (node: JsonNode | null) : obj =
        Convert.ChangeType(valueOf<string> node, ty, CultureInfo.InvariantCulture) |> nonNull

    /// Zeros of its type, in memory for one.
    let private tensor (node: JsonNode | null) =
        let dtype = Enum.Parse<DType>(valueOf<string>(entry node "dtype"))
        if not (Enum.IsDefined dtype) then wrong "a data type is due"
        let sizes = [ for n in items (entry node "sizes") -> valueOf<int> n ]
        let ty = TensorType(dtype, sizes, Format.Parse(valueOf<string>(entry node "labels")))
        Direct.Tensor(ty, { Data = Blocks.ofNumber dtype 0.; Offset = 0; Strides = Array.zeroCreate ty.Rank })

    /// A value of a declared type, from what `write` made of it.
    let rec read (known: IReadOnlyDictionary<string, Type>) (declared: Type) (node: JsonNode | null) : objnull =
        match node with
        | null -> null
        | _ when declared = typeof<Tensor> -> tensor node
        | _ when declared = typeof<string> -> valueOf<string> node
        | _ when declared = typeof<Initialiser> -> Initialiser.Parse(valueOf<string> node)
        | _ when isLayer declared ->
            let layer = readLayer known node
            if not (declared.IsAssignableFrom(layer.GetType())) then wrong $"a {declared.Name} is due"
            layer
        | _ when declared = typeof<bool> -> valueOf<bool> node
        | _ when declared.IsEnum -> Enum.Parse(declared, valueOf<string> node)
        | _ when declared.IsPrimitive -> number declared node
        | _ ->
            match declared with
            | Optional inner ->
                match items node with
                | [ item ] ->
                    let value = read known inner item
                    if declared.IsValueType then
                        value
                    else
                        FSharpValue.MakeUnion((FSharpType.GetUnionCases declared)[1], [| value |])
                | _ -> wrong "one value is due"
            | Items inner ->
                let found = [| for item in items node -> read known inner item |]
                let array = Array.CreateInstance(inner, found.Length)
                found |> Array.iteri (fun k item -> array.SetValue(item, k))
                if declared.IsSZArray || declared.IsInterface then
                    array
                elif FSharpType.IsUnion declared then
                    let ofArray =
                        (typeof<list<int>>.Assembly.GetType "Microsoft.FSharp.Collections.ListModule" |> nonNull)
                            .GetMethod("OfArray")
                        |> nonNull
                    ofArray.MakeGenericMethod(inner).Invoke(null, [| array |])
                else
                    Activator.CreateInstance(declared, array)
            | _ when FSharpType.IsUnion(declared, true) ->
                let held =
                    match node with
                    | :? JsonObject as o when o.Count = 1 -> Seq.head o
                    | _ -> wrong "one case is due"
                match FSharpType.GetUnionCases(declared, true) |> Array.tryFind (fun case -> case.Name = held.Key) with
                | None -> wrong $"there is no case '{held.Key}'"
                | Some case ->
                    let fields = case.GetFields()
                    let given = items held.Value
                    if given.Length <> fields.Length then wrong $"'{held.Key}' has {fields.Length} values"
                    FSharpValue.MakeUnion(
                        case,
                        [| for info, item in Seq.zip fields given -> read known info.PropertyType item |],
                        true
                    )
            | _ when isRecord declared -> readFields known declared node
            | _ -> wrong $"a {declared.Name} is not kept in files"

    and private readFields known (ty: Type) node : obj =
        let made = RuntimeHelpers.GetUninitializedObject ty
        for field in fieldsOf ty do
            field.SetValue(made, read known field.FieldType (entry node field.Name))
        made

    and private readLayer known node : ILayer =
        match valueOf<string>(entry node "type") with
        | "Network" -> readNetwork known node
        | name ->
            match known.TryGetValue name with
            | true, ty -> readFields known ty node :?> ILayer
            | _ ->
                raise (
                    StructureException(
                        "Saving.LoadNetwork",
                        [],
                        $"the file has a layer of type {name}, which is not known",
                        "give the types of your own layers"
                    )
                )

    and private readNetwork known node : Network =
        let names key = [| for name in items (entry node key) -> valueOf<string> name |]
        let sources (node: JsonNode | null) : Source array =
            [| for source in items node ->
                   match items source with
                   | [ node; port ] -> { Node = valueOf<int> node; Port = valueOf<int> port }
                   | _ -> wrong "a layer and an output are due" |]
        let layers = items (entry node "layers")
        let wiring =
            { Inputs = names "inputs"
              Names = [| for layer in layers -> valueOf<string>(entry layer "name") |]
              Sources = [| for layer in layers -> sources (entry layer "sources") |]
              OutputNames = names "outputNames"
              Outputs = sources (entry node "outputs") }
        Network.Wired([| for layer in layers -> readLayer known (entry layer "layer") |], wiring)

    /// Layers that every program knows.
    let private ours =
        lazy
            dict
                [ for ty in typeof<Network>.Assembly.GetTypes() do
                      if isLayer ty && not ty.IsAbstract && not ty.IsInterface && ty <> typeof<Network> then
                          nonNull ty.FullName, ty ]

    /// Types of layers by their names: the library's, and these.
    let known (types: Type seq) : IReadOnlyDictionary<string, Type> =
        let known = Dictionary<string, Type> ours.Value
        for ty in types do
            if not (isLayer ty) || ty.IsAbstract then
                raise (ArgumentException($"{ty} is no layer that can be made", nameof types))
            known[nonNull ty.FullName] <- ty
        known

/// Networks, layers and tensors, in one file.
[<RequireQualifiedAccess>]
module internal NetworkFile =
    /// The note that says what the layers are.
    [<Literal>]
    let private Note = "functional.network"

    /// The network as text, and the types of its layers.
    let describe (network: Network) : string * HashSet<Type> =
        let met = HashSet<Type>()
        let node = LayerConfiguration.write met "network" typeof<Network> network
        (nonNull node).ToJsonString(), met

    let save (path: string) (network: Network) = SavedStructure.save path [ Note, fst (describe network) ] network

    let load (types: Type seq) (path: string) : Network =
        let known = LayerConfiguration.known types
        let notes = (SafetensorsCodec.read path).Metadata
        let refuse problem = raise (DataFormatException("Network", path, Note, problem, "save the network anew"))
        match notes.TryGetValue Note with
        | true, text ->
            let network =
                try
                    match LayerConfiguration.read known typeof<Network> (JsonNode.Parse text) with
                    | :? Network as network -> network
                    | _ -> refuse "it says of no network"
                with
                | :? FormatException
                | :? OverflowException
                | :? InvalidCastException
                | :? ArgumentException
                | :? Text.Json.JsonException
                | :? InvalidOperationException
                | :? ShapeException
                | :? TensorFormatException as e -> refuse e.Message
            fst (SavedStructure.load path network)
        | _ -> refuse "the file holds tensors, and says of no layers"

namespace Functional

open System
open System.Collections.Generic
open System.IO
open System.Runtime.InteropServices

/// What a file of tensors holds.
[<Sealed>]
type SafetensorsFile
    internal (tensors: IReadOnlyList<KeyValuePair<string, Tensor>>, notes: IReadOnlyDictionary<string, string>) =
    let byName = OrderedDictionary<string, Tensor> tensors
    /// The tensors, by name.
    member _.Tensors: IReadOnlyDictionary<string, Tensor> = byName
    /// Their names, in the order of the file.
    member _.Names: IReadOnlyList<string> = byName.Keys
    /// What else the file says: texts by name.
    member _.Metadata = notes

/// Tensors to and from files of safetensors. All numbers are little-endian, as every processor that .NET runs on has them.
[<RequireQualifiedAccess>]
module internal SafetensorsCodec =
    /// Of the labels of a tensor, which the format knows nothing of, a note is made under this and the tensor's name.
    [<Literal>]
    let private Labels = "functional.labels."

    let private kindOf dtype =
        match dtype with
        | DType.Float32 -> "F32"
        | DType.Float64 -> "F64"
        | DType.Int32 -> "I32"
        | DType.Int64 -> "I64"
        | _ -> "BOOL"

    let private refuse path name problem remedy =
        raise (DataFormatException("Safetensors", path, name, problem, remedy))

    let private bytes (data: 'T array) = MemoryMarshal.AsBytes(Span<'T> data)

    let private readInto (file: Stream) (data: 'T array) : 'T array =
        file.ReadExactly(bytes data)
        data

    let private converted<'S, 'T when 'S: struct and 'S: (new: unit -> 'S) and 'S :> ValueType>
        file
        count
        (convert: 'S -> 'T)
        : Array =
        Array.map convert (readInto file (Array.zeroCreate<'S> count))

    /// Data types that no tensor has become the next larger one that holds all of their numbers.
    let private elements path (t: SavedTensor) (file: Stream) : DType * Array =
        let count = List.fold (*) 1 t.Sizes
        match t.Kind with
        | "F32" -> DType.Float32, readInto file (Array.zeroCreate<float32> count)
        | "F64" -> DType.Float64, readInto file (Array.zeroCreate<float> count)
        | "I32" -> DType.Int32, readInto file (Array.zeroCreate<int> count)
        | "I64" -> DType.Int64, readInto file (Array.zeroCreate<int64> count)
        | "F16" -> DType.Float32, converted<Half, float32> file count float32
        | "BF16" ->
            DType.Float32,
            converted<uint16, float32> file count (fun x -> BitConverter.UInt32BitsToSingle(uint32 x <<< 16))
        | "I16" -> DType.Int32, converted<int16, int> file count int
        | "U16" -> DType.Int32, converted<uint16, int> file count int
        | "I8" -> DType.Int32, converted<sbyte, int> file count int
        | "U8" -> DType.Int32, converted<byte, int> file count int
        | "U32" -> DType.Int64, converted<uint32, int64> file count int64
        | "BOOL" -> DType.Bool, converted<byte, bool> file count (fun x -> x <> 0uy)
        | kind ->
            refuse
                path
                t.Name
                $"its data type {kind} has numbers that no tensor holds"
                "convert it to I64 where it was made"

    let private tensor path (notes: IReadOnlyDictionary<string, string>) (t: SavedTensor) file : Tensor =
        let dtype, data = elements path t file
        let format =
            match notes.TryGetValue(Labels + t.Name) with
            | true, labels ->
                try
                    TensorType(dtype, t.Sizes, Format.Parse labels) |> ignore
                    Format.Parse labels
                with :? FunctionalException as e ->
                    refuse path t.Name $"its labels {labels} do not fit: {e.Message}" "save the file anew"
            | _ -> Format.None
        let ty = TensorType(dtype, t.Sizes, format)
        Direct.Tensor(ty, Blocks.ofArray ty data)

    let read (path: string) : SafetensorsFile =
        use file = File.OpenRead path
        let tensors, notes, start = SafetensorsHeader.read path file
        let notes = Dictionary<string, string>(dict notes)
        file.Position <- start
        let read = [| for t in tensors -> KeyValuePair(t.Name, tensor path notes t file) |]
        let isOurs (name: string) = name.StartsWith(Labels, StringComparison.Ordinal)
        let others = Dictionary<string, string>(notes |> Seq.filter (fun note -> not (isOurs note.Key)))
        SafetensorsFile(read, others)

    let private writeElements (file: Stream) (t: Tensor) =
        match Blocks.toArray t.Type (Execute.read t) with
        | :? (float32 array) as data -> file.Write(bytes data)
        | :? (float array) as data -> file.Write(bytes data)
        | :? (int array) as data -> file.Write(bytes data)
        | :? (int64 array) as data -> file.Write(bytes data)
        | data -> file.Write(bytes (data :?> bool array))

    let write (path: string) (tensors: (string * Tensor) list) (notes: (string * string) list) =
        let saved, _ =
            tensors
            |> List.mapFold
                (fun first (name, t) ->
                    let kind = kindOf (given "Safetensors" t).DType
                    let last = first + SafetensorsHeader.bytesOf kind * int64 t.Count
                    { Name = name; Kind = kind; Sizes = List.ofArray t.Type.Sizes; First = first; End = last }, last)
                0L
        match saved |> List.countBy _.Name |> List.tryFind (fun (_, n) -> n > 1) with
        | Some(name, _) -> raise (ArgumentException($"two tensors are named {name}", nameof tensors))
        | None -> ()
        let labels =
            [ for name, t in tensors do
                  if not t.Format.IsNone then Labels + name, t.Format.Labels ]
        let notes = [| for key, value in notes @ labels -> KeyValuePair(key, value) |]
        AtomicFile.write path (fun file ->
            SafetensorsHeader.write file saved notes
            for _, t in tensors do
                writeElements file t)

namespace Functional

open System
open System.Collections.Generic
open System.IO
open System.Text.Json

/// A tensor in a file: how its elements are written, and where they lie behind the header.
type internal SavedTensor = { Name: string; Kind: string; Sizes: int list; First: int64; End: int64 }

/// The header of a file of safetensors (https://github.com/huggingface/safetensors, "Format"): eight bytes with its length, then
/// that many bytes of JSON. Tensors follow each other without gaps.
[<RequireQualifiedAccess>]
module internal SafetensorsHeader =
    /// As the format has it.
    [<Literal>]
    let private Longest = 100_000_000L

    [<Literal>]
    let private Metadata = "__metadata__"

    let private refuse path place problem =
        raise (
            DataFormatException("Safetensors", path, place, problem, "save the file anew, or read a copy that is whole")
        )

    let bytesOf kind =
        match kind with
        | "F64"
        | "I64"
        | "U64" -> 8L
        | "F32"
        | "I32"
        | "U32" -> 4L
        | "F16"
        | "BF16"
        | "I16"
        | "U16" -> 2L
        | "BOOL"
        | "U8"
        | "I8" -> 1L
        | _ -> 0L

    let private whole path name (element: JsonElement) : int64 =
        match element.ValueKind = JsonValueKind.Number, element.TryGetInt64() with
        | true, (true, n) when n >= 0L -> n
        | _ -> refuse path name $"{element} is no size"

    let private items path name (parent: JsonElement) (key: string) : JsonElement list =
        match parent.TryGetProperty key with
        | true, found when found.ValueKind = JsonValueKind.Array -> List.ofSeq (found.EnumerateArray())
        | _ -> refuse path name $"it has no list {key}"

    let private tensor path (entry: JsonProperty) : SavedTensor =
        let name, value = entry.Name, entry.Value
        if value.ValueKind <> JsonValueKind.Object then refuse path name "its entry is no object"

        let kind =
            match value.TryGetProperty "dtype" with
            | true, kind when kind.ValueKind = JsonValueKind.String -> nonNull (kind.GetString())
            | _ -> refuse path name "it has no dtype"
        let bytes = bytesOf kind
        if bytes = 0L then refuse path name $"its data type {kind} is none that a tensor can have"

        let sizes = items path name value "shape" |> List.map (whole path name)
        let first, last =
            match items path name value "data_offsets" |> List.map (whole path name) with
            | [ first; last ] -> first, last
            | _ -> refuse path name "data_offsets are no two numbers"

        // Beyond Int32 no index reaches; products of sizes stay far from overflowing.
        let count =
            sizes
            |> List.fold
                (fun n size ->
                    if n < 0L || size > int64 Int32.MaxValue then -1L
                    elif size = 0L then 0L
                    else (let m = n * size in if m > int64 Int32.MaxValue then -1L else m))
                1L
        if count < 0L then refuse path name $"it has more than {Int32.MaxValue} elements"
        if last - first <> count * bytes then
            refuse path name $"it takes {last - first} bytes where its sizes need {count * bytes}"

        { Name = name; Kind = kind; Sizes = List.map int sizes; First = first; End = last }

    let private metadata path (element: JsonElement) : (string * string) list =
        if element.ValueKind <> JsonValueKind.Object then refuse path Metadata "it is no object"
        [ for entry in element.EnumerateObject() do
              if entry.Value.ValueKind <> JsonValueKind.String then
                  refuse path Metadata $"{entry.Name} is no text"
              entry.Name, nonNull (entry.Value.GetString()) ]

    /// The tensors in the order in which they lie, and what else is noted.
    let private entries path (header: byte array) : SavedTensor list * (string * string) list =
        let options = JsonDocumentOptions(AllowDuplicateProperties = false, MaxDepth = 8)
        use document = JsonDocument.Parse(ReadOnlyMemory header, options)
        if document.RootElement.ValueKind <> JsonValueKind.Object then
            refuse path "the header" "it is no object"
        let notes, tensors =
            List.ofSeq (document.RootElement.EnumerateObject())
            |> List.partition (fun entry -> entry.Name = Metadata)
        tensors |> List.map (tensor path) |> List.sortBy (fun t -> t.First, t.End),
        notes |> List.collect (fun entry -> metadata path entry.Value)

    /// The tensors in the order in which they lie, what else is noted, and where the first begins.
    let read (path: string) (file: Stream) : SavedTensor list * (string * string) list * int64 =
        let length = Array.zeroCreate<byte> 8
        if file.ReadAtLeast(length, 8, false) < 8 then
            refuse path "" "it is too short to be a file of tensors"
        let size = Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian length
        if size > uint64 Longest || int64 size > file.Length - 8L then
            refuse path "" $"its header of {size} bytes is longer than the file, or than {Longest} bytes"

        let header = Array.zeroCreate<byte>(int size)
        file.ReadExactly header
        let tensors, notes =
            try
                entries path header
            with
            // Texts are decoded when they are asked for: bytes that are no UTF-8 and lone surrogates show then.
            | :? InvalidOperationException
            | :? JsonException as e -> refuse path "the header" e.Message
        let start = 8L + int64 size

        let mutable reached = 0L
        for t in tensors do
            if t.First <> reached then
                refuse path t.Name $"its elements begin at {t.First} where the last ended at {reached}"
            reached <- t.End
        if reached <> file.Length - start then
            refuse path "" $"tensors take {reached} bytes and {file.Length - start} are there"

        tensors, notes, start

    let write (file: Stream) (tensors: SavedTensor list) (notes: IReadOnlyList<KeyValuePair<string, string>>) =
        use memory = new MemoryStream()
        using (new Utf8JsonWriter(memory)) (fun json ->
            json.WriteStartObject()
            if notes.Count > 0 then
                json.WriteStartObject Metadata
                for note in notes do
                    json.WriteString(note.Key, note.Value)
                json.WriteEndObject()
            for t in tensors do
                json.WriteStartObject t.Name
                json.WriteString("dtype", t.Kind)
                json.WriteStartArray "shape"
                for size in t.Sizes do
                    json.WriteNumberValue size
                json.WriteEndArray()
                json.WriteStartArray "data_offsets"
                json.WriteNumberValue t.First
                json.WriteNumberValue t.End
                json.WriteEndArray()
                json.WriteEndObject()
            json.WriteEndObject())
        // Elements begin at a multiple of eight, as readers by memory mapping like it; spaces may follow the header.
        while memory.Length % 8L <> 0L do
            memory.WriteByte 32uy
        let length = Array.zeroCreate<byte> 8
        Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(length, memory.Length)
        file.Write length
        memory.WriteTo file

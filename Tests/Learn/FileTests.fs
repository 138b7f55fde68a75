module Functional.Tests.Learn.FileTests

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck.FSharp
open Parquet
open Parquet.Schema
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

/// What a function makes of the path of a file with these bytes.
let private withFile extension (bytes: byte array) (f: string -> 'R) =
    let path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString "N" + extension)
    File.WriteAllBytes(path, bytes)

    try
        f path
    finally
        File.Delete path

let private gzip (bytes: byte array) =
    use packed = new MemoryStream()
    using (new GZipStream(packed, CompressionLevel.Fastest)) (fun stream -> stream.Write bytes)
    packed.ToArray()

/// An array of NumPy with this header, version 1.
let private npy (header: string) (elements: byte array) =
    let text = Encoding.Latin1.GetBytes(header + "\n")
    Array.concat
        [ [| 0x93uy |]
          "NUMPY"B
          [| 1uy; 0uy; byte text.Length; byte (text.Length >>> 8) |]
          text
          elements ]

let private big32 (x: int) = BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness x)
let private idx kind (sizes: int list) (elements: byte array) =
    Array.concat [ [| 0uy; 0uy; kind; byte sizes.Length |]; Array.collect big32 (Array.ofList sizes); elements ]

let private readNpy bytes = withFile ".npy" bytes NpyFile.Read
let private readIdx bytes = withFile ".idx" bytes IdxFile.Read
let private readCsv options (text: string) =
    withFile ".csv" (Encoding.UTF8.GetBytes text) (fun path -> CsvFile.Read(path, options))

let private refuses what (contains: string) (read: unit -> 'R) =
    try
        read () |> ignore
        failtest $"{what} is read"
    with :? DataFormatException as e ->
        Expect.stringContains e.Message contains what

let private f4 (xs: float32 list) = xs |> List.map (fun x -> BitConverter.GetBytes x) |> Array.concat

let private arrays =
    testList
        "NPY"
        [ test "elements of each type, in both orders of bytes" {
              let reversed size (bytes: byte array) = bytes |> Array.chunkBySize size |> Array.collect Array.rev

              let check descr size (bytes: byte array) (expected: Tensor) =
                  for order, bytes in [ "<", bytes; ">", reversed size bytes ] do
                      let header = $"{{'descr': '{order}{descr}', 'fortran_order': False, 'shape': (2,), }}"
                      Expect.isTrue (Structure.HasSameBits(readNpy (npy header bytes), expected)) $"{order}{descr}"

              let each (get: 'T -> byte array) xs = xs |> List.map get |> Array.concat
              let tensor xs = Tensor.create [ 2 ] "" (Array.ofList xs)
              check "f4" 4 (f4 [ 1.5f; -2f ]) (tensor [ 1.5f; -2f ])
              check "f8" 8 (each (fun (x: float) -> BitConverter.GetBytes x) [ 1.5; nan ]) (tensor [ 1.5; nan ])
              check
                  "f2"
                  2
                  (each (fun (x: Half) -> BitConverter.GetBytes x) [ Half.op_Explicit 1.5f; Half.MinValue ])
                  (tensor [ 1.5f; -65504f ])
              check "i2" 2 (each (fun (x: int16) -> BitConverter.GetBytes x) [ -2s; 300s ]) (tensor [ -2; 300 ])
              check "u2" 2 (each (fun (x: uint16) -> BitConverter.GetBytes x) [ 65535us; 1us ]) (tensor [ 65535; 1 ])
              check "i4" 4 (each (fun (x: int) -> BitConverter.GetBytes x) [ -2; 70000 ]) (tensor [ -2; 70000 ])
              check
                  "u4"
                  4
                  (each (fun (x: uint32) -> BitConverter.GetBytes x) [ UInt32.MaxValue; 1u ])
                  (tensor [ 4294967295L; 1L ])
              check
                  "i8"
                  8
                  (each (fun (x: int64) -> BitConverter.GetBytes x) [ Int64.MinValue; 1L ])
                  (tensor [ Int64.MinValue; 1L ])
              check "u8" 8 (each (fun (x: uint64) -> BitConverter.GetBytes x) [ 5UL; 1UL ]) (tensor [ 5L; 1L ])

              let small descr =
                  readNpy (npy $"{{'descr': '|{descr}', 'fortran_order': False, 'shape': (2,), }}" [| 255uy; 0uy |])
              Expect.equal (Tensor.toArray<int>(small "i1")) [| -1; 0 |] "i1"
              Expect.equal (Tensor.toArray<int>(small "u1")) [| 255; 0 |] "u1"
              Expect.equal (Tensor.toArray<bool>(small "b1")) [| true; false |] "b1"
          }
          test "columns first, scalars, nothing at all, and headers written otherwise" {
              let read header elements = readNpy (npy header (f4 elements))
              let matrix = read "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }" [ 1f; 4f; 2f; 5f; 3f; 6f ]
              Expect.equal (List.ofSeq matrix.Shape) [ 2; 3 ] "sizes"
              Expect.equal (Tensor.toArray<float32> matrix) [| 1f; 2f; 3f; 4f; 5f; 6f |] "rows"
              Expect.equal (read "{'descr': '<f4', 'fortran_order': False, 'shape': (), }" [ 3f ]).Rank 0 "scalar"
              let empty = read "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7), }" []
              Expect.equal (List.ofSeq empty.Shape) [ 0; 7 ] "nothing"
              let old = read "{\"shape\":(2L,) ,'fortran_order':False,\"descr\":\"<f4\"}" [ 1f; 2f ]
              Expect.equal (Tensor.toArray<float32> old) [| 1f; 2f |] "Python 2"
          }
          Seed.law "what is written is read: elements, sizes and types" 60 1. (fun random ->
              let sizes = [ for _ in 1 .. random.Next 4 -> random.Next 4 ]
              let n = List.fold (*) 1 sizes
              let number () = random.Next() - (1 <<< 30)

              let tensor =
                  match random.Next 5 with
                  | 0 -> Tensor.create sizes "" (Array.init n (fun _ -> float32 (number ()) / 7f))
                  | 1 -> Tensor.create sizes "" (Array.init n (fun _ -> float (number ()) / 7.))
                  | 2 -> Tensor.create sizes "" (Array.init n (fun _ -> number ()))
                  | 3 -> Tensor.create sizes "" (Array.init n (fun _ -> int64 (number ()) * 1_000_000_007L))
                  | _ -> Tensor.create sizes "" (Array.init n (fun _ -> random.Next 2 = 0))

              let again =
                  withFile ".npy" [||] (fun path ->
                      NpyFile.Write(path, tensor)
                      let start = File.ReadAllBytes path
                      let headerEnd = 10 + int start[8] + 256 * int start[9]
                      Expect.equal (headerEnd % 64) 0 "the elements are aligned"
                      NpyFile.Read path)

              if Structure.HasSameBits(tensor, again) then Verdict.Holds else Verdict.Fails(string tensor))
          test "archives hold arrays by name, packed or not" {
              let arrays = dict [ "x", Tensor.create [ 2 ] "" [| 1f; 2f |]; "y/z", Tensor.scalar 3L ]

              for compress in [ false; true ] do
                  withFile ".npz" [||] (fun path ->
                      NpzFile.Write(path, Dictionary arrays, compress)
                      let again = NpzFile.Read path
                      Expect.equal (List.sort (List.ofSeq again.Keys)) [ "x"; "y/z" ] "names"
                      for name in arrays.Keys do
                          Expect.isTrue (Structure.HasSameBits(arrays[name], again[name])) name)

              refuses "no archive" "no.npz" (fun () -> withFile "no.npz" (f4 [ 1f; 2f ]) NpzFile.Read)
          }
          test "what is no array, or none that a tensor holds, is refused with its place" {
              let header descr shape = npy $"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
              refuses "no array" "byte 0" (fun () -> readNpy (Array.zeroCreate 100))
              refuses "nothing" "ends within" (fun () -> readNpy [||])
              refuses "cut short" "4 bytes early" (fun () -> readNpy (header "'<f4'" "(2,)" (f4 [ 1f ])))
              refuses "complex" "'<c8'" (fun () -> readNpy (header "'<c8'" "(1,)" (f4 [ 1f; 2f ])))
              refuses "objects" "'|O'" (fun () -> readNpy (header "'|O'" "(1,)" [||]))
              refuses "structures" "structures" (fun () -> readNpy (header "[('a', '<f4')]" "(1,)" [||]))
              refuses "huge" "sizes" (fun () -> readNpy (header "'<f4'" "(1099511627776, 0)" [||]))
              refuses "more than there is" "early" (fun () -> readNpy (header "'<f4'" "(400000000,)" [||]))
              refuses "more bytes than an array has" "2^31" (fun () -> readNpy (header "'<f8'" "(2000000000,)" [||]))
              refuses "no Int64" "Int64" (fun () ->
                  readNpy (header "'<u8'" "(1,)" (BitConverter.GetBytes UInt64.MaxValue)))
              refuses "a key missing" "missing" (fun () -> readNpy (npy "{'descr': '<f4'}" [||]))
              Expect.throwsT<FileNotFoundException> (fun () -> NpyFile.Read "no such.npy" |> ignore) "no file"
          } ]

let private images =
    testList
        "IDX"
        [ test "elements of each type, packed or not" {
              let bytes = idx 0x08uy [ 2; 2 ] [| 0uy; 1uy; 254uy; 255uy |]
              for bytes in [ bytes; gzip bytes ] do
                  let x = readIdx bytes
                  Expect.equal (string x.Type) "Int32[2, 2]" "type"
                  Expect.equal (Tensor.toArray<int> x) [| 0; 1; 254; 255 |] "bytes"
              Expect.equal (Tensor.toArray<int>(readIdx (idx 0x09uy [ 1 ] [| 255uy |]))) [| -1 |] "signed"
              Expect.equal (Tensor.toArray<int>(readIdx (idx 0x0Buy [ 1 ] [| 255uy; 254uy |]))) [| -2 |] "short"
              Expect.equal (Tensor.toArray<int>(readIdx (idx 0x0Cuy [ 1 ] (big32 -70000)))) [| -70000 |] "int"
              let float = readIdx (idx 0x0Duy [ 1 ] (Array.rev (f4 [ 1.5f ])))
              Expect.equal (Tensor.toArray<float32> float) [| 1.5f |] "float"
              let double = readIdx (idx 0x0Euy [ 1 ] (Array.rev (BitConverter.GetBytes -0.1)))
              Expect.equal (Tensor.toArray<float> double) [| -0.1 |] "double"
          }
          test "what is no such file is refused with its place" {
              refuses "no magic number" "byte 0" (fun () -> readIdx "CSV,file"B)
              refuses "another type" "0x0A" (fun () -> readIdx (idx 0x0Auy [ 1 ] [| 0uy |]))
              refuses "cut short" "1 bytes early" (fun () -> readIdx (idx 0x08uy [ 3 ] [| 0uy; 1uy |]))
              refuses "too long" "more than" (fun () -> readIdx (idx 0x08uy [ 1 ] [| 0uy; 1uy |]))
              refuses "huge" "sizes" (fun () -> readIdx (idx 0x08uy [ -1; -1 ] [||]))
              refuses "packed and cut" "" (fun () -> readIdx (gzip (idx 0x08uy [ 3 ] [| 0uy; 1uy; 2uy |])).[..20])
          }
          test "Fashion-MNIST, where it is installed" {
              let path = "/usr/share/datasets/fashion-mnist/t10k-"
              if File.Exists(path + "labels-idx1-ubyte.gz") then
                  let images, labels =
                      IdxFile.Read(path + "images-idx3-ubyte.gz"), IdxFile.Read(path + "labels-idx1-ubyte.gz")
                  Expect.equal (List.ofSeq images.Shape, List.ofSeq labels.Shape) ([ 10000; 28; 28 ], [ 10000 ]) "sizes"
                  Expect.equal
                      (Array.countBy id (Tensor.toArray<int> labels) |> Array.sort)
                      [| for k in 0..9 -> k, 1000 |]
                      "classes"
          } ]

let private tables =
    testList
        "CSV"
        [ test "columns by name and by place, quoted values, and numbers of each type" {
              let table =
                  readCsv
                      (CsvOptions())
                      "a,\"b, c\",kind\r\n1,-2.5e1,\"x\"\r\n\r\n3,4,\"say \"\"y\"\"\nor not\"\r\n5,6,x\r\n"
              Expect.equal (List.ofSeq table.Names, table.RowCount) ([ "a"; "b, c"; "kind" ], 3) "names"
              Expect.equal (Tensor.toArray<float32>(table.Column "b, c")) [| -25f; 4f; 6f |] "by name"
              Expect.equal (Tensor.toArray<int64>(table.Column(0, DType.Int64))) [| 1L; 3L; 5L |] "by place"
              let matrix = table.Matrix(DType.Float64, "b, c", "a")
              Expect.equal (List.ofSeq matrix.Shape) [ 3; 2 ] "sizes"
              Expect.equal (Tensor.toArray<float> matrix) [| -25.; 1.; 4.; 3.; 6.; 5. |] "rows"
              Expect.equal (List.ofSeq (table.Text "kind")) [ "x"; "say \"y\"\nor not"; "x" ] "texts"
              let struct (numbers, classes) = table.Categories "kind"
              Expect.equal (List.ofSeq classes) [ "say \"y\"\nor not"; "x" ] "classes"
              Expect.equal (Tensor.toArray<int> numbers) [| 1; 0; 1 |] "their numbers"
              let table = readCsv (CsvOptions()) "a,b\n\"1\n2\",3\n\nq,w\n"
              refuses "a number after a value of two lines" "line 5, column \"b\"" (fun () -> table.Column "b")
          }
          test "files without names, with other separators, and with nothing where a number should be" {
              let bare = CsvOptions(HasHeader = false, Separator = ';', EmptyIsNaN = true)
              let table = readCsv bare "1;\n2;3\n"
              Expect.equal (List.ofSeq table.Names) [ "0"; "1" ] "names"
              Expect.isTrue (Single.IsNaN((Tensor.toArray<float32>(table.Column 1))[0])) "NaN"
              refuses "no integer" "line 1, column \"1\"" (fun () -> table.Column(1, DType.Int32))
              Expect.equal
                  (Tensor.toArray<bool>((readCsv bare "true\n0\n1").Column(0, DType.Bool)))
                  [| true; false; true |]
                  "Bool"
              Expect.equal (readCsv (CsvOptions()) "").RowCount 0 "nothing"
              let empty = readCsv (CsvOptions()) "a,b\n"
              Expect.equal (List.ofSeq (empty.Matrix()).Shape) [ 0; 2 ] "no rows"
          }
          test "what is no table of numbers is refused, with line and column" {
              refuses "no number" "line 3, column \"b\": \"x\" is no Single" (fun () ->
                  (readCsv (CsvOptions()) "a,b\n1,2\n3,x\n").Matrix())
              refuses "nothing" "line 2, column \"a\"" (fun () -> (readCsv (CsvOptions()) "a,b\n,2\n").Column "a")
              refuses "a short row" "line 3: it has 1 values, not 2" (fun () -> readCsv (CsvOptions()) "a,b\n1,2\n3\n")
              refuses "two names" "\"a\"" (fun () -> readCsv (CsvOptions()) "a,a\n1,2\n")
              refuses "no column" "no column \"c\"" (fun () -> (readCsv (CsvOptions()) "a,b\n1,2\n").Column "c")
              refuses "no column" "no column 2" (fun () -> (readCsv (CsvOptions()) "a,b\n1,2\n").Column 2)
              Expect.throwsT<FileNotFoundException> (fun () -> CsvFile.Read "no such.csv" |> ignore) "no file"
          } ]

/// A Parquet file of two groups of rows.
let private parquet =
    lazy
        let x, y = DataField<float>("x", false), DataField<int>("y", true)
        let kind, flag = DataField<string> "kind", DataField<bool>("flag", false)
        use stream = new MemoryStream()

        task {
            use! writer = ParquetWriter.CreateAsync(ParquetSchema(x, y, kind, flag), stream)

            for first in [ 0; 3 ] do
                use group = writer.CreateRowGroup()
                let numbers = [| for k in first .. first + 2 -> float k / 2. |]
                do! group.WriteAsync<float>(x, ReadOnlyMemory numbers)
                let optional = [| for k in first .. first + 2 -> if k = 4 then Nullable() else Nullable k |]
                do! group.WriteAsync<int>(y, ReadOnlyMemory optional)
                do! group.WriteAsync(kind, [| for k in first .. first + 2 -> string (char (97 + k)) |])
                do! group.WriteAsync<bool>(flag, ReadOnlyMemory [| for k in first .. first + 2 -> k % 2 = 0 |])
        }
        |> _.GetAwaiter().GetResult()

        stream.ToArray()

let private columnar =
    testList
        "Parquet"
        [ test "columns of numbers, truths and texts, some of them missing" {
              withFile ".parquet" parquet.Value (fun path ->
                  let table = ParquetFile.Read path
                  Expect.equal (List.ofSeq table.Names, table.RowCount) ([ "x"; "y"; "kind"; "flag" ], 6) "names"
                  Expect.equal
                      (Tensor.toArray<float>(table.Column("x", DType.Float64)))
                      [| for k in 0..5 -> float k / 2. |]
                      "x"
                  let y = Tensor.toArray<float32>(table.Column "y")
                  Expect.equal y[..3] [| 0f; 1f; 2f; 3f |] "y"
                  Expect.isTrue (Single.IsNaN y[4]) "missing"
                  Expect.equal
                      (Tensor.toArray<bool>(table.Column("flag", DType.Bool)))
                      [| for k in 0..5 -> k % 2 = 0 |]
                      "flag"
                  Expect.equal (List.ofSeq (table.Text "kind")) [ "a"; "b"; "c"; "d"; "e"; "f" ] "texts"
                  Expect.equal (List.ofSeq (ParquetFile.Read(path, "flag", "x").Names)) [ "x"; "flag" ] "some of them"
                  refuses "missing" "row 4, column \"y\"" (fun () -> table.Column("y", DType.Int32))
                  refuses "a half" "row 1, column \"x\": 0.5 is no Int64" (fun () -> table.Column("x", DType.Int64))
                  refuses "no column" "no column \"z\"" (fun () -> ParquetFile.Read(path, "z")))
          }
          test "what is no such file is refused" {
              refuses "no Parquet" "Parquet" (fun () ->
                  withFile ".parquet" "PAR1PAR1PAR1"B (fun path -> ParquetFile.Read path))
              refuses "nothing" "Parquet" (fun () -> withFile ".parquet" [||] (fun path -> ParquetFile.Read path))
              Expect.throwsT<FileNotFoundException> (fun () -> ParquetFile.Read "no such.parquet" |> ignore) "no file"
          }
          test "a description that does not end is refused" {
              let bytes = Array.copy parquet.Value
              // Behind it stand its length and four letters. Its last byte says that no more fields follow: now a list does.
              bytes[bytes.Length - 9] <- byte '9'
              refuses "no end" "broken" (fun () -> withFile ".parquet" bytes ParquetFile.Read)
              BitConverter.TryWriteBytes(Span(bytes, bytes.Length - 8, 4), Int32.MaxValue) |> ignore
              refuses "too long" "longer" (fun () -> withFile ".parquet" bytes ParquetFile.Read)
          } ]

/// Files like these, cut, changed, and with bytes put in: most are broken somewhere.
let private broken (files: byte array list) =
    let change (bytes: byte array) = gen {
        let! at = Gen.choose (0, max 0 (bytes.Length - 1))
        let! value = Gen.elements [ 0uy; 1uy; 0x7Fuy; 0x80uy; 0xFFuy; byte '9'; byte '('; byte '\'' ]

        return!
            Gen.elements
                [ bytes[.. at - 1]
                  Array.append bytes[.. at - 1] (Array.append [| value |] bytes[at + 1 ..])
                  Array.append bytes[.. at - 1] (Array.append (Array.create 4 value) bytes[at..])
                  Array.append bytes[.. at - 1] bytes[at + 1 ..] ]
    }

    gen {
        let! first = Gen.elements files
        let! times = Gen.choose (1, 3)
        let! changed = Seq.fold (fun bytes _ -> Gen.bind change bytes) (Gen.constant first) [ 1..times ]
        return changed
    }
    |> Arb.fromGen

/// Reading gives something or a typed error, in a memory that has to do with what the file holds.
let private withstands name count most (files: byte array list) extension (read: string -> unit) =
    Seed.property name count (broken files) (fun bytes ->
        let before = GC.GetAllocatedBytesForCurrentThread()

        try
            withFile extension bytes read
        with :? DataFormatException ->
            ()

        let taken = GC.GetAllocatedBytesForCurrentThread() - before
        if taken < most then
            Verdict.Holds
        else
            Verdict.Fails $"{taken} bytes taken for a file of {bytes.Length}")

let private hostile =
    let header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }"
    let array = npy header (f4 [ 1f; 2f; 3f; 4f ])
    let image = idx 0x08uy [ 2; 2 ] [| 0uy; 1uy; 254uy; 255uy |]

    let archive =
        withFile ".npz" [||] (fun path ->
            NpzFile.Write(path, dict [ "x", Tensor.create [ 2 ] "" [| 1f; 2f |] ] |> Dictionary, true)
            File.ReadAllBytes path)

    testList
        "broken files"
        [ withstands "NPY" 1500 8_000_000L [ array ] ".npy" (NpyFile.Read >> ignore)
          withstands "NPZ" 500 8_000_000L [ archive ] ".npz" (NpzFile.Read >> ignore)
          withstands "IDX" 1000 8_000_000L [ image; gzip image ] ".idx" (IdxFile.Read >> ignore)
          withstands "CSV" 500 8_000_000L [ "a,b\n1,\"2\"\n3,4\n"B; gzip "a\n1\n"B ] ".csv" (fun path ->
              CsvFile.Read(path).Matrix() |> ignore)
          withstands "Parquet" 150 Int64.MaxValue [ parquet.Value ] ".parquet" (fun path ->
              ParquetFile.Read path |> ignore) ]

let tests = testList "Files" [ arrays; images; tables; columnar; hostile ]

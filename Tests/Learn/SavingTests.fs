module Functional.Tests.Learn.SavingTests

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Threading.Tasks
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests
open Functional.Tests.Expectations

/// Runs with the path of a file that is gone afterwards, with all beside it.
let private withFile (act: string -> 'R) =
    let folder = Directory.CreateTempSubdirectory "functional"
    try
        act (Path.Combine(folder.FullName, "tensors.safetensors"))
    finally
        folder.Delete true

let private fileOf (header: string) (data: byte array) =
    let text = Encoding.UTF8.GetBytes header
    Array.concat [ BitConverter.GetBytes(int64 text.Length); text; data ]

let private readBytes (bytes: byte array) =
    withFile (fun path ->
        File.WriteAllBytes(path, bytes)
        Safetensors.read path)

let private every =
    [ "a", Tensor.create [ 2; 3 ] "BC" [| 1f; -0f; nanf; infinityf; 1e-45f; 3f |]
      "b.c", Tensor.create [] "" [| Math.PI |]
      "ü", Tensor.create [ 0; 4 ] "" Array.empty<int>
      "d", Tensor.create [ 2 ] "T" [| Int64.MinValue; Int64.MaxValue |]
      "e", Tensor.create [ 3 ] "" [| true; false; true |] ]

let private format =
    testList
        "the format"
        [ test "a file as the specification has it" {
              let header =
                  """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}"""
              let data =
                  Array.concat [ BitConverter.GetBytes 1.5f; BitConverter.GetBytes -2f; BitConverter.GetBytes 7L ]
              let file = readBytes (fileOf header data)
              Expect.equal (List.ofSeq file.Names) [ "w"; "n" ] "names"
              Expect.equal (Tensor.toArray<float32> file.Tensors["w"]) [| 1.5f; -2f |] "w"
              Expect.equal (sizes file.Tensors["n"], wholes file.Tensors["n"]) ([], [ 7L ]) "n"

              let written =
                  withFile (fun path ->
                      Safetensors.write path [] [ for name in file.Names -> name, file.Tensors[name] ]
                      File.ReadAllBytes path)
              let spaces = String(' ', (8 - header.Length % 8) % 8)
              Expect.equal written (fileOf (header + spaces) data) "the same bytes, spaces filling the header up"
          }
          test "all data types, labels and notes, there and back to the bit" {
              withFile (fun path ->
                  Safetensors.write path [ "by", "hand" ] every
                  let file = Safetensors.read path
                  Expect.equal (List.ofSeq file.Names) (List.map fst every) "names"
                  Expect.equal file.Metadata["by"] "hand" "a note"
                  Expect.equal file.Metadata.Count 1 "labels are no notes of the user's"
                  for name, t in every do
                      Expect.equal file.Tensors[name].Type t.Type name
                      Expect.isTrue (Structure.HasSameBits(file.Tensors[name], t)) name)
          }
          test "numbers that no tensor has become larger ones" {
              let read kind (data: byte array) =
                  let header = $"""{{"x":{{"dtype":"{kind}","shape":[1],"data_offsets":[0,{data.Length}]}}}}"""
                  (readBytes (fileOf header data)).Tensors["x"]
              Expect.equal
                  (Tensor.toArray<float32>(read "F16" (BitConverter.GetBytes(Half.op_Explicit -1.5f: Half))))
                  [| -1.5f |]
                  "F16"
              Expect.equal (Tensor.toArray<float32>(read "BF16" [| 0xC0uy; 0xBFuy |])) [| -1.5f |] "BF16"
              Expect.equal (Tensor.toArray<int>(read "I8" [| 255uy |])) [| -1 |] "I8"
              Expect.equal (Tensor.toArray<int>(read "U8" [| 255uy |])) [| 255 |] "U8"
              Expect.equal (Tensor.toArray<int>(read "I16" [| 255uy; 255uy |])) [| -1 |] "I16"
              Expect.equal (Tensor.toArray<int64>(read "U32" [| 255uy; 255uy; 255uy; 255uy |])) [| 4294967295L |] "U32"
          } ]

let private entry dtype shape offsets = $"""{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"""

let private notUtf8 =
    let bytes = fileOf (entry "F?4" "[1]" "[0,8]") (Array.zeroCreate 8)
    bytes[Array.IndexOf(bytes, byte '?')] <- 0xF9uy
    bytes

let private hostile =
    let refuses name (bytes: byte array) = test name {
        let before = GC.GetAllocatedBytesForCurrentThread()
        Expect.throwsT<DataFormatException> (fun () -> readBytes bytes |> ignore) name
        Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) 4_000_000L "room made for nothing"
    }
    let header text = fileOf text (Array.zeroCreate 8)
    testList
        "hostile files"
        [ refuses "nothing" [||]
          refuses "less than a length" [| 1uy; 2uy |]
          refuses "a header beyond the file" (BitConverter.GetBytes 1000L)
          refuses "a header beyond all measure" (BitConverter.GetBytes UInt64.MaxValue)
          refuses "no JSON" (header "{\"x\":")
          refuses "no object" (header "[1]")
          refuses "no UTF-8" (Array.concat [ BitConverter.GetBytes 4L; [| 123uy; 255uy; 254uy; 125uy |] ])
          refuses "a dtype that is no UTF-8" notUtf8
          refuses "half a character" (header """{"\uD800":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")
          refuses "nested without end" (header (String('[', 100000) + String(']', 100000)))
          refuses "no entry" (header """{"x":3}""")
          refuses "no dtype" (header """{"x":{"shape":[1],"data_offsets":[0,8]}}""")
          refuses "an unknown dtype" (header (entry "C64" "[1]" "[0,8]"))
          refuses "a dtype without tensors" (header (entry "U64" "[1]" "[0,8]"))
          refuses "a size below 0" (header (entry "F64" "[-1]" "[0,8]"))
          refuses "a size that is no whole number" (header (entry "F64" "[1.5]" "[0,8]"))
          refuses "sizes whose product overflows" (header (entry "F32" "[4294967296,4294967296]" "[0,8]"))
          refuses "huge sizes" (header (entry "F32" "[2000000000]" "[0,8000000000]"))
          refuses "offsets that do not fit the sizes" (header (entry "F64" "[2]" "[0,8]"))
          refuses "offsets in disorder" (header (entry "F64" "[1]" "[8,0]"))
          refuses "offsets beyond the file" (header (entry "F64" "[2]" "[0,16]"))
          refuses "bytes that belong to nothing" (header (entry "F32" "[1]" "[0,4]"))
          refuses "a gap" (header (entry "F32" "[1]" "[4,8]"))
          refuses
              "elements that overlap"
              (header
                  """{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"y":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")
          refuses
              "one name twice"
              (fileOf
                  """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"""
                  (Array.zeroCreate 8))
          refuses
              "notes that are no texts"
              (header """{"__metadata__":{"a":1},"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")
          refuses
              "labels that do not fit"
              (header
                  """{"__metadata__":{"functional.labels.x":"BB"},"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""")
          testCase "any byte changed, and any end cut off: tensors, or an error by type" (fun () ->
              let whole =
                  withFile (fun path ->
                      Safetensors.write path [ "a", "note" ] every
                      File.ReadAllBytes path)
              let random = Seed.random "mutations" 0
              withFile (fun path ->
                  for _ in 1..2000 do
                      let bytes = Array.copy whole
                      for _ in 0 .. random.Next 3 do
                          bytes[random.Next bytes.Length] <- byte (random.Next 256)
                      let bytes = if random.Next 4 = 0 then bytes[.. random.Next bytes.Length] else bytes
                      File.WriteAllBytes(path, bytes)
                      try
                          Safetensors.read path |> ignore
                      with :? DataFormatException ->
                          ())) ]

type private Model = { Network: Network; Scales: Tensor list; Named: Dictionary<string, Tensor> }

let private network seed =
    Network.Sequential(Dense 3, Relu(), BatchNorm(), Dense 2).Initialize(Layout.Of("BC", Nullable(), 4), seed)

let private model seed =
    let named = Dictionary<string, Tensor>()
    named["bias"] <- Tensor.scalar (float seed)
    { Network = network seed; Scales = [ Tensor.scalar 1.; Tensor.scalar 2. ]; Named = named }

let private structures =
    testList
        "structures"
        [ test "names are places" {
              Expect.equal (List.ofSeq (Saving.names [ Tensor.scalar 1.; Tensor.scalar 2. ])) [ "0"; "1" ] "a list"
              Expect.equal (List.ofSeq (Saving.names (Tensor.scalar 1.))) [ "tensor" ] "a tensor"
              let names = Saving.names (model 1UL)
              Expect.equal (Seq.length (Seq.distinct names)) names.Count "each once"
              for name in [ "Scales.0"; "Named.bias" ] do
                  Expect.contains names name "a place"
          }
          test "a network with its state, and what is beside it" {
              withFile (fun path ->
                  let saved = model 1UL
                  Saving.save path saved
                  let loaded = Saving.load path (model 2UL)
                  Expect.isTrue (Structure.HasSameBits(loaded, saved)) "the same bits"
                  let x = Tensor.normalFrom (Generator 5UL) DType.Float32 [ 2; 4 ] "BC"
                  Expect.isTrue
                      (Structure.HasSameBits(loaded.Network.Predict x, saved.Network.Predict x))
                      "the same predictions")
          }
          test "another structure: all that differs is listed" {
              withFile (fun path ->
                  let save =
                      dict [ "a", Tensor.scalar 1.; "b", Tensor.ones DType.Float64 [ 2 ] ""; "c", Tensor.scalar 1. ]
                  Saving.save path (Dictionary save)
                  let like =
                      dict [ "b", Tensor.ones DType.Float32 [ 3 ] ""; "c", Tensor.scalar 0.; "d", Tensor.scalar 0. ]
                  let error =
                      try
                          Saving.load path (Dictionary like) |> ignore
                          failtest "loaded"
                      with :? SavedStructureException as e ->
                          e
                  Expect.equal (List.ofSeq error.Missing) [ "d" ] "missing"
                  Expect.equal (List.ofSeq error.Unexpected) [ "a" ] "unexpected"
                  Expect.equal [ for d in error.Different -> d.Name ] [ "b" ] "different"
                  for part in [ "lacks d"; "has a,"; "b is Float64[2] and not Float32[3]" ] do
                      Expect.stringContains error.Message part "message")
          }
          test "no file" {
              withFile (fun path ->
                  Expect.throwsT<FileNotFoundException> (fun () -> Saving.load path (model 1UL) |> ignore) "error")
          }
          test "two tensors of one name are refused, and nothing is left behind" {
              withFile (fun path ->
                  Expect.throwsT<ArgumentException>
                      (fun () -> Safetensors.write path [] [ "a", Tensor.scalar 1.; "a", Tensor.scalar 2. ])
                      "error"
                  Expect.isEmpty (Directory.GetFiles(nonNull (Path.GetDirectoryName path))) "files")
          } ]

let private data =
    let x = Tensor.normalFrom (Generator 1UL) DType.Float32 [ 64; 4 ] "BC"
    Data.batches 16 1UL (x, Tensor.create [ 64 ] "B" (Array.init 64 (fun k -> k % 2)))

let private objective = Objective.supervised (fun y t -> Loss.crossEntropyOfLogits y t) []
let private fit options = Train.fit options objective (Optimiser.adam AdamOptions.Default 0.01) data (network 3UL)

let private checkpoints =
    testList
        "checkpoints in a file"
        [ test "a training resumed gives the bits of one that was not interrupted" {
              withFile (fun path ->
                  let options epochs = { FitOptions.Default with Epochs = epochs; Seed = 9UL; CheckpointEvery = 3 }
                  let whole = fit (options 3)
                  fit { options 1 with Checkpoints = Some(FileCheckpoints path) } |> ignore
                  let resumed = fit { options 3 with Checkpoints = Some(FileCheckpoints path) }
                  Expect.isTrue (Structure.HasSameBits(resumed.Network, whole.Network)) "the same bits")
          }
          test "who saves at once leaves one whole file, and no other" {
              withFile (fun path ->
                  let save k = Saving.save path (Tensor.full DType.Float32 [ 1000 ] "" (float k))
                  save 0
                  let writers =
                      [| for k in 1..4 ->
                             Task.Run(fun () ->
                                 for _ in 1..50 do
                                     save k) |]
                  let mutable reads = 0
                  while not (Task.WaitAll(writers, 0)) do
                      let found = Tensor.toArray<float32>(Saving.load path (Tensor.zeros DType.Float32 [ 1000 ] ""))
                      Expect.allEqual found found[0] "of one writer"
                      reads <- reads + 1
                  Expect.isGreaterThan reads 0 "reads"
                  Expect.equal (Directory.GetFiles(nonNull (Path.GetDirectoryName path))) [| path |] "files")
          } ]

let tests = testList "Saving" [ format; hostile; structures; checkpoints ]

module Functional.Tests.Learn.DataTests

open System
open System.IO
open Expecto
open Functional
open Functional.FSharp
open Functional.Properties
open Functional.Tests

/// n examples: inputs [2; n] "CB" and targets [n] "B"; example k is k and 100 + k, and its target k.
let private examples n =
    Tensor.create [ 2; n ] "CB" (Array.append (Array.init n float32) (Array.init n (fun k -> 100f + float32 k))),
    Tensor.create [ n ] "B" (Array.init n id)

/// The targets, after a check that each has its own inputs beside it.
let private whole (x: Tensor, t: Tensor) =
    let targets = Tensor.toArray<int> t
    let expected = Array.append (Array.map float32 targets) (targets |> Array.map (fun k -> 100f + float32 k))
    Expect.equal (Tensor.toArray<float32> x) expected "inputs of these targets"
    Expect.equal (x.Format.Labels, t.Format.Labels) ("CB", "B") "labels"
    List.ofArray targets

let private parts =
    testList
        "parts"
        [ Seed.law "a split has every example once, in an order that the seed decides" 200 1. (fun random ->
              let n, share, seed = random.Next 30, random.NextDouble(), uint64 (random.Next())
              let split () = let a, b = Data.split share seed (examples n) in whole a, whole b
              let first, second = split ()
              if List.sort (first @ second) <> [ 0 .. n - 1 ] then
                  Verdict.Fails $"%A{first} and %A{second}"
              elif first.Length <> int (round (share * float n)) then
                  Verdict.Fails $"{first.Length} of {n} for {share}"
              elif split () <> (first, second) then
                  Verdict.Fails "another order for the same seed"
              else
                  Verdict.Holds)
          Seed.law "mini-batches have every example once, and only the last is short" 200 1. (fun random ->
              let n, size, seed = random.Next 30, 1 + random.Next 8, uint64 (random.Next())
              let batches = [ for batch in Data.batches size seed (examples n) -> whole batch ]
              let sizes = [ for k in 0..size .. n - 1 -> min size (n - k) ]
              if List.sort (List.concat batches) <> [ 0 .. n - 1 ] then Verdict.Fails $"%A{batches}"
              elif List.map List.length batches <> sizes then Verdict.Fails $"sizes of %A{batches}"
              else Verdict.Holds)
          test "another seed is another order, and the current generator goes on" {
              let order seed = whole (fst (Data.split 1. seed (examples 50)))
              let before = Generator.Current.Position
              Expect.notEqual (order 1UL) (order 2UL) "orders"
              Expect.equal Generator.Current.Position before "its position"
          }
          test "what cannot be divided is refused" {
              let unequal = Tensor.zeros DType.Float32 [ 3 ] "B", Tensor.zeros DType.Float32 [ 4 ] "B"
              Expect.throwsT<ShapeException> (fun () -> Data.count unequal |> ignore) "3 and 4"
              Expect.throwsT<ShapeException> (fun () -> Data.count ([]: Tensor list) |> ignore) "no tensor"
              Expect.throwsT<DimensionException> (fun () -> Data.count (Tensor.scalar 1.) |> ignore) "a scalar"
              for share in [ -0.1; 1.1; nan ] do
                  Expect.throwsT<ArgumentOutOfRangeException>
                      (fun () -> Data.split share 0UL (examples 3) |> ignore)
                      $"{share}"
              Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Data.batches 0 0UL (examples 3) |> ignore) "0"
          } ]

let private read (text: string) =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text)
        Data.readCsv path
    finally
        File.Delete path

let private files =
    testList
        "files"
        [ test "rows of numbers, blank lines and other line ends left aside" {
              let x = read "1,2.5,-3e2\r\n4,5,6\r\n\r\n"
              Expect.equal (List.ofSeq x.Shape) [ 2; 3 ] "sizes"
              Expect.equal (Tensor.toArray<float32> x) [| 1f; 2.5f; -300f; 4f; 5f; 6f |] "numbers"
          }
          test "what is no table of numbers is refused, with its place" {
              Expect.throwsT<ShapeException> (fun () -> read "1,2\n3" |> ignore) "a short row"
              try
                  read "1,2\n3,x" |> ignore
                  failtest "no error"
              with :? FormatException as e ->
                  Expect.stringContains e.Message "\"x\" in line 2" "message"
              Expect.throwsT<FileNotFoundException> (fun () -> Data.readCsv "no such.csv" |> ignore) "no file"
          } ]

let private metrics =
    testList
        "metrics"
        [ test "accuracy is the share of right guesses, for numbers and for probabilities" {
              let y = Tensor.create [ 2; 3 ] "CB" [| 0.9f; 0.2f; 0.4f; 0.1f; 0.8f; 0.6f |]
              let numbers = Tensor.create [ 3 ] "B" [| 0; 1; 0 |]
              let shares = Tensor.create [ 2; 3 ] "CB" [| 1f; 0f; 1f; 0f; 1f; 0f |]
              for target in [ numbers; Tensor.cast DType.Int64 numbers; shares ] do
                  Expect.floatClose Accuracy.medium (float (Metric.accuracy y target)) (2. / 3.) $"{target.Type}"
              Expect.throwsT<ShapeException> (fun () -> Metric.accuracy y (Tensor.scalar 1) |> ignore) "other sizes"
          }
          test "bits are compared as bits" {
              let zero, minus = Tensor.scalar 0., Tensor.scalar -0.
              let number, other = Tensor.scalar nan, Tensor.scalar nan
              Expect.isTrue (Structure.HasSameBits((number, 1), (other, 1))) "NaN"
              Expect.isFalse (Structure.HasSameBits(zero, minus)) "zeros of both signs"
              Expect.isFalse (Structure.HasSameBits((zero, 1), (zero, 2))) "static values"
              Expect.isFalse (Structure.HasSameBits([ zero ], [ zero; zero ])) "more tensors"
              Expect.isFalse (Structure.HasSameBits(zero, Tensor.scalar 0f)) "types"
          } ]

let tests = testList "Data" [ parts; files; metrics ]

module Functional.Tests.Learn.DataTests

open System
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
              let epoch = random.Next 3
              let made = Data.batches size seed (examples n)
              let batches = [ for batch in made.Epoch epoch -> whole batch ]
              let sizes = [ for k in 0..size .. n - 1 -> min size (n - k) ]
              let from = random.Next(made.Count + 1)
              if List.sort (List.concat batches) <> [ 0 .. n - 1 ] then
                  Verdict.Fails $"%A{batches}"
              elif List.map List.length batches <> sizes || made.Count <> sizes.Length then
                  Verdict.Fails $"sizes of %A{batches}, {made.Count} batches"
              elif [ for batch in made.EpochFrom(epoch, from) -> whole batch ] <> List.skip from batches then
                  Verdict.Fails $"other batches from {from} on"
              else
                  Verdict.Holds)
          test "each epoch has an order of its own, which is the same each time it is asked for" {
              let batches = Data.batches 8 5UL (examples 50)
              let order epoch = [ for batch in batches.Epoch epoch -> whole batch ]
              Expect.equal (order 1) (order 1) "again"
              Expect.notEqual (order 0) (order 1) "another epoch"
              let both = [ for batch in batches.Epochs 2 -> whole batch ]
              Expect.equal both (order 0 @ order 1) "one after another"
              let unshuffled = Data.batchesWith { BatchOptions.Default with Size = 8; Shuffle = false } (examples 20)
              Expect.equal (List.concat [ for batch in unshuffled.Epoch 3 -> whole batch ]) [ 0..19 ] "as they stand"
          }
          test "a partial batch is dropped, or filled up with a mask" {
              let options = { BatchOptions.Default with Size = 8 }
              let dropping = Data.batchesWith { options with Partial = PartialBatch.Drop } (examples 20)
              Expect.equal [ for batch in dropping.Epoch 0 -> (whole batch).Length ] [ 8; 8 ] "dropped"
              Expect.equal dropping.Count 2 "batches"

              let real =
                  [ for batch in (Data.paddedBatches options (examples 20)).Epoch 0 do
                        let all = whole batch.Examples
                        Expect.equal all.Length 8 "one size"
                        Expect.equal (string batch.Mask.Type) "Bool[8] \"B\"" "mask"
                        for k, isReal in Seq.zip all (Tensor.toArray<bool> batch.Mask) do
                            if isReal then k ]

              Expect.equal (List.sort real) [ 0..19 ] "each example once"
          }
          test "examples are loaded by number, when they are asked for" {
              let loaded = ResizeArray<int array>()

              let load items =
                  loaded.Add items
                  Array.sum items

              let batches = Data.batchesBy { BatchOptions.Default with Size = 3; Shuffle = false } 7 load
              Expect.equal (Seq.head (batches.Epoch 0)) 3 "0, 1 and 2"
              Expect.equal (List.ofSeq loaded) [ [| 0; 1; 2 |] ] "no more than that"
              Expect.equal (List.ofSeq (batches.EpochFrom(0, 1))) [ 12; 6 ] "the others"
          }
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
              let batches = Data.batches 2 0UL (examples 3)
              for epoch, from in [ -1, 0; 0, -1; 0, 3 ] do
                  Expect.throwsT<ArgumentOutOfRangeException>
                      (fun () -> batches.EpochFrom(epoch, from) |> ignore)
                      $"epoch {epoch} from {from}"
          } ]

let private sequence n = Tensor.create [ n; 1 ] "TC" [| for k in 1..n -> float32 (100 * n + k) |]

let private sequences =
    testList
        "sequences"
        [ Seed.law "each sequence comes once, padded, with its target and mask" 60 1. (fun random ->
              let lengths = [ for _ in 0 .. random.Next 20 -> 1 + random.Next 12 ]
              let targets = Tensor.create [ lengths.Length ] "B" (Array.ofList lengths)
              let options =
                  { SequenceOptions.Default with
                      Padding = Bucketing.Of(4, 8, 12)
                      Grouped = random.Next 2 = 0
                      Value = -1.
                      Batches = { BatchOptions.Default with Size = 1 + random.Next 5 } }
              let batches = Data.sequences options (List.map sequence lengths) targets

              let seen =
                  [ for batch in batches.Epoch(random.Next 3) do
                        let masks, time = Tensor.toArray<bool> batch.Mask, batch.Values.Shape[1]
                        let values = Tensor.toArray<float32> batch.Values
                        let targets = Tensor.toArray<int> batch.Targets
                        if options.Grouped then
                            let rounded = [ for n in targets -> options.Padding.Length n ]
                            Expect.equal (List.distinct rounded) [ time ] "one padded length"
                        for k, n in Array.indexed targets do
                            let row = List.ofArray values[k * time .. (k + 1) * time - 1]
                            let padding = List.replicate (time - n) -1f
                            Expect.equal row (List.ofArray (Tensor.toArray<float32>(sequence n)) @ padding) "values"
                            Expect.equal
                                (List.ofArray masks[k * time .. (k + 1) * time - 1])
                                (List.init time (fun t -> t < n))
                                "mask"
                            n ]

              if List.sort seen = List.sort lengths then
                  Verdict.Holds
              else
                  Verdict.Fails $"%A{seen} of %A{lengths}")
          test "a batch is padded to its longest sequence, or to one length" {
              let batch padding =
                  let options = { SequenceOptions.Default with Padding = padding }
                  let targets = Tensor.zeros DType.Float32 [ 2 ] "B"
                  (Seq.head ((Data.sequences options [ sequence 2; sequence 5 ] targets).Epoch 0)).Values.Shape[1]

              Expect.equal (batch Bucketing.Longest, batch (Bucketing.Fixed 9)) (5, 9) "lengths"
              Expect.throwsT<ShapeException> (fun () -> batch (Bucketing.Fixed 4) |> ignore) "too long"
          }
          test "what is no list of sequences with targets is refused" {
              let make sequences n =
                  Data.sequences SequenceOptions.Default sequences (Tensor.zeros DType.Float32 [ n ] "B") |> ignore
              Expect.throwsT<ShapeException> (fun () -> make [ sequence 2 ] 2) "targets"
              Expect.throwsT<ShapeException> (fun () -> make [ Tensor.scalar 1f ] 1) "scalars"
          } ]

/// The items of a batch source of seven numbers, with a note when an enumeration of it ends.
let private noted (ended: int ref) =
    Batches<int>
        .Of(
            7,
            (fun epoch -> seq {
                try
                    yield! [ for k in 0..6 -> 10 * epoch + k ]
                finally
                    ended.Value <- ended.Value + 1
            })
        )

/// A frame of its own, so that nothing of it is alive when it returns.
[<System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)>]
let private forget ended = (noted ended).Prefetch(1).Epoch(0).GetEnumerator().MoveNext() |> ignore

let private prefetch =
    testList
        "prefetch"
        [ test "the batches are the same, in their order, whatever is made ahead" {
              let noise = fun (x: Tensor, t: Tensor) -> x + Tensor.normalLike x, t
              let direct = (Data.batches 3 1UL (examples 20)).Select(noise)
              let again = direct.Select(noise)

              for ahead in [ 1; 2; 50 ] do
                  for epoch in [ 0; 1 ] do
                      let same (a: Batches<Tensor * Tensor>) (b: Batches<Tensor * Tensor>) =
                          Structure.HasSameBits(Array.ofSeq (a.Epoch epoch), Array.ofSeq (b.Epoch epoch))
                      Expect.isTrue (same direct (direct.Prefetch ahead)) $"{ahead} ahead"
                      Expect.isTrue (same again (direct.Prefetch(ahead).Select(noise).Prefetch(2))) "in stages"

              let batches epoch (b: Batches<Tensor * Tensor>) = Array.ofSeq (b.Epoch epoch)
              Expect.isTrue
                  (Structure.HasSameBits((batches 1 direct)[2..], Array.ofSeq (direct.Prefetch(2).EpochFrom(1, 2))))
                  "from the third on"
              Expect.isFalse (Structure.HasSameBits(batches 0 direct, batches 1 direct)) "another epoch, other noise"
          }
          test "the current generator goes on as if nothing had been drawn" {
              let before = Generator.Current.Position
              let noisy = (Data.batches 3 1UL (examples 20)).Select(fun (x: Tensor, _) -> Tensor.normalLike x)
              noisy.Epoch 0 |> Seq.iter ignore
              Expect.equal Generator.Current.Position before "position"
          }
          test "no more is made than may wait" {
              let made = ref 0
              let source =
                  Batches<int>
                      .Of(
                          50,
                          (fun _ ->
                              Seq.init 50 (fun k ->
                                  Threading.Interlocked.Increment made |> ignore
                                  k))
                      )
              use items = source.Prefetch(3).Epoch(0).GetEnumerator()
              Expect.isTrue (items.MoveNext()) "the first"
              Threading.SpinWait.SpinUntil((fun () -> made.Value >= 5), 5000) |> ignore
              Threading.Thread.Sleep 50
              Expect.isTrue (made.Value <= 5) $"one taken, three waiting, one in hand; {made.Value}"
          }
          test "what making a batch throws is thrown in its place" {
              let source =
                  Batches<int>
                      .Of(3, (fun _ -> Seq.init 3 (fun k -> if k = 2 then raise (TimeoutException "third") else k)))
              use items = source.Prefetch(5).Epoch(0).GetEnumerator()
              Expect.equal [ for _ in 1..2 -> items.MoveNext(), items.Current ] [ true, 0; true, 1 ] "the first two"
              Expect.throwsT<TimeoutException> (fun () -> items.MoveNext() |> ignore) "the third"

              let cancelled = new Threading.CancellationTokenSource()
              cancelled.Cancel()
              let source =
                  Batches<int>
                      .Of(
                          3,
                          (fun _ ->
                              Seq.init 3 (fun k ->
                                  cancelled.Token.ThrowIfCancellationRequested()
                                  k))
                      )
              Expect.throwsT<OperationCanceledException>
                  (fun () -> source.Prefetch(1).Epoch 0 |> Seq.iter ignore)
                  "cancelled"
          }
          test "an enumeration that is left ends its thread" {
              let ended = ref 0
              let items = (noted ended).Prefetch(1).Epoch 0
              Expect.equal (List.ofSeq (Seq.truncate 2 items)) [ 0; 1 ] "the first two"
              Expect.equal ended.Value 1 "left"
              Expect.equal (List.ofSeq items) [ 0..6 ] "all"
              Expect.equal ended.Value 2 "finished"
              (items.GetEnumerator()).Dispose()
          }
          test "an enumeration that is forgotten ends its thread" {
              let ended = ref 0
              forget ended

              let isEnded () =
                  GC.Collect()
                  GC.WaitForPendingFinalizers()
                  ended.Value = 1

              Expect.isTrue (Threading.SpinWait.SpinUntil(isEnded, 20000)) "ended"
          }
          test "at least one is made ahead" {
              Expect.throwsT<ArgumentOutOfRangeException>
                  (fun () -> (Data.batches 3 1UL (examples 20)).Prefetch 0 |> ignore)
                  "0"
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

let tests = testList "Data" [ parts; sequences; prefetch; metrics ]

namespace Functional.FSharp

open System
open Functional

/// Examples to learn from: structures of tensors, whose dimension labelled B, or the first one where there is no such label,
/// counts the examples.
[<RequireQualifiedAccess>]
module Data =
    let private dimension op (t: TensorType) =
        match Labels.places t 'B' with
        | [ dim ] -> dim
        | _ when t.Rank > 0 -> 0
        | _ -> Labels.dimensionError op [ t ] "a scalar holds no examples" "give tensors of one example or more"

    let private leavesOf (data: 'T) = fst (Structures.flatten data)

    /// The number of examples.
    /// Throws DimensionException for a scalar, ShapeException where tensors differ in it or there are none.
    let count (data: 'T) : int =
        let types = [ for t in leavesOf data -> t.Type ]

        match List.distinct [ for t in types -> t.Sizes[dimension "Data.count" t] ] with
        | [ n ] -> n
        | _ -> Labels.shapeError "Data.count" types "the tensors hold no one number of examples" "give as many of each"

    /// The examples at these positions (Int64).
    let private at (positions: Tensor) (data: 'T) : 'T =
        let part (t: Tensor) = Gathering.gatherAt (dimension "Data" t.Type) positions (Movement.relabel Format.None t)

        Structures.replace data [| for t in leavesOf data -> Movement.relabel t.Format (part t) |]

    let private positions (items: int64 array) =
        HostData.ofSpan<int64> (ReadOnlySpan items) [ items.Length ] Format.None

    /// The examples in two parts, in an order that the seed decides: this share of them, rounded, and the others.
    /// Throws ArgumentOutOfRangeException for a share outside 0 … 1, and as `count` does.
    let split (share: float) (seed: uint64) (data: 'T) : 'T * 'T =
        if not (share >= 0. && share <= 1.) then
            raise (ArgumentOutOfRangeException(nameof share, share, "a share is between 0 and 1"))

        let n = count data
        let first, second = Seeded.order (Generator seed) n |> Array.splitAt (int (round (share * float n)))
        at (positions first) data, at (positions second) data

    /// The numbers of the examples in each batch of an epoch.
    let private chunks (options: BatchOptions) (items: int64 array) =
        let all = Array.chunkBySize options.Size items
        if options.Partial = PartialBatch.Drop then
            all |> Array.filter (fun c -> c.Length = options.Size)
        else
            all

    let private orderOf (options: BatchOptions) n epoch =
        if options.Shuffle then
            Seeded.order (Generator(options.Seed).FoldIn(int64 epoch)) n
        else
            Array.init n int64

    /// Batches of so many examples in all, each loaded by the numbers of its examples when it is asked for.
    /// Throws ArgumentOutOfRangeException for a size below 1 or a negative number of examples.
    let batchesBy (options: BatchOptions) (examples: int) (load: int array -> 'B) : Batches<'B> =
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Size, 1)
        ArgumentOutOfRangeException.ThrowIfNegative examples

        let epoch number from =
            orderOf options examples number
            |> chunks options
            |> Seq.skip from
            |> Seq.map (Array.map int >> load)

        let count = (chunks options (Array.init examples int64)).Length
        Batches<'B>(count, options.Seed, 0, (fun number from -> Seq.delay (fun () -> epoch number from)))

    /// Mini-batches, as the options say.
    /// Throws ArgumentOutOfRangeException for a size below 1, and as `count` does.
    let batchesWith (options: BatchOptions) (data: 'T) : Batches<'T> =
        batchesBy options (count data) (fun items -> at (positions (Array.map int64 items)) data)

    /// Mini-batches of so many examples, shuffled with a seed; the last of an epoch is as short as it comes.
    /// Throws ArgumentOutOfRangeException for a size below 1, and as `count` does.
    let batches (size: int) (seed: uint64) (data: 'T) : Batches<'T> =
        batchesWith { BatchOptions.Default with Size = size; Seed = seed } data

    /// Mini-batches of one size: where examples are missing in the last, others of it are repeated, and the mask tells. Give
    /// the mask to the loss.
    /// Throws ArgumentOutOfRangeException for a size below 1, and as `count` does.
    let paddedBatches (options: BatchOptions) (data: 'T) : Batches<MaskedBatch<'T>> =
        let fill (items: int array) =
            let filled = Array.init options.Size (fun k -> int64 items[k % items.Length])
            let real = Array.init options.Size (fun k -> k < items.Length)
            { Examples = at (positions filled) data
              Mask = HostData.ofSpan<bool> (ReadOnlySpan real) [ options.Size ] (Format.Parse "B") }

        batchesBy options (count data) fill

    /// Groups of examples whose sequences are padded to one length, each cut into batches, in an order that the epoch decides.
    let private grouped (options: SequenceOptions) (sequences: Tensor array) epoch =
        let batches =
            orderOf options.Batches sequences.Length epoch
            |> Array.groupBy (fun k -> options.Padding.Length sequences[int k].Shape[0])
            |> Array.collect (snd >> chunks options.Batches)

        // A stage of its own beside those of Batches.Select, which count from 0.
        let draws = Generator(options.Batches.Seed).FoldIn(int64 epoch).FoldIn -1L
        if options.Batches.Shuffle then
            Seeded.order draws batches.Length |> Array.map (fun k -> batches[int k])
        else
            batches

    /// Batches of sequences [time; …] of one type but for their length, padded to one length each, with the mask; and the
    /// targets, structures of tensors that hold one for each sequence.
    /// Throws ShapeException where sequences differ in more than their lengths, or are not as many as the targets;
    /// ArgumentOutOfRangeException for a size below 1.
    let sequences (options: SequenceOptions) (sequences: Tensor seq) (targets: 'T) : Batches<SequenceBatch<'T>> =
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Batches.Size, 1)
        let all = Array.ofSeq sequences
        let n = count targets

        if n <> all.Length then
            Labels.shapeError
                "Data.sequences"
                [ for t in leavesOf targets -> t.Type ]
                $"there are {all.Length} sequences, and targets of {n}"
                "give a target for each sequence"

        if all |> Array.exists (fun x -> x.Rank = 0) then
            Labels.shapeError
                "Data.sequences"
                [ for x in all -> x.Type ]
                "a scalar is no sequence"
                "give tensors [time; …]"

        let load (items: int64 array) =
            let padded = options.Padding.Pad([ for k in items -> all[int k] ], options.Value)
            { Values = padded.Values; Mask = padded.Mask; Targets = at (positions items) targets }

        let items epoch =
            if options.Grouped then
                grouped options all epoch
            else
                orderOf options.Batches n epoch |> chunks options.Batches

        let epoch number from = items number |> Seq.skip from |> Seq.map load
        Batches<_>(
            (items 0).Length,
            options.Batches.Seed,
            0,
            (fun number from -> Seq.delay (fun () -> epoch number from))
        )

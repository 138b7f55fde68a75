namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// What becomes of the examples that fill no batch.
type PartialBatch =
    /// The last batch is as short as it comes: a signature of its own.
    | Keep = 0
    /// They are left out; in another order, which ones differs from epoch to epoch.
    | Drop = 1

/// A batch of one size, and which of its examples are real: those that fill up the last batch repeat others.
type MaskedBatch<'T> =
    {
        /// The examples.
        Examples: 'T
        /// Bool, [batch] "B": false for an example that only fills up.
        Mask: Tensor
    }

/// Sequences of equal length, which of their elements are real, and what belongs to each sequence.
type SequenceBatch<'T> =
    {
        /// The sequences, padded and stacked: [batch; time; …].
        Values: Tensor
        /// Bool, [batch; time]: false for padding.
        Mask: Tensor
        /// What belongs to each sequence, such as its class.
        Targets: 'T
    }

/// Draws under a generator of one's own.
[<RequireQualifiedAccess>]
module internal Seeded =
    /// What a function makes while this generator is the current one.
    let run (generator: Generator) (f: unit -> 'R) : 'R =
        let ambient = Generator.Current
        Generator.Current <- generator

        try
            f ()
        finally
            Generator.Current <- ambient

    /// 0 … n - 1 in an order that the generator decides.
    let order generator n = run generator (fun () -> HostData.toArray<int64>(Uniform.permutation Direct.Instance n))

/// Mini-batches, epoch by epoch. Those of an epoch depend on its number and on the seed alone, so any part of any epoch can be
/// made again, on any thread. Nothing is made before it is asked for.
[<Sealed; AllowNullLiteral(false)>]
type Batches<'B> internal (count: int, seed: uint64, stages: int, make: int -> int -> seq<'B>) =

    /// Batches of your own making: so many in each epoch, which come in the order in which `make` gives them for its number.
    /// Throws ArgumentOutOfRangeException for a negative count.
    static member Of
        (count: int, make: Func<int, IEnumerable<'B>>, [<Optional; DefaultParameterValue(0UL)>] seed: uint64)
        : Batches<'B> =
        ArgumentOutOfRangeException.ThrowIfNegative count
        Batches<'B>(count, seed, 0, (fun epoch from -> make.Invoke epoch |> Seq.skip from))

    /// How many batches an epoch has.
    member _.Count = count

    /// What decides order and draws.
    member _.Seed = seed

    /// The batches of an epoch from the given one on, counted from 0.
    /// Throws ArgumentOutOfRangeException for a negative epoch, and for a batch that the epoch does not have.
    member _.EpochFrom(number: int, from: int) : IEnumerable<'B> =
        ArgumentOutOfRangeException.ThrowIfNegative number
        ArgumentOutOfRangeException.ThrowIfNegative from
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, count)
        make number from

    /// The batches of an epoch.
    /// Throws ArgumentOutOfRangeException for a negative epoch.
    member this.Epoch(number: int) : IEnumerable<'B> = this.EpochFrom(number, 0)

    /// The batches of so many epochs, the first one on, one after another: what a training loop of your own runs through.
    /// Throws ArgumentOutOfRangeException for a negative count.
    member this.Epochs(count: int) : IEnumerable<'B> =
        ArgumentOutOfRangeException.ThrowIfNegative count
        Seq.collect this.Epoch (seq { 0 .. count - 1 })

    /// What a function makes of each batch when it is asked for. What it draws, such as noise or a random part of an image, is
    /// decided by seed, epoch and number of the batch.
    member _.Select(map: Func<'B, 'C>) : Batches<'C> =
        let mapped epoch from =
            let draws = Generator(seed).FoldIn(int64 epoch).FoldIn(int64 stages)

            make epoch from
            |> Seq.mapi (fun k batch -> Seeded.run (draws.FoldIn(int64 (from + k))) (fun () -> map.Invoke batch))

        Batches<'C>(count, seed, stages + 1, mapped)

    /// The same batches, made ahead on a thread of their own: so many wait at most, while one more is being made. What making
    /// one throws is thrown where it would be taken. To end an enumeration is to end its thread, once the batch in hand is
    /// made.
    /// Throws ArgumentOutOfRangeException for a number below 1.
    member _.Prefetch(ahead: int) : Batches<'B> =
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1)
        Batches<'B>(count, seed, stages, (fun epoch from -> Prefetched<'B>(make epoch from, ahead)))

namespace Functional.FSharp

open Functional

/// How examples make batches.
type BatchOptions =
    {
        /// Examples in a batch, at least 1.
        Size: int
        /// Whether each epoch has an order of its own.
        Shuffle: bool
        /// What decides that order.
        Seed: uint64
        /// What becomes of the examples that fill no batch.
        Partial: PartialBatch
    }

    /// 32 examples, shuffled with the seed 0, the last batch as short as it comes.
    static member Default = { Size = 32; Shuffle = true; Seed = 0UL; Partial = PartialBatch.Keep }

/// How sequences of different lengths make batches.
type SequenceOptions =
    {
        /// How examples make batches.
        Batches: BatchOptions
        /// What a batch is padded to.
        Padding: Bucketing
        /// Whether sequences of one padded length come together, so that few elements are padding. The order of examples and
        /// that of batches are shuffled.
        Grouped: bool
        /// The number that pads.
        Value: float
    }

    /// Batches of 32, each padded by zeros to its longest sequence, whatever the lengths of the others are.
    static member Default = { Batches = BatchOptions.Default; Padding = Bucketing.Longest; Grouped = false; Value = 0. }

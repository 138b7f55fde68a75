namespace Functional

open System
open System.Collections.Generic

/// Sequences of equal length, and which elements are real.
[<Sealed; AllowNullLiteral(false)>]
type PaddedBatch internal (values: Tensor, mask: Tensor, lengths: int array) =
    /// The sequences, padded and stacked: [batch; time; …]. Labels of theirs are kept, with a B before them.
    member _.Values = values
    /// Bool, [batch; time]: true for what belongs to a sequence, false for padding.
    member _.Mask = mask
    /// How long the sequences are without padding.
    member _.Lengths: IReadOnlyList<int> = lengths

/// Makes sequences of different lengths one tensor.
[<RequireQualifiedAccess>]
module internal Batching =
    /// The tensor with `value` after its end along a dimension, up to a length.
    let pad dim length (value: float) (x: Tensor) : Tensor =
        let more = length - x.Shape[dim]

        if more < 0 then
            Labels.shapeError
                "Pad"
                [ x.Type ]
                $"its length {x.Shape[dim]} is more than {length}"
                "give a greater length"
        elif more = 0 then
            x
        else
            let amounts = [ for k in 0 .. x.Rank - 1 -> 0, (if k = dim then more else 0), 0 ]
            Define.apply (Movement.pad amounts value) [ x ]

    /// Bool [length]: true for the first `count`.
    let mask count length : Tensor =
        let ty = TensorType(DType.Bool, [ length ])
        Direct.Tensor(ty, Blocks.ofArray ty (Array.init length (fun k -> k < count)))

    /// Sequences of one type but for their lengths (dimension 0), padded by a value to one length and stacked.
    let batch (round: int -> int) (value: float) (sequences: Tensor list) : PaddedBatch =
        let rest (x: Tensor) = x.DType, x.Format, List.tail (List.ofSeq x.Shape)
        let labels = sequences |> List.tryHead |> Option.map _.Format.Labels |> Option.defaultValue ""
        let hasBatch = labels = "" || labels.Contains 'B'
        let batched x = if hasBatch then x else Movement.relabel (Format.Parse("B" + labels)) x
        let labelled x = if hasBatch then x else Movement.relabel (Format.Parse("B" + labels.Substring(0, 1))) x

        match sequences with
        | first :: _ when sequences |> List.forall (fun x -> x.Rank > 0 && rest x = rest first) ->
            let lengths = [| for x in sequences -> x.Shape[0] |]
            let length = round (Array.max lengths)
            let padded = [ for x in sequences -> pad 0 length value x ]
            let masks = [ for n in lengths -> mask n length ]
            PaddedBatch(batched (Arranging.stack 0 padded), labelled (Arranging.stack 0 masks), lengths)
        | _ ->
            Labels.shapeError
                "Pad"
                [ for x in sequences -> x.Type ]
                "these are no sequences of elements of one type"
                "give at least one tensor, all of one data type and of equal sizes after the first dimension"

/// Rounds lengths up to few, so that sequences of any length share few signatures and so few traces.
[<Sealed; AllowNullLiteral(false)>]
type Bucketing private (round: int -> int, name: string) =
    /// To these lengths, given in any order. Longer ones stay as they are.
    static member Of([<ParamArray>] lengths: int array) =
        if lengths.Length = 0 || Array.exists (fun n -> n < 1) lengths then
            raise (ArgumentOutOfRangeException(nameof lengths, "buckets have lengths of at least 1"))

        let sorted = Array.sort lengths
        let round n = sorted |> Array.tryFind (fun size -> size >= n) |> Option.defaultValue n
        Bucketing(round, $"""buckets of {String.Join(", ", sorted)}""")

    /// To multiples of a step, at least one.
    static member Multiples(step: int) =
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1)
        Bucketing((fun n -> max 1 ((n + step - 1) / step) * step), $"multiples of {step}")

    /// To powers of two, from the least length on: at most twice the length, and about log₂ of the longest many signatures.
    static member PowersOfTwo(least: int) =
        ArgumentOutOfRangeException.ThrowIfLessThan(least, 1)
        let power n = int (Numerics.BitOperations.RoundUpToPowerOf2(uint32 n))
        Bucketing((fun n -> power (max n least)), $"powers of two from {least}")

    /// The length of the longest sequence of a batch: least padding, and a signature for each length.
    static member val Longest = Bucketing(id, "the longest")

    /// One length for all. Longer sequences are refused with a ShapeException.
    static member Fixed(length: int) =
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1)

        let round n =
            if n > length then
                Labels.shapeError
                    "Pad"
                    []
                    $"a sequence of {n} elements is longer than {length}"
                    "cut it, or give a greater length"

            length

        Bucketing(round, $"length {length}")

    /// The length that a sequence of so many elements is padded to.
    member _.Length(count: int) =
        ArgumentOutOfRangeException.ThrowIfNegative count
        round count

    /// Sequences [time; …] of one type but for their length, padded by a value after their end to the bucket of the longest
    /// and stacked. Pad before an accelerated call, so that it sees the padded length only; and multiply by the mask, or use
    /// Tensor.Where with it, wherever elements of a sequence meet.
    /// Throws ShapeException where there are none, or where they differ in more than their lengths.
    member _.Pad(sequences: seq<Tensor>, value: float) : PaddedBatch = Batching.batch round value (List.ofSeq sequences)

    /// The same, padded by zeros.
    member this.Pad(sequences: seq<Tensor>) : PaddedBatch = this.Pad(sequences, 0.)

    override _.ToString() = name

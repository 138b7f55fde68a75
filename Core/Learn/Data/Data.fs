namespace Functional.FSharp

open System
open System.Globalization
open System.IO
open System.IO.Compression
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

    /// 0 … n - 1 in an order that the seed decides, whatever the current generator is.
    let private order (seed: uint64) n =
        let ambient = Generator.Current
        Generator.Current <- Generator seed

        try
            HostData.toArray<int64>(Uniform.permutation Direct.Instance n)
        finally
            Generator.Current <- ambient

    let private positions (items: int64 array) =
        HostData.ofSpan<int64> (ReadOnlySpan items) [ items.Length ] Format.None

    /// The examples in two parts, in an order that the seed decides: this share of them, rounded, and the others.
    /// Throws ArgumentOutOfRangeException for a share outside 0 … 1, and as `count` does.
    let split (share: float) (seed: uint64) (data: 'T) : 'T * 'T =
        if not (share >= 0. && share <= 1.) then
            raise (ArgumentOutOfRangeException(nameof share, share, "a share is between 0 and 1"))

        let n = count data
        let first, second = order seed n |> Array.splitAt (int (round (share * float n)))
        at (positions first) data, at (positions second) data

    /// Mini-batches of so many examples in an order that the seed decides; the last is as short as it comes. For another
    /// epoch take another seed.
    /// Throws ArgumentOutOfRangeException for a size below 1, and as `count` does.
    let batches (size: int) (seed: uint64) (data: 'T) : 'T seq =
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1)
        order seed (count data)
        |> Array.chunkBySize size
        |> Seq.map (fun items -> at (positions items) data)

    /// The numbers of a file in the form of CSV, a row for each line: Float32, unformatted. What ends in .gz is unpacked.
    /// Throws ShapeException where rows differ in length, FormatException for what is no number; and what opening a file
    /// throws.
    let readCsv (path: string) : Tensor =
        use file = File.OpenRead path
        use stream: Stream = if path.EndsWith ".gz" then new GZipStream(file, CompressionMode.Decompress) else file
        use reader = new StreamReader(stream)

        let number line (text: string) =
            match Single.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, x -> x
            | _ -> raise (FormatException $"\"{text}\" in line {line} of {path} is no number")

        let rows =
            [| for k, line in Seq.indexed (reader.ReadToEnd().Split '\n') do
                   if not (String.IsNullOrWhiteSpace line) then Array.map (number (k + 1)) (line.Split ',') |]

        HostData.ofNested rows Format.None

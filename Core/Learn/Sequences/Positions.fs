namespace Functional.FSharp

open Functional

/// How rotary positions turn channels.
type RotaryOptions =
    {
        /// Into how many heads the channels are divided; the channels of each are turned alike.
        Heads: int
        /// Pair i of a head of d channels turns by base^(-2 i / d) from one position to the next.
        Base: float
        /// Whether pairs are neighbours (2 i, 2 i + 1), as in the paper, or lie half a head apart (i, i + d / 2), as in
        /// GPT-NeoX and Llama.
        Interleaved: bool
        /// The position of the first step.
        Offset: int
    }

    /// One head, base 10,000, neighbours, from position 0 on.
    static member Default = { Heads = 1; Base = 10000.; Interleaved = true; Offset = 0 }

namespace Functional

open Functional.FSharp

/// Positions in a sequence as numbers that layers can use, and classes as vectors.
[<RequireQualifiedAccess>]
module internal Positions =
    /// position · base^(-2 i / channels) for i below half the channels: [length; half], computed in Float64.
    let private angles
        op
        (types: TensorType list)
        (basis: float)
        offset
        length
        channels
        half
        (f: float -> float)
        dtype
        =
        System.ArgumentOutOfRangeException.ThrowIfNegativeOrZero(basis, nameof basis)
        if length < 0 || channels < 1 then
            Labels.shapeError
                op
                types
                $"there are no positions [{length}; {channels}]"
                "give a length of at least 0 and at least one channel"
        let at p i = f (float (offset + p) * basis ** (-2. * float i / float channels))
        let numbers =
            [| for p in 0 .. length - 1 do
                   for i in 0 .. half - 1 -> at p i |]
        let exact = HostData.ofSpan<float> (System.ReadOnlySpan numbers) [ length; half ] Format.None
        if dtype = DType.Float64 then exact else Elementwise.lift (Cast dtype) [ exact ]

    /// [length; channels]: sines in even channels, cosines in odd ones.
    let sinusoidal dtype length channels (basis: float) offset : Tensor =
        if dtype <> DType.Float32 && dtype <> DType.Float64 then
            Labels.dtypeError "SinusoidalPositions" [] $"{dtype} has no fractions" "use Float32 or Float64"
        let half = (channels + 1) / 2
        let table f = angles "SinusoidalPositions" [] basis offset length channels half f dtype
        let pairs = Arranging.stack 2 [ table sin; table cos ]
        Sequence.part 0 channels (Arranging.resized [ length; 2 * half ] Format.None pairs)

    /// Each pair (a, b) of a head's channels becomes (a cos φ - b sin φ, a sin φ + b cos φ).
    let rotary (options: RotaryOptions) (Given "RotaryPositions" x) : Tensor =
        let layout = Sequence.layout "RotaryPositions" x.Type
        let channels, length = Sequence.channels layout, Sequence.length layout
        if options.Heads < 1 || channels % (2 * options.Heads) <> 0 then
            Labels.shapeError
                "RotaryPositions"
                [ x.Type ]
                $"{channels} channels have no pairs in {options.Heads} heads"
                "give an even number of channels for each head"
        let size = channels / options.Heads
        let half = size / 2
        let table f =
            angles "RotaryPositions" [ x.Type ] options.Base options.Offset length size half f x.DType
            |> Arranging.resized [ length; 1; half ] Format.None
        let cosines, sines = table cos, table sin

        let rows = Sequence.rows layout x
        let outer = List.take (rows.Rank - 1) (List.ofSeq rows.Shape) @ [ options.Heads ]
        let turn (a: Tensor) (b: Tensor) = [ a * cosines - b * sines; a * sines + b * cosines ]
        let last = outer.Length

        let turned =
            if options.Interleaved then
                let pairs = Arranging.resized (outer @ [ half; 2 ]) Format.None rows
                let side k = Arranging.squeeze [ -1 ] (Sequence.part k 1 pairs)
                Arranging.stack (last + 1) (turn (side 0) (side 1))
            else
                let heads = Arranging.resized (outer @ [ size ]) Format.None rows
                Arranging.concat last (turn (Sequence.part 0 half heads) (Sequence.part half half heads))
        Sequence.ofRows layout (Arranging.resized (List.ofSeq rows.Shape) Format.None turned)

    /// The row of the weights that each integer names, as a new last dimension; the row of padding has no derivative.
    let embedding (padding: int option) (Given "Embedding" weights) (Given "Embedding" indices) : Tensor =
        if weights.Rank <> 2 then
            Labels.shapeError
                "Embedding"
                [ weights.Type; indices.Type ]
                "the weights are no matrix"
                "give [classes; channels]"
        let labels = indices.Format.Labels
        let format =
            if indices.Format.IsNone then
                Format.None
            else
                Format.Parse(labels + (if labels.Contains 'C' then "U" else "C"))
        let bare = Sequence.bare indices
        let found = Define.apply (Gathering.gather 0) [ Sequence.bare weights; bare ]
        let y =
            match padding with
            | None -> found
            | Some p ->
                let isPadding = Elementwise.lift Equal [ bare; Tensor.Literal(bare.DType, float p) ]
                let column = Arranging.resized (List.ofSeq bare.Shape @ [ 1 ]) Format.None isPadding
                Elementwise.lift Where [ column; Movement.hold found; found ]
        Movement.relabel format y

    /// A sequence plus the first rows of a table [length; channels].
    let added op (table: Tensor) (Given op x) : Tensor =
        let layout = Sequence.layout op x.Type
        let length, table = Sequence.length layout, Sequence.bare (given op table)
        if table.Rank <> 2 || table.Shape[0] < length || table.Shape[1] <> Sequence.channels layout then
            Labels.shapeError
                op
                [ x.Type; table.Type ]
                "the table of positions does not fit the sequence"
                $"give at least {length} positions of {Sequence.channels layout} channels"
        let rows = Define.apply (Movement.slice [ 0, 1, length; 0, 1, table.Shape[1] ]) [ table ]
        Sequence.ofRows layout (Sequence.rows layout x + rows)

namespace Functional

/// Keys and values of the steps so far.
type KeyValueCache =
    {
        /// What queries are compared with.
        Keys: Tensor
        /// What is mixed.
        Values: Tensor
    }

namespace Functional.FSharp

open Functional

/// Which keys a query attends to, and how.
type AttentionOptions =
    {
        /// Into how many heads the channels of the queries are divided.
        Heads: int
        /// Into how many heads those of keys and values are; each serves as many neighbouring heads of the queries. None: as
        /// many as the queries have.
        KeyHeads: int option
        /// What products of queries and keys are multiplied by; None: 1 / √(channels of a head).
        Scale: float option
        /// Each query sees the keys up to its own place only; the last query stands with the last key.
        Causal: bool
        /// Which keys a query sees (Bool), or what is added to their scores (numbers, -∞ for unseen): broadcasts to
        /// [batch …; heads; queries; keys].
        Mask: Tensor option
        /// Which keys are real (Bool): labels of the keys without C, or unformatted [batch …; keys].
        KeyMask: Tensor option
        /// The share of attention weights that is set to 0, the others scaled so that their mean stays; drawn like the
        /// queries.
        Dropout: float
    }

    /// One head, all keys seen, nothing dropped.
    static member Default =
        { Heads = 1
          KeyHeads = None
          Scale = None
          Causal = false
          Mask = None
          KeyMask = None
          Dropout = 0. }

/// Weights of a multi-head attention, [channels; …] each, where heads are side by side.
type MultiHeadWeights =
    {
        /// From the queries' input: [channels; heads · d].
        Query: Tensor
        /// From the keys' input: [channels; key heads · d].
        Key: Tensor
        /// From the keys' input to values: [channels; key heads · v].
        Value: Tensor
        /// From all heads to the result: [heads · v; channels].
        Output: Tensor
        /// [heads · d].
        QueryBias: Tensor option
        /// [key heads · d].
        KeyBias: Tensor option
        /// [key heads · v].
        ValueBias: Tensor option
        /// [channels].
        OutputBias: Tensor option
    }

namespace Functional

open Functional.FSharp

/// Scaled dot-product attention (Vaswani et al., 2017), over [others; key heads; group; queries; keys] inside.
[<RequireQualifiedAccess>]
module internal Attention =
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private number (x: Tensor) value = Tensor.Literal(x.DType, value)

    /// e^xᵢ / Σⱼ e^xⱼ along the last dimension; 0 where all are -∞.
    let softmax (x: Tensor) : Tensor =
        let last = x.Rank - 1
        let spread y = Movement.spread x.Type [ last ] y
        let greatest = Movement.hold (Define.apply (Reductions.max [ last ]) [ x ])
        let isNothing = Elementwise.lift Equal [ greatest; number x -infinity ]
        let e = exp (x - spread (select isNothing (number x 0.) greatest))
        let total = Define.apply (Movement.sum [ last ]) [ e ]
        e / spread (select isNothing (number x 1.) total)

    /// The keys in the order of the queries' batches, as [others; heads; keys; channels of a head].
    let private heads op (queries: SequenceLayout) what count (layout: SequenceLayout) (x: Tensor) =
        let refuse problem remedy = Labels.shapeError op [ queries.Type; layout.Type ] problem remedy
        let channels = Sequence.channels layout
        if count < 1 || channels % count <> 0 then
            refuse
                $"{count} heads do not share {channels} channels of the {what}"
                "give a number of heads that divides them"
        if Sequence.sizesAt layout layout.Others <> Sequence.sizesAt queries queries.Others then
            refuse $"the batches of the {what} are not those of the queries" "give sequences of the same batches"
        let rows = Sequence.rows layout x
        let outer, length = List.take (rows.Rank - 2) (List.ofSeq rows.Shape), Sequence.length layout
        let apart = Arranging.resized (outer @ [ length; count; channels / count ]) Format.None rows
        Arranging.swap -2 -3 apart

    /// In labels alike but for their sizes.
    let private like op (queries: Tensor) (x: Tensor) =
        if x.Format = queries.Format then
            x
        elif x.Format.IsNone || queries.Format.IsNone then
            Labels.formatError
                op
                [ queries.Type; x.Type ]
                "some operands have labels and some have none"
                "label all of them, or none"
        else
            Arranging.arrange queries.Format.Labels x

    let private times (sumLeft: int) (sumRight: int) batches (a: Tensor) (b: Tensor) =
        let pairs = { Batch = [ for k in 0 .. batches - 1 -> k, k ]; Sum = [ sumLeft, sumRight ] }
        Define.apply (Contractions.op pairs) [ a; b ]

    /// [others; heads; queries; keys]: where a query does not see a key the score becomes -∞.
    let private masked op (options: AttentionOptions) (keys: SequenceLayout) (scores: Tensor) =
        let hidden isSeen scores = select isSeen scores (number scores -infinity)
        let queryCount, keyCount = scores.Shape[scores.Rank - 2], scores.Shape[scores.Rank - 1]

        let causal scores =
            let row = Arranging.resized [ queryCount; 1 ] Format.None (Scans.iota scores DType.Int64 queryCount)
            let last = row + float (keyCount - queryCount)
            hidden (Elementwise.lift LessEqual [ Scans.iota scores DType.Int64 keyCount; last ]) scores

        let padded (mask: Tensor) scores =
            let byTime = Sequence.mask keys mask
            let last = byTime.Rank - 1
            let byRow = Define.apply (Movement.permute ([ 1..last ] @ [ 0 ])) [ byTime ]
            let sizes = List.take last (List.ofSeq byRow.Shape)
            hidden (Arranging.resized (sizes @ [ 1; 1; keyCount ]) Format.None byRow) scores

        let given (mask: Tensor) (scores: Tensor) =
            let mask = Sequence.bare (given op mask)
            let result = if mask.DType = DType.Bool then hidden mask scores else scores + mask
            if result.Type <> scores.Type then
                Labels.shapeError
                    op
                    [ scores.Type; mask.Type ]
                    "the mask does not fit the scores"
                    "give one that broadcasts to [batch …; heads; queries; keys]"
            result

        scores
        |> Option.foldBack given options.Mask
        |> Option.foldBack padded options.KeyMask
        |> if options.Causal then causal else id

    let private dropped (options: AttentionOptions) (like: Tensor) (weights: Tensor) =
        System.ArgumentOutOfRangeException.ThrowIfNegative(options.Dropout, nameof options.Dropout)
        System.ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.Dropout, 1., nameof options.Dropout)
        if options.Dropout = 0. then
            weights
        else
            let isDropped = Uniform.bernoulli like.Interpreter options.Dropout weights.Type
            select isDropped (number weights 0.) (weights / (1. - options.Dropout))

    /// The values, mixed for each query by the softmax of its products with the keys.
    let attend (options: AttentionOptions) (queries: Tensor) (keys: Tensor) (values: Tensor) : Tensor =
        let op = "Attention"
        let queries = given op queries
        let keys, values = like op queries (given op keys), like op queries (given op values)
        let layouts = [ for x in [ queries; keys; values ] -> Sequence.layout op x.Type ]
        let layout, keyLayout, valueLayout = layouts[0], layouts[1], layouts[2]
        if Sequence.length keyLayout <> Sequence.length valueLayout then
            Labels.shapeError op [ keys.Type; values.Type ] "there is not one value for each key" "give as many of each"
        let keyHeads = options.KeyHeads |> Option.defaultValue options.Heads
        let q = heads op layout "queries" options.Heads layout queries
        let k, v = heads op layout "keys" keyHeads keyLayout keys, heads op layout "values" keyHeads valueLayout values
        let size = q.Shape[q.Rank - 1]
        if options.Heads % keyHeads <> 0 || k.Shape[k.Rank - 1] <> size then
            Labels.shapeError
                op
                [ queries.Type; keys.Type ]
                $"{options.Heads} heads of the queries do not meet {keyHeads} of the keys"
                "give heads of equally many channels, and a number of key heads that divides the queries'"

        let outer = Sequence.sizesAt layout layout.Others
        let n = outer.Length
        let m, count = Sequence.length layout, Sequence.length keyLayout
        let together last = outer @ [ options.Heads; m; last ]
        let grouped last (x: Tensor) =
            Arranging.resized (outer @ [ keyHeads; options.Heads / keyHeads; m; last ]) Format.None x
        let scale = options.Scale |> Option.defaultValue (1. / sqrt (float size))

        let weights =
            times (n + 3) (n + 2) (n + 1) (grouped size (q * scale)) k
            |> Arranging.resized (together count) Format.None
            |> masked op options keyLayout
            |> softmax
            |> dropped options queries
        let mixed = times (n + 3) (n + 1) (n + 1) (grouped count weights) v
        let last = v.Shape[v.Rank - 1]
        Arranging.resized (together last) Format.None mixed
        |> Arranging.swap -2 -3
        |> Arranging.resized (outer @ [ m; options.Heads * last ]) Format.None
        |> Sequence.ofRows layout

    /// Keys and values, after those of earlier steps.
    let extend (past: KeyValueCache option) (keys: Tensor) (values: Tensor) : KeyValueCache =
        let after (earlier: Tensor) (x: Tensor) =
            Arranging.concat (Sequence.layout "Attention" x.Type).Time [ earlier; x ]
        match past with
        | None -> { Keys = keys; Values = values }
        | Some past -> { Keys = after past.Keys keys; Values = after past.Values values }

    /// The channels times weights, plus a bias, all other dimensions as they are.
    let private projected op what (weights: Tensor) (bias: Tensor option) (x: Tensor) =
        let weights = Sequence.bare (given op weights)
        let channel = Labels.channels op x.Type
        if weights.Rank <> 2 || weights.Shape[0] <> x.Shape[channel] then
            Labels.shapeError
                op
                [ x.Type; weights.Type ]
                $"the weights of the {what} do not fit"
                $"give [{x.Shape[channel]}; ..]"
        let y = Define.apply (Contractions.op { Batch = []; Sum = [ channel, 0 ] }) [ Sequence.bare x; weights ]
        let biased = bias |> Option.fold (fun y b -> y + Sequence.bare b) y
        let order = [ 0 .. x.Rank - 2 ] |> List.insertAt channel (x.Rank - 1)
        Movement.relabel
            x.Format
            (if channel = x.Rank - 1 then biased else Define.apply (Movement.permute order) [ biased ])

    /// Projected queries attend to the projected context and what was cached of it before.
    let multiHead
        (options: AttentionOptions)
        (rotary: RotaryOptions option)
        (weights: MultiHeadWeights)
        (past: KeyValueCache option)
        (context: Tensor)
        (queries: Tensor)
        : Tensor * KeyValueCache =
        let op = "MultiHeadAttention"
        let queries, context = given op queries, given op context
        let before = past |> Option.map (fun c -> Sequence.length (Sequence.layout op c.Keys.Type))
        let turned heads (x: Tensor) =
            match rotary with
            | None -> x
            | Some r -> Positions.rotary { r with Heads = heads; Offset = r.Offset + Option.defaultValue 0 before } x
        let keyHeads = options.KeyHeads |> Option.defaultValue options.Heads
        let q = projected op "queries" weights.Query weights.QueryBias queries |> turned options.Heads
        let k = projected op "keys" weights.Key weights.KeyBias context |> turned keyHeads
        let cache = extend past k (projected op "values" weights.Value weights.ValueBias context)
        let mixed = attend options q cache.Keys cache.Values
        projected op "result" weights.Output weights.OutputBias mixed, cache

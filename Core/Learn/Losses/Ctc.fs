namespace Functional

/// The connectionist temporal classification loss (Graves, Fernández, Gomez and Schmidhuber, 2006).
[<RequireQualifiedAccess>]
module internal Ctc =
    /// A logarithm of 0 with which one can calculate: differences of it with itself are 0.
    [<Literal>]
    let private Never = -1e30

    let private number (like: Tensor) (value: float) = Tensor.Literal(like.DType, value)
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]
    let private equal a b = Elementwise.lift Equal [ a; b ]
    let private whole (x: Tensor) = Elementwise.lift (Cast DType.Int64) [ Movement.relabel Format.None x ]
    let private apply (op: Op) x = Define.apply op [ x ]

    /// log(eᵃ + eᵇ + eᶜ).
    let private logSum (terms: Tensor list) =
        let greatest = Movement.hold (List.reduce (fun a b -> Elementwise.lift Max [ a; b ]) terms)
        Tensor.Log(terms |> List.map (fun t -> Tensor.Exp(t - greatest)) |> List.reduce (+)) + greatest

    /// [batch; n] moved n places on, what enters being impossible.
    let private later places (alpha: Tensor) =
        let n = alpha.Shape[1]
        let places = min places n
        apply (Movement.slice [ 0, 1, alpha.Shape[0]; 0, 1, n - places ]) alpha
        |> apply (Movement.pad [ 0, 0, 0; places, 0, 0 ] Never)

    /// Blank, first label, blank, second label … blank: [batch; labels] → [batch; 2 · labels + 1].
    let private withBlanks blank (labels: Tensor) = apply (Movement.pad [ 0, 0, 0; 1, 1, 1 ] (float blank)) labels

    /// log p [time; batch; classes], labels [batch; n], both lengths [batch] → -log p(labels) [batch].
    let private losses blank (logs: Tensor) (labels: Tensor) (times: Tensor) (lengths: Tensor) : Tensor =
        let steps, batch, n = logs.Shape[0], logs.Shape[1], labels.Shape[1]
        let column t = Arranging.resized [ batch; 1 ] Format.None t
        let isLabel = Elementwise.lift Less [ Scans.iota labels DType.Int64 n; column lengths ]
        let path = withBlanks blank (select isLabel labels (number labels (float blank)))
        let places = Scans.iota path DType.Int64 (2 * n + 1)

        // A blank between two labels may be left out where these differ.
        let two = apply (Movement.pad [ 0, 0, 0; 2, 0, 0 ] (float blank)) path
        let before = apply (Movement.slice [ 0, 1, batch; 0, 1, 2 * n + 1 ]) two
        let mayLeap = Tensor.op_LogicalNot (equal path before)

        let emitted step =
            let now = apply (Movement.slice [ step, 1, 1; 0, 1, batch; 0, 1, logs.Shape[2] ]) logs
            let now = Arranging.resized [ batch; logs.Shape[2] ] Format.None now
            Elementwise.lift Max [ Gathering.takeAlong 1 path now; number logs Never ]

        let next alpha step =
            let leap = select mayLeap (later 2 alpha) (number logs Never)
            let reached = logSum [ alpha; later 1 alpha; leap ] + emitted step
            select (Elementwise.lift Less [ number times (float step); column times ]) reached alpha

        let isStart = Elementwise.lift Less [ places; number places 2. ]
        let start = select isStart (emitted 0) (number logs Never)
        let ended = List.fold next start [ 1 .. steps - 1 ]
        let last = column lengths * 2.
        let isEnd = Tensor.op_BitwiseOr (equal places last, equal places (last - 1.))
        let ends = select isEnd ended (number logs Never)
        let loss = -(Statistics.logSumExp [ 1 ] ends)
        // Further from 0 than any sum of logarithms: no path spells the labels.
        select (Elementwise.lift Less [ loss; number loss (-0.5 * Never) ]) loss (number loss infinity)

    let private checkIntegers op types (t: Tensor) =
        if t.DType <> DType.Int32 && t.DType <> DType.Int64 then
            Labels.dtypeError op types "labels and lengths are integers" "cast them to Int32 or Int64"

    /// The loss of each observation.
    let ofLogarithms op blank (Given op logs) (Given op labels) (Given op times) (Given op lengths) : Tensor =
        let types = [ logs.Type; labels.Type; times.Type; lengths.Type ]
        let time, channel = Labels.single op logs.Type 'T', Labels.single op logs.Type 'C'
        let batch = Labels.single op logs.Type 'B'
        List.iter (checkIntegers op types) [ labels; times; lengths ]
        let size = logs.Shape[batch]
        if logs.Rank <> 3 || labels.Rank <> 2 || labels.Shape[0] <> size then
            Labels.shapeError op types "the labels do not fit the predictions" $"they are [{size}; the most labels]"
        if times.Type.Sizes <> [| size |] || lengths.Type.Sizes <> [| size |] then
            Labels.shapeError op types "the lengths do not fit the predictions" $"give {size} of each"
        if logs.Shape[time] = 0 then
            Labels.shapeError op types "there is no time step" "give predictions of at least one"
        if blank < 0 || blank >= logs.Shape[channel] then
            Labels.dimensionError
                op
                types
                $"class {blank} is none of {logs.Shape[channel]}"
                "give the number of the blank class"
        let ordered = apply (Movement.permute [ time; batch; channel ]) (Movement.relabel Format.None logs)
        Movement.relabel (Format.Parse "B") (losses blank ordered (whole labels) (whole times) (whole lengths))

namespace Functional

/// What an LSTM carries from one time step to the next: labels and sizes of its input without time, in its channels.
type LstmState =
    {
        /// The last output.
        Hidden: Tensor
        /// The cell.
        Cell: Tensor
    }

/// What follows the weighted sum in a simple recurrence.
type RecurrentActivation =
    /// The hyperbolic tangent.
    | Tanh = 0
    /// max(x, 0).
    | Relu = 1

namespace Functional.FSharp

open Functional

/// Weights of an LSTM with n units, in the order of gates i, f, g, o (input, forget, candidate, output).
type LstmWeights =
    {
        /// [channels; 4 n].
        Input: Tensor
        /// [n; 4 n]; with a projection [p; 4 n].
        Recurrent: Tensor
        /// [4 n].
        Bias: Tensor option
        /// What the gates i, f and o see of the cell: [3 n].
        Peepholes: Tensor option
        /// From the units to the output: [n; p].
        Projection: Tensor option
    }

/// Weights of a GRU with n units, in the order of gates r, z, n (reset, update, candidate).
type GruWeights =
    {
        /// [channels; 3 n].
        Input: Tensor
        /// [n; 3 n].
        Recurrent: Tensor
        /// [3 n].
        Bias: Tensor option
        /// Added to the product with the recurrent weights: [3 n].
        RecurrentBias: Tensor option
    }

/// Weights of a simple recurrence with n units.
type RnnWeights =
    {
        /// [channels; n].
        Input: Tensor
        /// [n; n].
        Recurrent: Tensor
        /// [n].
        Bias: Tensor option
    }

/// How a recurrence goes through time.
type RecurrenceOptions =
    {
        /// Where a step is real (Bool): labels of the sequence without C, or unformatted [batch; time]. A step that is not
        /// leaves the state as it is, and its output is 0. None: everywhere.
        Mask: Tensor option
        /// From the last step to the first; each output stays with its step.
        Backward: bool
        /// Of a GRU: whether the reset gate multiplies the state's product with the recurrent weights, or the state before
        /// that product.
        ResetAfter: bool
        /// Of a simple recurrence.
        Activation: RecurrentActivation
    }

    /// Forward, no mask, reset after multiplication, hyperbolic tangent.
    static member Default = { Mask = None; Backward = false; ResetAfter = true; Activation = RecurrentActivation.Tanh }

namespace Functional

open Functional.FSharp

/// Recurrences: the input's product with its weights is taken of all steps at once, all else step by step in a scan.
[<RequireQualifiedAccess>]
module internal Recurrence =
    let private sigmoid x = Define.apply Activations.sigmoid [ x ]
    let private select condition a b = Elementwise.lift Where [ condition; a; b ]

    /// The last dimension in parts of equal size.
    let private gates count (x: Tensor) =
        let size = x.Shape[x.Rank - 1] / count
        [ for k in 0 .. count - 1 -> Sequence.part (k * size) size x ]

    let private plus (bias: Tensor option) (x: Tensor) = bias |> Option.fold (fun x b -> x + b) x

    /// From step to step: a state, whose first tensor is the output, and a step's input → the next state.
    let private run (layout: SequenceLayout) (options: RecurrenceOptions) start (inputs: Tensor) step =
        let along _ = 0
        let scan (f: Tensor list -> 'X -> Tensor list * Tensor) (xs: 'X) =
            Structured.scan options.Backward along f start xs

        match options.Mask with
        | None -> scan (fun state x -> let next: Tensor list = step state x in next, next.Head) inputs
        | Some mask ->
            let mask = Sequence.mask layout mask
            let column = Arranging.resized (List.ofSeq mask.Shape @ [ 1 ]) Format.None mask
            scan
                (fun state (x, isReal) ->
                    let next = step state x
                    List.map2 (select isReal) next state, select isReal next.Head (Tensor.Literal(next.Head.DType, 0.)))
                (inputs, column)

    let private zeros (layout: SequenceLayout) (x: Tensor) size =
        Movement.constant x.Interpreter (TensorType(x.DType, Sequence.sizesAt layout layout.Others @ [ size ])) 0.

    let private start layout x what size (given: Tensor option) =
        match given with
        | Some t -> Sequence.moment layout what size t
        | None -> zeros layout x size

    /// The number of units that weights [channels; gates · units] stand for.
    let private units layout gates (weights: Tensor) =
        match List.ofSeq weights.Shape with
        | [ n; m ] when n = Sequence.channels layout && m > 0 && m % gates = 0 -> m / gates
        | _ ->
            Labels.shapeError
                layout.Op
                [ layout.Type; weights.Type ]
                "the input weights do not fit the channels"
                $"give [{Sequence.channels layout}; {gates} · units]"

    let private product layout (weights: Tensor) bias (x: Tensor) =
        Sequence.steps layout x |> Sequence.times (Sequence.bare weights) |> plus bias

    let private finish layout (outputs: Tensor) = Sequence.ofSteps layout outputs

    /// i, f, o = σ(x W + h U + b + p c), g = tanh(x W + h U + b), c = f c + i g, h = o tanh c, or that times P; the output
    /// gate sees the new cell (Hochreiter and Schmidhuber, 1997; peepholes: Gers and Schmidhuber, 2000; projection: Sak,
    /// Senior and Beaufays, 2014).
    let lstm (options: RecurrenceOptions) (weights: LstmWeights) (state: LstmState option) (Given "Lstm" x) =
        let layout = Sequence.layout "Lstm" x.Type
        let n = units layout 4 (given "Lstm" weights.Input)
        let parameter what sizes t = Sequence.parameter layout what sizes t
        let optional what sizes = Option.map (parameter what sizes)
        let outputs =
            match weights.Projection with
            | Some p when (given "Lstm" p).Rank = 2 -> p.Shape[1]
            | _ -> n
        let recurrent = parameter "recurrent weights" [ outputs; 4 * n ] weights.Recurrent
        let bias = optional "bias numbers" [ 4 * n ] weights.Bias
        let peepholes = optional "peepholes" [ 3 * n ] weights.Peepholes |> Option.map (gates 3)
        let projection = optional "projection weights" [ n; outputs ] weights.Projection
        let seen k (c: Tensor) z = peepholes |> Option.fold (fun z (p: Tensor list) -> z + p[k] * c) z

        let step (state: Tensor list) (x: Tensor) =
            let h, c = state[0], state[1]
            let z = gates 4 (x + Sequence.times recurrent h)
            let i, f, g = sigmoid (seen 0 c z[0]), sigmoid (seen 1 c z[1]), tanh z[2]
            let c = f * c + i * g
            let h = sigmoid (seen 2 c z[3]) * tanh c
            [ projection |> Option.fold (fun h p -> Sequence.times p h) h; c ]

        let first =
            [ start layout x "hidden state" outputs (state |> Option.map _.Hidden)
              start layout x "cell" n (state |> Option.map _.Cell) ]
        let last, ys = run layout options first (product layout weights.Input bias x) step
        finish layout ys, { Hidden = Sequence.ofMoment layout last[0]; Cell = Sequence.ofMoment layout last[1] }

    /// r, z = σ(x W + h U + b), n = tanh(x W + b + r · (h U)), or tanh(x W + b + (r · h) U), h = (1 - z) n + z h (Cho et al.,
    /// 2014).
    let gru (options: RecurrenceOptions) (weights: GruWeights) (state: Tensor option) (Given "Gru" x) =
        let layout = Sequence.layout "Gru" x.Type
        let n = units layout 3 (given "Gru" weights.Input)
        let parameter what sizes t = Sequence.parameter layout what sizes t
        let recurrent = parameter "recurrent weights" [ n; 3 * n ] weights.Recurrent
        let bias = weights.Bias |> Option.map (parameter "bias numbers" [ 3 * n ])
        let own = weights.RecurrentBias |> Option.map (parameter "recurrent bias numbers" [ 3 * n ])
        let cut start count = own |> Option.map (Sequence.part start count)

        let candidate =
            if options.ResetAfter then
                let sum h = Sequence.times recurrent h |> plus own
                fun h -> let all = sum h in Sequence.part 0 (2 * n) all, (fun r -> r * Sequence.part (2 * n) n all)
            else
                let both, last = Sequence.part 0 (2 * n) recurrent, Sequence.part (2 * n) n recurrent
                fun h ->
                    Sequence.times both h |> plus (cut 0 (2 * n)),
                    (fun r -> Sequence.times last (r * h) |> plus (cut (2 * n) n))

        let step (state: Tensor list) (x: Tensor) =
            let h = state.Head
            let sums, candidate = candidate h
            let both = gates 2 (sigmoid (Sequence.part 0 (2 * n) x + sums))
            let r, z = both[0], both[1]
            let candidate = tanh (Sequence.part (2 * n) n x + candidate r)
            [ (1. - z) * candidate + z * h ]

        let first = [ start layout x "state" n state ]
        let last, ys = run layout options first (product layout weights.Input bias x) step
        finish layout ys, Sequence.ofMoment layout last.Head

    /// h = f(x W + h U + b) (Elman, 1990).
    let rnn (options: RecurrenceOptions) (weights: RnnWeights) (state: Tensor option) (Given "Rnn" x) =
        let layout = Sequence.layout "Rnn" x.Type
        let n = units layout 1 (given "Rnn" weights.Input)
        let recurrent = Sequence.parameter layout "recurrent weights" [ n; n ] weights.Recurrent
        let bias = weights.Bias |> Option.map (Sequence.parameter layout "bias numbers" [ n ])
        let activation (z: Tensor) =
            match options.Activation with
            | RecurrentActivation.Relu -> Define.apply Activations.relu [ z ]
            | _ -> tanh z
        let step (state: Tensor list) (x: Tensor) = [ activation (x + Sequence.times recurrent state.Head) ]
        let first = [ start layout x "state" n state ]
        let last, ys = run layout options first (product layout weights.Input bias x) step
        finish layout ys, Sequence.ofMoment layout last.Head

    /// Two recurrences of the same sequence, their outputs side by side along the channels.
    let bidirectional (forward: Tensor -> Tensor * 'S) (backward: Tensor -> Tensor * 'S) (Given "Bidirectional" x) =
        let (a, first), (b, second) = forward x, backward x
        let channel = (Sequence.layout "Bidirectional" a.Type).Channel
        Arranging.concat channel [ a; b ], (first, second)

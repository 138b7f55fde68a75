module Functional.Tests.Peers.Families.Recurrences

// The compiler takes the tensors in a struct tuple of TorchSharp's to be nullable.
#nowarn "3261"

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

let private batch, steps, channels, units = 3, 7, 4, 5

let private sequence = normal "sequence" [ batch; steps; channels ] ""

/// Weights as theirs lie, [gates · units; …], and two biases; of one direction.
let private weights gates direction =
    let small salt sizes = uniform $"{salt} {direction}" (-0.5, 0.5) sizes ""
    [ small "input" [ gates * units; channels ]
      small "recurrent" [ gates * units; units ]
      small "bias" [ gates * units ]
      small "recurrent bias" [ gates * units ] ]

/// A module with these parameters, run on the first operand; gradients are taken by its own.
let private ofModule (m: torch.nn.Module) (xs: TorchTensor list) (run: unit -> TorchTensor list) =
    let parameters = [ for struct (_, p) in m.named_parameters () -> p :> TorchTensor ]
    using (torch.no_grad ()) (fun _ ->
        for p, x in List.zip parameters xs.Tail do
            p.copy_ x |> ignore)
    { Results = run (); Leaves = xs.Head :: parameters }

let private forward = RecurrenceOptions.Default
let private backward = { forward with Backward = true }

let private lstmWeights (w: Tensor list) : LstmWeights =
    { Input = Tensor.transpose w[0]
      Recurrent = Tensor.transpose w[1]
      Bias = Some(w[2] + w[3])
      Peepholes = None
      Projection = None }

let private gruWeights (w: Tensor list) : GruWeights =
    { Input = Tensor.transpose w[0]
      Recurrent = Tensor.transpose w[1]
      Bias = Some w[2]
      RecurrentBias = Some w[3] }

let private rnnWeights (w: Tensor list) : RnnWeights =
    { Input = Tensor.transpose w[0]; Recurrent = Tensor.transpose w[1]; Bias = Some(w[2] + w[3]) }

let private first both (xs: TorchTensor list) =
    torch.zeros ([| (if both then 2L else 1L); int64 batch; int64 units |], dtype = xs.Head.dtype)

/// [1; batch; units] → [batch; units], and of two directions one by one.
let private states (h: TorchTensor) = [ for k in 0L .. h.shape[0] - 1L -> h.select (0, k) ]

let private lstm =
    let ours (xs: Tensor list) =
        let y, state = Tensor.lstm forward (lstmWeights xs.Tail) None xs.Head
        [ y; state.Hidden; state.Cell ]
    let oursBoth (xs: Tensor list) =
        let y, (a, b) =
            Tensor.bidirectional
                (Tensor.lstm forward (lstmWeights xs[1..4]) None)
                (Tensor.lstm backward (lstmWeights xs[5..8]) None)
                xs.Head
        [ y; a.Hidden; b.Hidden; a.Cell; b.Cell ]
    let theirs both (xs: TorchTensor list) =
        let m = torch.nn.LSTM(channels, units, 1, true, true, 0., both, null, xs.Head.dtype)
        ofModule m xs (fun () ->
            let state = System.Nullable<struct (TorchTensor * TorchTensor)>(struct (first both xs, first both xs))
            let struct (y, h, c) = m.forward (xs.Head, state)
            y :: states h @ states c)
    [ { Name = "lstm"; Operands = sequence :: weights 4 "forward"; Ours = ours; Torch = theirs false }
      { Name = "lstm, bidirectional"
        Operands = sequence :: weights 4 "forward" @ weights 4 "backward"
        Ours = oursBoth
        Torch = theirs true } ]

let private gru =
    let run options weights = Tensor.gru options (gruWeights weights) None
    let ours (xs: Tensor list) =
        let y, h = run forward xs.Tail xs.Head
        [ y; h ]
    let oursBoth (xs: Tensor list) =
        let y, (a, b) = Tensor.bidirectional (run forward xs[1..4]) (run backward xs[5..8]) xs.Head
        [ y; a; b ]
    let theirs both (xs: TorchTensor list) =
        let m = torch.nn.GRU(channels, units, 1, true, true, 0., both, null, xs.Head.dtype)
        ofModule m xs (fun () ->
            let struct (y, h) = m.forward (xs.Head, first both xs)
            y :: states h)
    [ { Name = "gru"; Operands = sequence :: weights 3 "forward"; Ours = ours; Torch = theirs false }
      { Name = "gru, bidirectional"
        Operands = sequence :: weights 3 "forward" @ weights 3 "backward"
        Ours = oursBoth
        Torch = theirs true } ]

let private rnn =
    let ours options (xs: Tensor list) =
        let y, h = Tensor.rnn options (rnnWeights xs.Tail) None xs.Head
        [ y; h ]
    let theirs kind (xs: TorchTensor list) =
        let m = torch.nn.RNN(channels, units, 1, kind, true, true, 0., false, null, xs.Head.dtype)
        ofModule m xs (fun () ->
            let struct (y, h) = m.forward (xs.Head, first false xs)
            y :: states h)
    [ { Name = "rnn, tanh"
        Operands = sequence :: weights 1 "tanh"
        Ours = ours forward
        Torch = theirs torch.nn.NonLinearities.Tanh }
      { Name = "rnn, relu"
        Operands = sequence :: weights 1 "relu"
        Ours = ours { forward with Activation = RecurrentActivation.Relu }
        Torch = theirs torch.nn.NonLinearities.ReLU } ]

/// Sequences of different lengths: each keeps its last state, and its outputs beyond are 0.
let private ofLengths =
    let ours (xs: Tensor list) =
        let mask = Tensor.sequenceMask steps xs[5]
        let y, state = Tensor.lstm { forward with Mask = Some mask } (lstmWeights xs[1..4]) None xs.Head
        [ y; state.Hidden; state.Cell ]
    let theirs (xs: TorchTensor list) =
        let m = torch.nn.LSTM(channels, units, 1, true, true, 0., false, null, xs.Head.dtype)
        let run =
            ofModule m xs[..4] (fun () ->
                let packed = torch.nn.utils.rnn.pack_padded_sequence (xs.Head, xs[5], true)
                let state =
                    System.Nullable<struct (TorchTensor * TorchTensor)>(struct (first false xs, first false xs))
                let struct (y, h, c) = m.call (packed, state)
                let struct (y, _) = torch.nn.utils.rnn.pad_packed_sequence (y, true, 0., System.Nullable(int64 steps))
                y :: states h @ states c)
        { run with Leaves = run.Leaves @ [ xs[5] ] }
    [ { Name = "lstm, sequences of different lengths"
        Operands = sequence :: weights 4 "forward" @ [ operand [ batch ] "" (Elements.Whole [| 7L; 5L; 2L |]) ]
        Ours = ours
        Torch = theirs } ]

/// The cell written out step by step in their ops: gates see the cell through peepholes, and h is projected.
let private written (xs: TorchTensor list) =
    let projection, peepholes = xs[4], xs[5].chunk 3
    let hidden, cell = xs[6], xs[7]
    let step (h: TorchTensor, c: TorchTensor) k =
        let z = torch.matmul(xs[0].select(1, k), xs[1].t()).add(torch.matmul (h, xs[2].t())).add(xs[3]).chunk(4, 1)
        let i = z[0].add(peepholes[0].mul c).sigmoid()
        let f = z[1].add(peepholes[1].mul c).sigmoid()
        let c = f.mul(c).add(i.mul (z[2].tanh()))
        let o = z[3].add(peepholes[2].mul c).sigmoid()
        torch.matmul (o.mul (c.tanh ()), projection.t ()), c
    let states = List.scan step (hidden, cell) [ 0L .. int64 steps - 1L ] |> List.tail
    let h, c = List.last states
    [ torch.stack (List.map fst states, 1); h; c ]

let private projected =
    let small salt sizes = uniform salt (-0.5, 0.5) sizes ""
    let outputs = 2
    toMany
        "lstm, projection, peepholes and a first state"
        [ sequence
          small "input" [ 4 * units; channels ]
          small "recurrent" [ 4 * units; outputs ]
          small "bias" [ 4 * units ]
          small "projection" [ outputs; units ]
          small "peepholes" [ 3 * units ]
          normal "hidden" [ batch; outputs ] ""
          normal "cell" [ batch; units ] "" ]
        (fun xs ->
            let weights: LstmWeights =
                { Input = Tensor.transpose xs[1]
                  Recurrent = Tensor.transpose xs[2]
                  Bias = Some xs[3]
                  Projection = Some(Tensor.transpose xs[4])
                  Peepholes = Some xs[5] }
            let y, state = Tensor.lstm forward weights (Some { Hidden = xs[6]; Cell = xs[7] }) xs[0]
            [ y; state.Hidden; state.Cell ])
        written

let family =
    { Name = "recurrence"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Greatest
          Reason =
            "seven steps, each of which adds sums of 9 products (3 ε) and functions of 3 ε to a state that forgets by half;
            the backward pass goes through them once more" }
      Configurations = lstm @ ofLengths @ gru @ rnn @ [ projected ] }

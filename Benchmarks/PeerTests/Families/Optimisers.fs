module Functional.Tests.Peers.Families.Optimisers

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private Parameter = Modules.Parameter

let private steps = 8

/// ½ Σ (A p - b)², whose gradient every optimiser follows.
let private operands =
    [ held (normal "start" [ 6 ] "")
      held (normal "matrix" [ 8; 6 ] "")
      held (normal "wanted" [ 8 ] "") ]

let private ours start step (xs: Tensor list) =
    let loss (p: Tensor) =
        let error = Tensor.matmul xs[1] p - xs[2]
        0.5 * Tensor.sum [] (error * error)
    let advance (p, state) _ = step (p, state, grad loss p)
    List.scan advance (xs[0], start xs[0]) [ 1..steps ] |> List.tail |> List.map fst

let private theirs (optimiser: Parameter list -> torch.optim.Optimizer) (xs: TorchTensor list) =
    let p = new Parameter(xs[0].clone())
    use optimiser = optimiser [ p ]
    [ for _ in 1..steps do
          optimiser.zero_grad ()
          let error = torch.matmul(xs[1], p).sub xs[2]
          error.mul(error).sum().mul(Scalar.op_Implicit 0.5).backward()
          optimiser.step () |> ignore
          p.detach().clone() ]

let private trajectory name start step optimiser = toMany name operands (ours start step) (theirs optimiser)

/// A layer of 5 → 8, tanh and one of 8 → 3, trained by Adam on all observations at once.
let private network =
    let operands =
        [ held (normal "rows" [ 12; 5 ] "")
          whole "classes" 3 [ 12 ] ""
          held (uniform "first" (-0.5, 0.5) [ 5; 8 ] "")
          held (normal "bias" [ 8 ] "")
          held (uniform "second" (-0.5, 0.5) [ 8; 3 ] "") ]
    let ours (xs: Tensor list) =
        let loss (p: Tensor list) =
            let hidden = tanh (Tensor.matmul xs[0] p[0] + p[1])
            Loss.crossEntropyOfLogits (Tensor.matmul hidden p[2]) xs[1]
        let advance (p, state, _) _ =
            let value, gradient = valueAndGrad loss p
            let p, state = Adam.step AdamOptions.Default (p, state, gradient)
            p, state, value
        let start = xs[2..]
        let states = List.scan advance (start, Adam.start 0.01 start, xs[0]) [ 1..steps ] |> List.tail
        let p, _, _ = List.last states
        [ for _, _, value in states -> value ] @ p
    let theirs (xs: TorchTensor list) =
        let p = [ for x in xs[2..] -> new Parameter(x.clone ()) ]
        use optimiser = torch.optim.Adam(p, 0.01)
        let losses =
            [ for _ in 1..steps do
                  optimiser.zero_grad ()
                  let hidden = torch.matmul(xs[0], p[0]).add(p[1]).tanh()
                  let loss = torch.nn.functional.cross_entropy (torch.matmul (hidden, p[2]), xs[1])
                  loss.backward ()
                  optimiser.step () |> ignore
                  loss.detach () ]
        losses @ [ for p in p -> p.detach () ]
    toMany "Adam, a network" operands ours theirs

let family =
    { Name = "optimisers"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Greatest
          Reason =
            "eight steps, each of which adds the error of a gradient of 48 products, times the learning rate, and one rounding
            of the parameter" }
      Configurations =
        [ trajectory "descent" (Sgd.start 0.01) (Sgd.step { SgdOptions.Default with Momentum = 0. }) (fun ps ->
              torch.optim.SGD(ps, 0.01))
          trajectory
              "descent with momentum"
              (Sgd.start 0.01)
              (Sgd.step { SgdOptions.Default with Momentum = 0.9 })
              (fun ps -> torch.optim.SGD(ps, 0.01, 0.9))
          trajectory
              "descent with Nesterov's momentum"
              (Sgd.start 0.01)
              (Sgd.step { Momentum = 0.9; Nesterov = true })
              (fun ps -> torch.optim.SGD(ps, 0.01, 0.9, nesterov = true))
          trajectory "RMSProp" (RmsProp.start 0.01) (RmsProp.step { Decay = 0.99; Epsilon = 1e-8 }) (fun ps ->
              torch.optim.RMSProp(ps, 0.01))
          trajectory "AdamW" (Adam.start 0.05) (AdamW.step AdamOptions.Default (WeightDecay 0.1)) (fun ps ->
              torch.optim.AdamW(ps, 0.05, weight_decay = 0.1))
          trajectory "Adam" (Adam.start 0.05) (Adam.step AdamOptions.Default) (fun ps -> torch.optim.Adam(ps, 0.05))
          trajectory
              "Adam, other decays"
              (Adam.start 0.1)
              (Adam.step { Beta1 = 0.8; Beta2 = 0.95; Epsilon = 1e-6 })
              (fun ps -> torch.optim.Adam(ps, 0.1, 0.8, 0.95, 1e-6))
          network ] }

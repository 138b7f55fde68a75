module Functional.Tests.Peers.Families.Losses

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional
type private Reduction = torch.nn.Reduction

let private reductions =
    [ LossReduction.Mean, Reduction.Mean
      LossReduction.Sum, Reduction.Sum
      LossReduction.None, Reduction.None ]

/// A loss of predictions and targets, with each reduction.
let private each
    name
    operands
    (ours: LossOptions -> Tensor list -> Tensor)
    (theirs: Reduction -> TorchTensor list -> TorchTensor)
    =
    [ for reduction, peers in reductions ->
          several
              $"{name}, {reduction}"
              operands
              (ours { LossOptions.Default with Reduction = reduction })
              (theirs peers) ]

let private reduce (reduction: Reduction) (losses: TorchTensor) =
    match reduction with
    | Reduction.Mean -> losses.mean ()
    | Reduction.Sum -> losses.sum ()
    | _ -> losses

let private predictions = normal "predictions" [ 4; 6 ] "BC"
let private targets = normal "targets" [ 4; 6 ] "BC"

/// Rows of probabilities, none of them 0.
let private distribution salt =
    let weights = Numbers.uniform (Numbers.seedOf salt) (0.1, 1.) [ 4; 6 ]
    let rows = Array.chunkBySize 6 weights |> Array.collect (fun row -> Array.map (fun w -> w / Array.sum row) row)
    operand [ 4; 6 ] "BC" (Elements.Real rows)

let private regression =
    [ yield!
          each
              "squared error"
              [ predictions; targets ]
              (fun options xs -> Loss.squaredError options xs[0] xs[1])
              (fun reduction xs -> F.mse_loss (xs[0], xs[1], reduction))
      yield!
          each
              "absolute error"
              [ predictions; targets ]
              (fun options xs -> Loss.absoluteError options xs[0] xs[1])
              (fun reduction xs -> F.l1_loss (xs[0], xs[1], reduction))
      yield!
          each
              "huber"
              [ predictions; targets ]
              (fun options xs -> Loss.huber options 0.8 xs[0] xs[1])
              (fun reduction xs -> F.huber_loss (xs[0], xs[1], 0.8, reduction)) ]

let private margins =
    let signs = Elements.Held [| for k in 0..23 -> if k % 3 = 0 then 1. else -1. |]
    [ yield!
          each
              "hinge"
              [ predictions; operand [ 4; 6 ] "BC" signs ]
              (fun options xs -> Loss.hinge options xs[0] xs[1])
              (fun reduction xs -> reduce reduction (F.relu (xs[1].mul(xs[0]).neg().add(Scalar.op_Implicit 1.))))
      // Without the ε that keeps theirs from dividing by 0.
      yield!
          each
              "cosine"
              [ predictions; targets ]
              (fun options xs -> Loss.cosine options xs[0] xs[1])
              (fun reduction xs ->
                  F.cosine_similarity(xs[0], xs[1], 1, 0.).neg().add(Scalar.op_Implicit 1.) |> reduce reduction)
      // Without the ε that theirs adds to each difference.
      yield!
          each
              "triplet"
              [ predictions; targets; normal "far" [ 4; 6 ] "BC" ]
              (fun options xs -> Loss.triplet options 1.5 xs[0] xs[1] xs[2])
              (fun reduction xs -> F.triplet_margin_loss (xs[0], xs[1], xs[2], 1.5, 2, 0., false, reduction)) ]

let private binary =
    let probability salt = uniform salt (0.05, 0.95) [ 4; 6 ] "BC"
    [ yield!
          each
              "binary cross-entropy"
              [ probability "y"; held (probability "t") ]
              (fun options xs -> Loss.binaryCrossEntropy options xs[0] xs[1])
              (fun reduction xs -> F.binary_cross_entropy (xs[0], xs[1], null, reduction))
      yield!
          each
              "binary cross-entropy of logits"
              [ predictions; held (probability "t") ]
              (fun options xs -> Loss.binaryCrossEntropyOfLogits options xs[0] xs[1])
              (fun reduction xs -> F.binary_cross_entropy_with_logits (xs[0], xs[1], null, reduction)) ]

/// Their mean is over all elements, and theirs of `none` is each class by itself.
let private divergence =
    each
        "divergence of Kullback and Leibler"
        [ predictions; distribution "target" ]
        (fun options xs -> Loss.klDivergence options (Activation.logSoftmax xs[0]) xs[1])
        (fun reduction xs ->
            let losses = F.kl_div (F.log_softmax (xs[0], 1), xs[1], false, Reduction.None)
            reduce reduction (losses.sum 1L))

let private focal =
    let written (reduction: Reduction) (xs: TorchTensor list) =
        let logs = F.log_softmax (xs[0], 1)
        let doubt = logs.exp().neg().add(Scalar.op_Implicit 1.).pow(Scalar.op_Implicit 2.)
        let all = doubt.mul(logs).mul(Scalar.op_Implicit -0.25)
        let index = xs[1].unsqueeze 1
        reduce reduction (torch.gather(all, 1, index).squeeze(System.Nullable 1L))
    each
        "focal cross-entropy of logits"
        [ predictions; whole "classes" 6 [ 4 ] "B" ]
        (fun options xs -> Loss.focalCrossEntropyOfLogits options 0.25 2. xs[0] xs[1])
        written

let private entropy name operands change (theirs: Reduction -> TorchTensor list -> TorchTensor) =
    [ for reduction, peers in reductions ->
          several
              $"cross-entropy of logits, {name}, {reduction}"
              operands
              (fun xs ->
                  let options: CrossEntropyOptions =
                      change xs { CrossEntropyOptions.Default with Reduction = reduction }
                  Loss.crossEntropyOfLogitsWith options xs[0] xs[1])
              (theirs peers) ]

let private crossEntropy =
    let classes = whole "classes" 6 [ 4 ] "B"
    let weights = held (uniform "weights" (0.3, 2.) [ 6 ] "")
    let spatial = normal "pixels" [ 2; 5; 3; 4 ] "BCSS"
    // One of them is of no class.
    let some = operand [ 4 ] "B" (Elements.Whole [| 2L; -100L; 5L; 0L |])
    let weighed name operands smoothing =
        entropy
            name
            operands
            (fun xs options -> { options with Weights = Some xs[2]; Smoothing = smoothing })
            (fun reduction xs -> F.cross_entropy (xs[0], xs[1], xs[2], -100, reduction, smoothing))
    let plain name operands =
        entropy name operands (fun _ options -> options) (fun reduction xs ->
            F.cross_entropy (xs[0], xs[1], null, -100, reduction, 0.))
    [ yield! plain "classes" [ predictions; classes ]
      yield! plain "probabilities" [ predictions; distribution "t" ]
      yield! plain "pixels" [ spatial; whole "pixels" 5 [ 2; 3; 4 ] "BSS" ]
      yield!
          entropy
              "smoothed classes"
              [ predictions; classes ]
              (fun _ options -> { options with Smoothing = 0.1 })
              (fun reduction xs -> F.cross_entropy (xs[0], xs[1], null, -100, reduction, 0.1))
      yield! weighed "weights" [ predictions; classes; weights ] 0.
      yield! weighed "weights, smoothed" [ predictions; classes; weights ] 0.2
      // Their mean over probabilities does not weigh the observations; ours always does.
      yield! weighed "weighed probabilities" [ predictions; distribution "t"; weights ] 0. |> List.tail
      // Their mean counts no observation without a class, ours all that a mask does not leave out.
      yield! plain "a class missing" [ predictions; some ] |> List.tail
      several
          "cross-entropy of probabilities"
          [ distribution "y"; distribution "t" ]
          (fun xs -> Loss.crossEntropy xs[0] xs[1])
          (fun xs -> xs[1].mul(xs[0].log()).sum(1L).neg().mean()) ]

/// Certain predictions, right and wrong.
let private certain =
    let logits =
        operand [ 3; 4 ] "BC" (Elements.Real [| 200.; -200.; 0.; 90.; -90.; 0.; 1e4; -1e4; 0.; 0.; 3.; 30. |])
    let targets = operand [ 3; 4 ] "BC" (Elements.Held [| 1.; 1.; 0.5; 0.; 0.; 1.; 1.; 1.; 0.; 1.; 0.; 1. |])
    let rows = operand [ 3; 4 ] "BC" (Elements.Held [| 1.; 0.; 0.; 0.; 0.; 1.; 0.; 0.; 0.; 0.25; 0.; 0.75 |])
    let classes = operand [ 3 ] "B" (Elements.Whole [| 1L; 2L; 0L |])
    [ several
          "binary cross-entropy of logits, certain"
          [ logits; targets ]
          (fun xs -> Loss.binaryCrossEntropyOfLogits LossOptions.Default xs[0] xs[1])
          (fun xs -> F.binary_cross_entropy_with_logits (xs[0], xs[1]))
      several
          "cross-entropy of logits, certain"
          [ logits; classes ]
          (fun xs -> Loss.crossEntropyOfLogits xs[0] xs[1])
          (fun xs -> F.cross_entropy (xs[0], xs[1]))
      several
          "cross-entropy of logits, certain targets"
          [ logits; rows ]
          (fun xs -> Loss.crossEntropyOfLogits xs[0] xs[1])
          (fun xs -> F.cross_entropy (xs[0], xs[1]))
      several
          "divergence of Kullback and Leibler, certain targets"
          [ normal "predictions" [ 3; 4 ] "BC"; rows ]
          (fun xs -> Loss.klDivergence LossOptions.Default (Activation.logSoftmax xs[0]) xs[1])
          (fun xs -> F.kl_div(F.log_softmax (xs[0], 1), xs[1], false, Reduction.Sum).div(Scalar.op_Implicit 3.)) ]

/// Their mean divides each loss by the number of its labels first. Their derivative by logarithms is right only behind a
/// log-softmax.
let private ctc =
    let logits = normal "logits" [ 10; 3; 5 ] "TBC"
    let labels = operand [ 3; 4 ] "" (Elements.Whole [| 1L; 2L; 2L; 3L; 4L; 1L; 1L; 0L; 3L; 0L; 0L; 0L |])
    let lengths numbers = operand [ 3 ] "" (Elements.Whole numbers)
    each
        "ctc"
        [ logits; labels; lengths [| 10L; 9L; 6L |]; lengths [| 4L; 3L; 1L |] ]
        (fun options xs -> Loss.ctc options 0 (Activation.logSoftmax xs[0]) xs[1] xs[2] xs[3])
        (fun reduction xs ->
            F.ctc_loss (F.log_softmax (xs[0], 2), xs[1], xs[2], xs[3], 0, false, Reduction.None)
            |> reduce reduction)

let family =
    { Name = "losses"
      DTypes = floating
      Tolerance =
        { Units = 32.
          Scale = Element
          Reason =
            "a softmax of 6 classes, a logarithm, products with weights, and a sum of up to 24 terms; of ctc ten steps of
            sums of three exponentials, whose logarithms are of magnitude 10" }
      Configurations = regression @ margins @ binary @ divergence @ focal @ crossEntropy @ certain @ ctc }

namespace Functional.Tests.Peers

open System
open Functional
open Functional.FSharp
open TorchSharp

/// What a function gave: its results, and the gradient of their sum, weighted by fixed numbers, by each real operand.
type Outcome = { Results: (int list * float array) list; Gradients: float array list }

/// One configuration run on both sides.
[<RequireQualifiedAccess>]
module Comparison =
    let private isFloating (x: Tensor) = x.DType = DType.Float32 || x.DType = DType.Float64

    let private elements (x: Tensor) = Tensor.toArray<float>(Tensor.cast DType.Float64 x)

    /// Results that are no floating-point numbers take no part in the sum.
    let private weightedSum (ys: Tensor list) =
        let weighted (y: Tensor) =
            let sizes = List.ofSeq y.Shape
            let weights = Tensor.create sizes (Tensor.format y) (Numbers.cotangent sizes) |> Tensor.cast y.DType
            Tensor.sum [] (y * weights)
        ys |> List.filter isFloating |> List.map weighted |> List.reduce (+)

    /// The same of theirs, where there is anything to differentiate.
    let private theirWeightedSum (ys: TorchTensor list) =
        let weighted (y: TorchTensor) =
            let sizes = Torch.sizes y
            let weights = (Torch.tensor DType.Float64 sizes (Numbers.cotangent sizes)).``to`` y.dtype
            y.mul(weights).sum()
        match ys |> List.filter (fun y -> Torch.isFloating y && y.requires_grad) with
        | [] -> None
        | ys -> Some(ys |> List.map weighted |> List.reduce (fun a b -> a.add b))

    let private isDifferentiable (configuration: Configuration) (ys: Tensor list) =
        List.exists isFloating ys && configuration.Operands |> List.exists _.IsReal

    let private outcome (configuration: Configuration) (ys: Tensor list, gradients: Tensor list) =
        { Results = [ for y in ys -> List.ofSeq y.Shape, elements y ]
          Gradients =
            [ for x, g in List.zip configuration.Operands gradients do
                  if x.IsReal then elements g ] }

    /// Directly, and traced, compiled and replayed.
    let ours dtype (configuration: Configuration) : Outcome list =
        let operands = [ for x in configuration.Operands -> x.Ours dtype ]
        let run =
            if isDifferentiable configuration (configuration.Ours operands) then
                fun xs ->
                    let _, ys, gradients =
                        valueAuxAndGrad (fun xs -> let ys = configuration.Ours xs in weightedSum ys, ys) xs
                    ys, gradients
            else
                fun xs -> configuration.Ours xs, [ for x in xs -> Tensor.zerosLike x ]
        let accelerated = accelerate run
        [ run operands; accelerated operands; accelerated operands; accelerated operands ]
        |> List.map (outcome configuration)

    let theirs dtype (configuration: Configuration) : Outcome =
        use _ = torch.NewDisposeScope()
        let operands = [ for x in configuration.Operands -> x.Torch dtype ]
        let run = configuration.Torch operands
        theirWeightedSum run.Results |> Option.iter _.backward()
        { Results = [ for y in run.Results -> Torch.sizes y, Torch.toArray y ]
          Gradients =
            [ for x, t in List.zip configuration.Operands run.Leaves do
                  if x.IsReal then
                      match t.grad with
                      | null -> Array.zeroCreate (Numbers.count x.Sizes)
                      | gradient -> Torch.toArray gradient ] }

    let private bits (outcome: Outcome) =
        [ for values in List.map snd outcome.Results @ outcome.Gradients ->
              Array.map BitConverter.DoubleToInt64Bits values ]

    /// Whether acceleration changed a bit.
    let agree (a: Outcome) (b: Outcome) = bits a = bits b

    /// What is compared, by name: ours and theirs. Throws where sizes differ.
    let pairs (ours: Outcome) (theirs: Outcome) : (string * float array * float array) list =
        let sizes (outcome: Outcome) = List.map fst outcome.Results
        if sizes ours <> sizes theirs then
            failwith $"ours has sizes %A{sizes ours}, theirs %A{sizes theirs}"
        [ for k, ((_, a), (_, b)) in List.indexed (List.zip ours.Results theirs.Results) -> $"result {k}", a, b
          for k, (a, b) in List.indexed (List.zip ours.Gradients theirs.Gradients) -> $"gradient {k}", a, b ]

    /// The configuration whose results are the gradients of another, so that its gradients are second derivatives.
    let derivative (configuration: Configuration) : Configuration =
        let ofReal (xs: 'T list) =
            [ for operand, x in List.zip configuration.Operands xs do
                  if operand.IsReal then x ]
        let theirs (xs: TorchTensor list) =
            let run = configuration.Torch xs
            let total = theirWeightedSum run.Results |> Option.toArray
            let gradients =
                torch.autograd.grad (total, Array.ofList (ofReal run.Leaves), retain_graph = true, create_graph = true)
            { run with Results = List.ofSeq gradients }
        { configuration with
            Name = $"gradient of {configuration.Name}"
            Ours = fun xs -> ofReal (grad (fun xs -> weightedSum (configuration.Ours xs)) xs)
            Torch = theirs }

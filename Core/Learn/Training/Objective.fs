namespace Functional

open System
open System.Collections.Generic

/// What training makes small, and what is measured meanwhile: functions of a network, which may be any structure, and of a
/// batch, whose results are scalars.
[<Sealed; AllowNullLiteral(false)>]
type Objective<'N, 'B>
    internal
    (
        loss: Func<'N, 'B, Tensor>,
        withState: Func<'N, 'B, struct (Tensor * 'N)> | null,
        evaluation: Func<'N, 'B, Tensor>,
        metrics: KeyValuePair<string, Func<'N, 'B, Tensor>> list
    ) =

    /// A loss, which is also what validation measures.
    new(loss: Func<'N, 'B, Tensor>) = Objective<'N, 'B>(loss, null, loss, [])

    /// A loss for training, and one for validation, without dropout and noise.
    new(loss: Func<'N, 'B, Tensor>, evaluation: Func<'N, 'B, Tensor>) = Objective<'N, 'B>(loss, null, evaluation, [])

    /// A loss for training that also gives the network with its next state, and one for validation.
    new(loss: Func<'N, 'B, struct (Tensor * 'N)>, evaluation: Func<'N, 'B, Tensor>) =
        Objective<'N, 'B>((fun n b -> let struct (loss, _) = loss.Invoke(n, b) in loss), loss, evaluation, [])

    /// The same, and a number that validation measures besides, under a name of its own.
    /// Throws ArgumentException for a name that is taken; "loss" is.
    member _.WithMetric(name: string, metric: Func<'N, 'B, Tensor>) : Objective<'N, 'B> =
        if name = "loss" || metrics |> List.exists (fun m -> m.Key = name) then
            raise (ArgumentException($"\"{name}\" is measured already: give another name", nameof name))

        Objective<'N, 'B>(loss, withState, evaluation, metrics @ [ KeyValuePair(name, metric) ])

    /// The names of what validation measures besides the loss.
    member _.Metrics: IReadOnlyList<string> = [| for m in metrics -> m.Key |]

    /// Loss, the network with its next state, and the gradient.
    member internal _.Gradient(network: 'N, batch: 'B) : Tensor * 'N * 'N =
        let apart (f: 'N -> Tensor * 'A) = Derivatives.valueAndGrad f network

        match withState with
        | null ->
            let value, (), gradient = apart (fun n -> loss.Invoke(n, batch), ())
            value, network, gradient
        | withState -> apart (fun n -> let struct (value, next) = withState.Invoke(n, batch) in value, next)

    /// The loss of validation, then the metrics, as scalars of Float64.
    member internal _.Measure(network: 'N, batch: 'B) : Tensor array =
        let number (f: Func<'N, 'B, Tensor>) =
            let y = f.Invoke(network, batch)

            if y.Count <> 1 then
                Labels.shapeError
                    "Objective"
                    [ y.Type ]
                    "what is measured is no single number"
                    "reduce it, by a mean say"

            Elementwise.lift (Cast DType.Float64) [ Arranging.reshape [] "" y ]

        [| for f in evaluation :: [ for m in metrics -> m.Value ] -> number f |]

namespace Functional.FSharp

open System
open Functional

/// What training makes small, and what is measured meanwhile.
[<RequireQualifiedAccess>]
module Objective =
    /// A loss, which is also what validation measures.
    let create (loss: 'N -> 'B -> Tensor) : Objective<'N, 'B> = Objective<'N, 'B>(fun n b -> loss n b)

    /// A loss for training, and one for validation, without dropout and noise.
    let createWith (loss: 'N -> 'B -> Tensor) (evaluation: 'N -> 'B -> Tensor) : Objective<'N, 'B> =
        Objective<'N, 'B>((fun n b -> loss n b), (fun n b -> evaluation n b))

    /// A loss for training that also gives the network with its next state, and one for validation.
    let createWithState (loss: 'N -> 'B -> Tensor * 'N) (evaluation: 'N -> 'B -> Tensor) : Objective<'N, 'B> =
        let withState n b = let loss, next = loss n b in struct (loss, next)
        Objective<'N, 'B>(Func<'N, 'B, struct (Tensor * 'N)>(withState), (fun n b -> evaluation n b))

    /// For batches of inputs and targets: a loss of what a network makes of the inputs while it is trained, with the state that
    /// the batch before has left, and in validation of what it predicts; and metrics of predictions and targets, such as `Metric.accuracy`, by name.
    /// Throws ArgumentException where two metrics have one name, or one is named "loss".
    let supervised
        (loss: Tensor -> Tensor -> Tensor)
        (metrics: (string * (Tensor -> Tensor -> Tensor)) list)
        : Objective<Network, Tensor * Tensor> =
        let predicted (f: Tensor -> Tensor -> Tensor) (n: Network) (x: Tensor, t: Tensor) = f (n.Predict x) t
        let trained (n: Network) (x: Tensor, t: Tensor) =
            let struct (y, next) = n.ForwardWithState x
            loss y t, next

        (createWithState trained (predicted loss), metrics)
        ||> List.fold (fun objective (name, metric) -> objective.WithMetric(name, predicted metric))

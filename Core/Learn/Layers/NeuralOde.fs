namespace Functional

open System
open System.Collections.Generic
open Functional.FSharp

/// The state at the end, or at several times, of y' = field(y), which starts from the layer's input: a network of as many
/// layers as there are steps, which share their parameters (Chen et al., "Neural ordinary differential equations", 2018).
/// Of two times the result is like the input; of more, all states but the first are stacked along a new dimension 0,
/// labelled T.
[<Sealed; AllowNullLiteral(false)>]
type NeuralOde(field: ILayer, times: IReadOnlyList<float>, options: OdeOptions) =
    inherit Layer()
    let times = Array.ofSeq times

    do
        options.Validate()

        if times.Length < 2 then raise (ArgumentException("give two times or more", nameof times))

    let solve (run: Tensor -> Tensor) (x: Tensor) =
        let clock = HostData.ofNested times Format.None
        Solving.solve45 options (fun _ y () -> run y) clock x ()

    /// Times 0 and 1, default options.
    new(field: ILayer) = NeuralOde(field, [| 0.; 1. |], OdeOptions.Default)

    /// Gives the slope of a state, with its sizes and labels. What it draws is refused.
    member _.Field = field
    /// When it starts, and when states are wanted.
    member _.Times: IReadOnlyList<float> = times
    /// How the equation is solved.
    member _.Options = options

    /// The state at the times. Throws as Ode.solve45 does.
    override _.Predict(x: Tensor) : Tensor = solve field.Predict x

    override _.Forward(x: Tensor) : Tensor = solve field.Forward x

    /// The layer with parameters for its field.
    override _.Initialize input = NeuralOde(field.Initialize [| input |], times, options)

    interface IAcceleratable

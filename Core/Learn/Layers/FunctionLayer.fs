namespace Functional

open System
open Functional.FSharp

/// A layer from a function, which does the same in training and in prediction. Tensors that the function captures are constants:
/// training does not change them.
[<AllowNullLiteral(false)>]
type FunctionLayer(f: Func<Tensor, Tensor>) =
    inherit Layer()
    do ArgumentNullException.ThrowIfNull f

    override _.Predict x = f.Invoke x

    /// The same, declared to be acceleratable: what the function computes depends on its argument, on draws like it, and on
    /// constants alone.
    static member Acceleratable(f: Func<Tensor, Tensor>) : FunctionLayer = AcceleratableFunctionLayer f

and [<Sealed; AllowNullLiteral(false)>] internal AcceleratableFunctionLayer(f) =
    inherit FunctionLayer(f)
    interface IAcceleratable

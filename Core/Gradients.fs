namespace Functional.FSharp

open Functional

/// Derivatives of functions of tensors. With respect to any structure, the result has the same structure; leaves of integers
/// and Bool are held fixed, with zeros in the gradient. A comparison, a rounding, or an op on integers passes nothing on;
/// at a tie `max` and `min` halve, at a kink `abs` gives 0. Derivatives nest, and are traced inside an accelerated function.
[<AutoOpen>]
module Gradients =
    /// The value of a scalar function, and its gradient.
    /// Throws ShapeException where the result is no floating-point tensor of one element.
    let valueAndGrad (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
        let value, (), gradient = Derivatives.valueAndGrad (fun x -> f x, ()) x
        value, gradient

    /// The value of a scalar function with what it returns besides, and its gradient.
    /// Throws ShapeException where the first result is no floating-point tensor of one element.
    let valueAuxAndGrad (f: 'T -> Tensor * 'A) (x: 'T) : Tensor * 'A * 'T = Derivatives.valueAndGrad f x

    /// The gradient of a scalar function.
    /// Throws ShapeException where the result is no floating-point tensor of one element.
    let grad (f: 'T -> Tensor) (x: 'T) : 'T = snd (valueAndGrad f x)

    /// The results, and the vector–Jacobian product: the map from cotangents of the results to those of the operands.
    /// The map throws ShapeException for cotangents of other types than the results'.
    let vjp (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) = Derivatives.vjp f x

    /// The results, and the Jacobian–vector product: how they change along a tangent of the operands.
    /// Throws ShapeException for a tangent of other types than the operands'.
    let jvp (f: 'T -> 'R) (x: 'T) (tangent: 'T) : 'R * 'R = Derivatives.jvp f x tangent

    /// All first derivatives: each leaf becomes a tensor with the sizes of the result followed by its own, unformatted.
    /// One reverse pass for each element of the result.
    let jacobian (f: 'T -> Tensor) (x: 'T) : 'T = Derivatives.jacobian f x

    /// All second derivatives of a scalar function of one tensor: [..n; ..n], unformatted.
    let hessian (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        match Derivatives.hessian f (given "Hessian" x) with
        | [ [ h ] ] -> h
        | _ ->
            Labels.dtypeError
                "Hessian"
                [ x.Type ]
                "there is nothing to differentiate"
                "give a tensor of Float32 or Float64, or cast it"

    /// All second derivatives of a scalar function of a structure: block (i, j) belongs to its floating-point leaves i and j.
    let hessianBlocks (f: 'T -> Tensor) (x: 'T) : Tensor list list = Derivatives.hessian f x

    /// The sum of second derivatives of a scalar function by each element: the trace of the Hessian.
    let laplacian (f: 'T -> Tensor) (x: 'T) : Tensor = Derivatives.laplacian f x

    /// The sum of ∂fᵢ/∂xᵢ over all elements of a vector field: the trace of the Jacobian.
    /// Throws ShapeException where results and operands have different types.
    let divergence (f: 'T -> 'T) (x: 'T) : Tensor = Derivatives.divergence f x

    /// A function with a gradient of its own in the place of the derived one: `pull` makes of argument, result and the result's
    /// cotangent the argument's. What the rule computes is differentiated where a higher derivative is taken; so it is right
    /// where the rule is. Floating-point tensors of the argument have cotangents, others are passed over.
    /// Throws StructureException, where a gradient is taken, for a rule that gives other types than the argument's, and for a
    /// function of other tensors that are differentiated too.
    let customVjp (f: 'X -> 'Y) (pull: 'X -> 'Y -> 'Y -> 'X) (x: 'X) : 'Y = CustomGradient.make f pull x

    /// The tensors of a structure, to derivatives constants.
    let stopGradient (x: 'T) : 'T = Structures.replace x (fst (Structures.flatten x) |> Array.map Movement.hold)

namespace Functional.FSharp

open Functional

/// Structured control flow: branches and loops that are part of a trace, whatever values they depend on. Without it a
/// condition in the host language, `if` or `while`, makes a trace for each path.
///
/// A body is a function over structures (tuples, records, lists … of tensors). It is recorded once for each call, from types
/// alone, so it may not read values; it may use tensors from outside, draw, differentiate, and contain control flow. Draws
/// like its tensors are new in each iteration, and the same in direct and accelerated calls. All throw ControlFlowException
/// where branches or iterations differ in structure or types.
[<AutoOpen>]
module ControlFunctions =
    /// One of two functions of x, by a Bool of one element; the other does not run. Unlike `Tensor.where`, which chooses
    /// element by element and computes both.
    let cond (predicate: Tensor) (whenTrue: 'T -> 'R) (whenFalse: 'T -> 'R) (x: 'T) : 'R =
        Structured.cond predicate whenTrue whenFalse x

    /// Repeats the body as long as the condition, a Bool of one element, holds. Only `whileLoopUpTo` has a gradient: asked
    /// for one, this throws ControlFlowException.
    let whileLoop (condition: 'C -> Tensor) (body: 'C -> 'C) (init: 'C) : 'C =
        Structured.whileLoop None condition body init

    /// Repeats the body as long as the condition, a Bool of one element, holds, but no more than a number of times. Its
    /// gradient keeps room for that many iterations of what is carried.
    let whileLoopUpTo (maxIterations: int) (condition: 'C -> Tensor) (body: 'C -> 'C) (init: 'C) : 'C =
        Structured.whileLoop (Some maxIterations) condition body init

    /// Repeats the body a number of times; it is given the number of the iteration, Int64 from 0 on.
    let repeat (iterations: int) (body: Tensor -> 'C -> 'C) (init: 'C) : 'C = Structured.repeat iterations body init

    /// From the first slice to the last along dimension 0: carry and slice → next carry, and an output. The carry at last,
    /// and the outputs stacked along that dimension, with its label if they have any. The gradient keeps the carry of each
    /// iteration, and computes the body two times more.
    let scan (f: 'C -> 'X -> 'C * 'Y) (init: 'C) (xs: 'X) : 'C * 'Y =
        Structured.scan false (Structured.dimension 0) f init xs

    /// `scan` along a dimension of each tensor; a negative number counts from the end. Outputs are stacked along it, or
    /// along their last where they have fewer.
    let scanAlong (dim: int) (f: 'C -> 'X -> 'C * 'Y) (init: 'C) (xs: 'X) : 'C * 'Y =
        Structured.scan false (Structured.dimension dim) f init xs

    /// `scan` along the dimension with a label: `scanOver 'T'` goes through time.
    let scanOver (label: char) (f: 'C -> 'X -> 'C * 'Y) (init: 'C) (xs: 'X) : 'C * 'Y =
        Structured.scan false (Structured.labelled label) f init xs

    /// `scanAlong` from the last slice to the first; each output stays with its slice.
    let scanBackAlong (dim: int) (f: 'C -> 'X -> 'C * 'Y) (init: 'C) (xs: 'X) : 'C * 'Y =
        Structured.scan true (Structured.dimension dim) f init xs

    let private folded scan (f: 'C -> 'X -> 'C) (init: 'C) (xs: 'X) : 'C =
        let carry, () = scan (fun carry x -> f carry x, ()) init xs in carry

    /// `scan` without outputs.
    let fold (f: 'C -> 'X -> 'C) (init: 'C) (xs: 'X) : 'C = folded scan f init xs

    /// `scanAlong` without outputs.
    let foldAlong (dim: int) (f: 'C -> 'X -> 'C) (init: 'C) (xs: 'X) : 'C = folded (scanAlong dim) f init xs

    /// `scanOver` without outputs.
    let foldOver (label: char) (f: 'C -> 'X -> 'C) (init: 'C) (xs: 'X) : 'C = folded (scanOver label) f init xs

    /// A function whose draws, like tensors that depend on x, are a pure function of a key: the same key, the same numbers, in
    /// direct and accelerated calls. `Tensor.key` makes keys, `Tensor.splitKey` more of one; as arguments of an accelerated
    /// function they are explicit generators.
    /// Throws ControlFlowException for a key that is no Int64 of one element.
    let withKey (key: Tensor) (f: 'T -> 'R) (x: 'T) : 'R = Structured.keyed key f x

namespace Functional

/// A closed trace run again and again: what it carries from one iteration to the next, what it is given a slice of, and
/// what of its outputs is stacked.
type internal Iteration =
    {
        /// Carried and captured tensors → one Bool: whether there is another iteration. None: there always is.
        Condition: Trace option
        /// Carried tensors, slices, captured tensors → carried tensors, outputs to be stacked.
        Body: Trace
        Carried: int
        /// For each sliced operand the dimension along which it is sliced.
        Along: int list
        /// For each stacked output the dimension that the iterations become, and its label; "" for none.
        Stacked: (int * string) list
        /// The number of iterations, at most that where there is a condition; None: unbounded.
        Count: int option
        /// From the last slice to the first.
        Backward: bool
    }

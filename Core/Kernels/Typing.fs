namespace Functional

/// The types of a trace's values.
[<AutoOpen>]
module internal Typing =
    type Trace with
        member trace.TypeOf value =
            match value with
            | Value.Input k -> trace.Inputs[k]
            | Value.Constant k -> trace.Constants[k].Type
            | Value.Result(i, k) -> trace.Instructions[i].Results[k]

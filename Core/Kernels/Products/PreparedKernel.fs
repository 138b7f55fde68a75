namespace Functional

/// What becomes of the kernels of products. All ways give the same bits.
type internal KernelMode =
    | Compiled = 0
    | Interpreted = 1
    /// Written so that the runtime refuses them: what cannot be compiled is interpreted, and reported.
    | Refused = 2

/// A kernel ready to be called, and why it is interpreted though it was meant to be compiled.
[<Struct; NoEquality; NoComparison>]
type internal PreparedKernel = { Code: KernelCode; Problem: string | null }

[<RequireQualifiedAccess>]
module internal PreparedKernel =
    /// What `emit` writes; where that is not compiled, what `interpret` makes, which takes the same arguments.
    let make mode (name: string) (emit: KernelWriter -> unit) (interpret: unit -> KernelCode) : PreparedKernel =
        match mode with
        | KernelMode.Interpreted -> { Code = interpret (); Problem = null }
        | _ ->
            try
                let w = KernelWriter name
                // There is nothing to be added.
                if mode = KernelMode.Refused then w.Add()
                emit w
                { Code = w.Finish(); Problem = null }
            with e ->
                { Code = interpret (); Problem = $"{name}, a kernel of products: {e.Message}" }

    /// One of two problems, if there is any.
    let either (problem: string | null) (other: string | null) : string | null =
        if isNull problem then other else problem

    let tell (report: string -> unit) (problem: string | null) =
        match problem with
        | null -> ()
        | problem -> report problem

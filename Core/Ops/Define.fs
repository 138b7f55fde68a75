namespace Functional

/// How ops are written: records with most of the rules filled in.
[<RequireQualifiedAccess>]
module internal Define =
    /// The usual op: one result.
    let op name attributes kernel infer eval pull : Op =
        { Name = name
          Attributes = attributes
          Infer = fun types -> [ infer types ]
          Eval = fun _ results lanes -> [ eval (List.head results) lanes ]
          Pull =
            fun wanted args results cotangents ->
                [ for i in wanted -> List.head cotangents |> Option.bind (pull i args (List.head results)) ]
          Kernel = kernel }

    /// The reverse rule of an op without one: no cotangent for any operand.
    let noPull (_: int) (_: Tensor list) (_: Tensor) (_: Tensor) : Tensor option = None

    /// Applies an op of one result.
    let apply op args = Tensor.Apply(op, args) |> List.head

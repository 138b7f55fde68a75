namespace Functional

/// Computes at once, with draws from a generator of the user's choice.
[<Sealed>]
type internal DirectFrom(generator: Generator) =
    inherit Direct()
    override _.Apply(op, args) = Direct.Compute(op, args, generator)

/// Who draws.
[<RequireQualifiedAccess>]
module internal Drawer =
    /// For a plain draw from this generator; the current one where it is null.
    let plain (generator: Generator) : Interpreter =
        match generator with
        | null -> Direct.Instance
        | generator -> DirectFrom generator

    /// For a draw like a tensor from this generator.
    let like (generator: Generator) (t: Tensor) : Interpreter =
        match generator, t.Interpreter with
        | null, by -> by
        | _, (:? OpInterpreter as by) when by.IsTracing ->
            raise (
                GeneratorException(
                    "Draw",
                    [ t.Type ],
                    "a draw like a traced tensor is taken from a generator given to it, which no replay would advance",
                    "draw from the current generator, and set Generator.Current before the call; or draw a key from that \
                     generator before each call (Tensor.key), pass it as an argument, and draw within withKey"
                )
            )
        | generator, _ -> DirectFrom generator

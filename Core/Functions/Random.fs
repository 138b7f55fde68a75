namespace Functional.FSharp

open Functional

/// Random draws from the current generator, `Generator.Current`, or from one that is named. Plain ones are numbers at once: inside a trace they are
/// constants, repeated for ever. Those like a tensor are drawn by what the tensor belongs to: like a traced tensor, anew at
/// each replay; like a concrete one, plainly. All throw DTypeException for data types other than Float32 and Float64.
[<AutoOpen>]
module RandomFunctions =
    /// Random draws.
    [<RequireQualifiedAccess>]
    module Tensor =
        let private plain: Interpreter = Direct.Instance
        let private ofSizes dtype (sizes: int seq) format = TensorType(dtype, sizes, Format.Parse format)

        /// Uniform in [0, 1).
        let uniform dtype (sizes: int seq) (format: string) : Tensor = Uniform.draw plain (ofSizes dtype sizes format)

        /// Uniform in [0, 1), with data type, sizes and format of a tensor.
        let uniformLike (like: Tensor) : Tensor = Uniform.like "UniformLike" Uniform.draw like

        /// Of mean 0 and variance 1 (Box and Muller, 1958).
        let normal dtype (sizes: int seq) (format: string) : Tensor = Uniform.normal plain (ofSizes dtype sizes format)

        /// Of mean 0 and variance 1, with data type, sizes and format of a tensor.
        let normalLike (like: Tensor) : Tensor = Uniform.like "NormalLike" Uniform.normal like

        /// Bool, true with probability p.
        /// Throws ArgumentOutOfRangeException for a p outside 0 … 1.
        let bernoulli (p: float) (sizes: int seq) (format: string) : Tensor =
            Uniform.bernoulli plain p (ofSizes DType.Float32 sizes format)

        /// Bool, true with probability p, with sizes and format of a tensor of any data type.
        /// Throws ArgumentOutOfRangeException for a p outside 0 … 1.
        let bernoulliLike (p: float) (like: Tensor) : Tensor =
            Uniform.like "BernoulliLike" (fun by -> Uniform.bernoulli by p) like

        /// A draw like a tensor in other sizes: `x |> Tensor.sized [ 3 ] "" Tensor.uniformLike` draws three numbers of x's
        /// data type.
        let sized (sizes: int seq) (format: string) (draw: Tensor -> Tensor) (like: Tensor) : Tensor =
            let like = given "Sized" like in
            draw (Movement.constant like.Interpreter (ofSizes like.DType sizes format) 0.)

        /// `uniform` from a generator.
        let uniformFrom (generator: Generator) dtype (sizes: int seq) (format: string) : Tensor =
            Uniform.draw (Drawer.plain generator) (ofSizes dtype sizes format)

        /// `uniformLike` from a generator.
        /// Throws GeneratorException inside a trace: a replay would not advance the generator. Use a key there.
        let uniformLikeFrom (generator: Generator) (like: Tensor) : Tensor =
            Uniform.draw (Drawer.like generator like) like.Type

        /// `normal` from a generator.
        let normalFrom (generator: Generator) dtype (sizes: int seq) (format: string) : Tensor =
            Uniform.normal (Drawer.plain generator) (ofSizes dtype sizes format)

        /// `normalLike` from a generator.
        /// Throws GeneratorException inside a trace: a replay would not advance the generator. Use a key there.
        let normalLikeFrom (generator: Generator) (like: Tensor) : Tensor =
            Uniform.normal (Drawer.like generator like) like.Type

        /// `bernoulli` from a generator.
        /// Throws ArgumentOutOfRangeException for a p outside 0 … 1.
        let bernoulliFrom (generator: Generator) (p: float) (sizes: int seq) (format: string) : Tensor =
            Uniform.bernoulli (Drawer.plain generator) p (ofSizes DType.Float32 sizes format)

        /// `bernoulliLike` from a generator.
        /// Throws ArgumentOutOfRangeException for a p outside 0 … 1, and GeneratorException inside a trace: a replay would not
        /// advance the generator. Use a key there.
        let bernoulliLikeFrom (generator: Generator) (p: float) (like: Tensor) : Tensor =
            Uniform.bernoulli (Drawer.like generator like) p like.Type

        /// A key, an Int64 scalar, drawn from a generator: an argument for functions that draw by `withKey`.
        let key (generator: Generator) : Tensor = Uniform.key (Drawer.plain generator)

        /// n keys made of one, each with draws of its own: [n] Int64, for example to scan over.
        let splitKey (n: int) (key: Tensor) : Tensor = Keyed.split n key

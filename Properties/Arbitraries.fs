namespace Functional.Properties

open System
open FsCheck
open FsCheck.FSharp
open Functional

/// Generators for FsCheck.
[<RequireQualifiedAccess>]
module Arbitraries =
    let private fromSeed (make: int -> Random -> 'T) =
        Gen.sized (fun size -> Gen.choose (0, Int32.MaxValue) |> Gen.map (fun seed -> make size (System.Random seed)))

    /// Well-typed compositions of the library's ops, of every data type, ranks 0 to 4, with empty dimensions and ones of
    /// size 1, with values wild and tame.
    let program: Arbitrary<RandomProgram> =
        Arb.fromGenShrink (fromSeed (fun size random -> Generate.program (2 + size / 10) random), Shrink.program)

    /// Types of tensors.
    let tensorType: Arbitrary<TensorType> = Arb.fromGen (fromSeed (fun _ random -> Values.tensorType random))

    /// Trials of a layer whose inputs have these layouts: each size that is open is drawn from 1 to 8, one for equal labels, and
    /// floating-point types are Float32 or Float64. Smaller sizes and Float32 are simpler.
    let layerTrial (inputs: Layout seq) : Arbitrary<LayerTrial> =
        let inputs = List.ofSeq inputs
        Arb.fromGenShrink (fromSeed (fun _ random -> LayerTrial.Draw(random, inputs)), _.Simpler)

    /// Concrete tensors; one in three with extreme values, NaN and infinities among them.
    let tensor: Arbitrary<Tensor> =
        fromSeed (fun _ random ->
            let ty = Values.tensorType random
            let taste = if random.Next 3 = 0 then Taste.Wild else Taste.Tame
            Direct.Tensor(ty, Blocks.ofArray ty (Values.data random taste ty)))
        |> Arb.fromGen

namespace Functional.Properties

open Functional

/// Functions of structures as laws need them.
[<RequireQualifiedAccess>]
module internal Functions =
    let leaves (x: 'T) = Structures.flatten x |> fst |> List.ofArray
    let rebuild (x: 'T) (leaves: Tensor list) = Structures.replace x (Array.ofList leaves)

    /// Runs with draws that start over from a seed.
    let seeded (seed: uint64) (run: unit -> 'R) =
        let before = Generator.Current
        Generator.Current <- Generator seed
        try
            run ()
        finally
            Generator.Current <- before

    /// The result, and the gradient of half the sum of its squares: each result is its own cotangent.
    let withGradient (f: 'T -> 'R) (x: 'T) : 'R * Tensor list =
        let ys, result, pull =
            Reverse.vjp
                (fun xs ->
                    let result = f (rebuild x xs)
                    leaves result, result)
                (leaves x)

        let cotangents = [ for y in ys -> if Scalars.isFloating y.DType then Some y else None ]
        rebuild result ys, List.choose id (pull cotangents)

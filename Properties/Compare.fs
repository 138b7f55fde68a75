namespace Functional.Properties

open System
open Functional

/// Results of functions, and whether two are the same to the bit.
[<RequireQualifiedAccess>]
module internal Compare =
    /// A result, or the error in its place.
    let attempt (f: unit -> 'R) : Result<'R, exn> =
        try
            Ok(f ())
        with e ->
            Error e

    let private elements (t: Tensor) = Blocks.toArray t.Type (Execute.blockOf t).Value

    let private bits (element: objnull) : obj =
        match element with
        | :? float32 as x -> BitConverter.SingleToInt32Bits x
        | :? float as x -> BitConverter.DoubleToInt64Bits x
        | other -> nonNull other

    let private tensors k (a: Tensor) (b: Tensor) =
        if a.Type <> b.Type then
            Some $"tensor {k} is {a.Type} in one and {b.Type} in the other"
        else
            let x, y = elements a, elements b

            if Blocks.sameBits x y then
                None
            else
                let at = Seq.init x.Length id |> Seq.find (fun i -> bits (x.GetValue i) <> bits (y.GetValue i))
                Some $"tensor {k}: {a.Type} differs at element {at}: {x.GetValue at} and {y.GetValue at}"

    /// How two results differ, if they do.
    let difference (a: 'R) (b: 'R) : string option =
        let xs, left = Structures.flatten a
        let ys, right = Structures.flatten b

        if not (left.Equals right) then
            Some "the structures differ"
        else
            Seq.zip xs ys |> Seq.indexed |> Seq.tryPick (fun (k, (x, y)) -> tensors k x y)

    /// Two runs agree: the same bits, or errors of the same type.
    let outcomes (a: Result<'R, exn>) (b: Result<'R, exn>) : string option =
        match a, b with
        | Ok a, Ok b -> difference a b
        | Error a, Error b when a.GetType() = b.GetType() -> None
        | Error a, Error b ->
            Some $"one throws {a.GetType().Name}, the other {b.GetType().Name}: {a.Message} | {b.Message}"
        | Ok _, Error e -> Some $"only the second throws: {e}"
        | Error e, Ok _ -> Some $"only the first throws: {e}"

namespace Functional

open System
open System.Collections.Generic

/// Structures: any nesting of tuples, records, unions, arrays, lists and maps with tensors at the leaves. What a structure
/// holds besides is static: it enters the signature of an accelerated function by value.
[<AbstractClass; Sealed>]
type Structure =
    static member private Parts(structures: 'T list) =
        let parts = structures |> List.map (box >> Structures.flatten)
        let skeletons = parts |> List.map snd

        if skeletons |> List.exists (fun s -> not (s.Equals skeletons.Head)) then
            let types = parts |> List.collect (fst >> List.ofArray >> List.map (fun t -> t.Type))
            raise (
                StructureException(
                    "Structure.Map",
                    types,
                    "the structures differ",
                    "give structures of the same nesting and the same static values"
                )
            )

        List.map fst parts

    /// The tensors of a structure, in the order in which they are declared or held.
    /// Throws StructureException for an object that is no structure, or that contains itself.
    static member Leaves<'T>(structure: 'T) : IReadOnlyList<Tensor> =
        let leaves, _ = Structures.flatten structure in leaves

    /// The structure with each tensor replaced by what the function makes of it.
    static member Map<'T>(f: Func<Tensor, Tensor>, structure: 'T) : 'T =
        Structures.replace structure (Structures.flatten structure |> fst |> Array.map f.Invoke)

    /// The structure of what the function makes of the tensors at the same place.
    /// Throws StructureException where the structures differ in more than their tensors.
    static member Map<'T>(f: Func<Tensor, Tensor, Tensor>, first: 'T, second: 'T) : 'T =
        match Structure.Parts [ first; second ] with
        | [ a; b ] -> Structures.replace first (Array.map2 (fun a b -> f.Invoke(a, b)) a b)
        | _ -> first

    /// The structure of what the function makes of the tensors at the same place.
    /// Throws StructureException where the structures differ in more than their tensors.
    static member Map<'T>(f: Func<Tensor, Tensor, Tensor, Tensor>, first: 'T, second: 'T, third: 'T) : 'T =
        match Structure.Parts [ first; second; third ] with
        | [ a; b; c ] -> Structures.replace first (Array.map3 (fun a b c -> f.Invoke(a, b, c)) a b c)
        | _ -> first

    /// Whether two structures are alike, and each tensor of one has type and bits of the other's: 0 is not -0, and NaN is
    /// itself. A host read.
    static member HasSameBits<'T>(first: 'T, second: 'T) : bool =
        let xs, left = Structures.flatten first
        let ys, right = Structures.flatten second
        let elements (t: Tensor) = Blocks.toArray t.Type (t.Interpreter.Read t)

        left.Equals right
        && Array.forall2
            (fun (x: Tensor) (y: Tensor) -> x.Type = y.Type && Blocks.sameBits (elements x) (elements y))
            xs
            ys

    /// Makes a type a structure: `parts` gives its parts (tensors, structures and static values), `rebuild` an object like
    /// the given one with other parts. Parts and their number depend on the object alone.
    static member Register<'T when 'T: not null>
        (parts: Func<'T, IReadOnlyList<objnull>>, rebuild: Func<'T, IReadOnlyList<objnull>, 'T>)
        : unit =
        let make x values = box (rebuild.Invoke(unbox x, values)) |> nonNull
        let open' ty : Opening = RegisteredOpening(ty, (fun x -> Array.ofSeq (parts.Invoke(unbox x))), make)
        Openings.register typeof<'T> open'

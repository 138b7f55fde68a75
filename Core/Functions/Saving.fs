namespace Functional.FSharp

open System.Collections.Generic
open Functional

/// Files of safetensors (https://github.com/huggingface/safetensors), as PyTorch, JAX and others read and write them. Files are
/// whole at any time: a new one is put in the place of the one before when all of it is written. What is read is checked before
/// room is made for it. All throw DataFormatException for a file that is none of tensors, is cut short, or holds numbers that no
/// tensor can, and IOException where a file cannot be opened.
[<RequireQualifiedAccess>]
module Safetensors =
    /// Writes tensors by name, and texts of your own. Labels of formats are kept as notes that other readers pass over.
    /// Throws ArgumentException where two have one name.
    let write (path: string) (metadata: (string * string) list) (tensors: (string * Tensor) list) : unit =
        SafetensorsCodec.write path tensors metadata

    /// All tensors of a file, in its order. F16 and BF16 become Float32, integers of 8 and 16 bits Int32, U32 becomes Int64.
    let read (path: string) : SafetensorsFile = SafetensorsCodec.read path

/// Structures of tensors (networks, states of optimisers, records, lists …) to and from files of safetensors. A tensor is named by
/// its place, as `0.weights` of a network's first layer. All that is no tensor belongs to the program: it is not saved, and stays as it is in what is
/// loaded into.
[<RequireQualifiedAccess>]
module Saving =
    /// The name of each tensor of a structure.
    let names (structure: 'T) : IReadOnlyList<string> = List.toArray (SavedStructure.names structure)

    /// Writes the tensors of a structure, state and parameters.
    let save (path: string) (structure: 'T) : unit = SavedStructure.save path [] structure

    /// The structure with the tensors of a file.
    /// Throws SavedStructureException where names, sizes or types differ: it lists all that do.
    let load (path: string) (like: 'T) : 'T = fst (SavedStructure.load path like)

    /// Writes a network: its layers, how they are connected, and their tensors.
    /// Throws StructureException for a layer that holds what no file does, such as a function: it names the place.
    let saveNetwork (path: string) (network: Network) : unit = NetworkFile.save path network

    /// The network of a file. Layers of your own are made only if their types are given; what they hold as IReadOnlyList comes
    /// back as an array.
    /// Throws StructureException for a layer of another type, ArgumentException for a type that is no layer,
    /// DataFormatException for a file that says of no network, SavedStructureException where tensors are not those that it
    /// says of.
    let loadNetwork (layerTypes: System.Type list) (path: string) : Network = NetworkFile.load layerTypes path

using Microsoft.FSharp.Collections;

namespace Functional;

/// <summary>
/// Files of safetensors (https://github.com/huggingface/safetensors), as PyTorch, JAX and others read and write them. Files are
/// whole at any time: a new one is put in the place of the one before when all of it is written. What is read is checked before
/// room is made for it.
/// </summary>
public static class Safetensors
{
    /// <summary>Writes tensors by name. Labels of formats are kept as notes that other readers pass over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">In the order in which they are to lie in it.</param>
    /// <param name="metadata">Texts of your own.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null) =>
        SafetensorsCodec.write(path, Pairs(tensors), Pairs(metadata ?? []));

    /// <summary>
    /// All tensors of a file, in its order. F16 and BF16 become Float32, integers of 8 and 16 bits Int32, U32 becomes Int64.
    /// </summary>
    /// <exception cref="DataFormatException">The file is none of tensors, is cut short, or holds numbers that no tensor can.</exception>
    public static SafetensorsFile Read(string path) => SafetensorsCodec.read(path);

    private static FSharpList<Tuple<string, T>> Pairs<T>(IEnumerable<KeyValuePair<string, T>> pairs) =>
        ListModule.OfSeq(pairs.Select(p => Tuple.Create(p.Key, p.Value)));
}

/// <summary>
/// Structures of tensors (networks, states of optimisers, records, lists …) to and from files of safetensors. A tensor is named by
/// its place, as <c>0.weights</c> of a network's first layer. All that is no tensor belongs to the program: it is not saved, and stays as it is in what
/// is loaded into.
/// </summary>
public static class Saving
{
    /// <summary>The name of each tensor of a structure.</summary>
    public static IReadOnlyList<string> Names<T>(T structure) => [.. SavedStructure.names(structure)];

    /// <summary>Writes the tensors of a structure, state and parameters.</summary>
    public static void Save<T>(string path, T structure) =>
        SavedStructure.save(path, FSharpList<Tuple<string, string>>.Empty, structure);

    /// <summary>The structure with the tensors of a file.</summary>
    /// <exception cref="DataFormatException">The file is none of tensors, or is cut short.</exception>
    /// <exception cref="SavedStructureException">Names, sizes or types differ; all that do are listed.</exception>
    public static T Load<T>(string path, T like) => SavedStructure.load(path, like).Item1;

    /// <summary>Writes a network: its layers, how they are connected, and their tensors.</summary>
    /// <exception cref="StructureException">
    /// A layer holds what no file does, such as a function: the error names the place.
    /// </exception>
    public static void SaveNetwork(string path, Network network) => NetworkFile.save(path, network);

    /// <summary>
    /// The network of a file. Layers of your own are made only if their types are given; what they hold as
    /// <see cref="IReadOnlyList{T}"/> comes back as an array.
    /// </summary>
    /// <exception cref="StructureException">A layer is of another type.</exception>
    /// <exception cref="ArgumentException">A type is no layer.</exception>
    /// <exception cref="DataFormatException">The file says of no network.</exception>
    /// <exception cref="SavedStructureException">Tensors are not those that the file says of.</exception>
    public static Network LoadNetwork(string path, params Type[] layerTypes) => NetworkFile.load(layerTypes, path);
}

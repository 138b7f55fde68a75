using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Functional.Benchmarks.Peers;

/// <summary>Writes a model for ONNX Runtime, op by op; values are known by their names.</summary>
internal sealed class OnnxModel
{
    private const int Float = (int)TensorProto.Types.DataType.Float;
    private const int OpsetVersion = 17, FormatVersion = 8;

    private readonly GraphProto _graph = new() { Name = "case" };

    public string Input(string name, params long[] sizes)
    {
        _graph.Input.Add(Described(name, sizes));
        return name;
    }

    /// <summary>A tensor that belongs to the model.</summary>
    public string Constant(float[] data, params long[] sizes)
    {
        TensorProto tensor = new()
        {
            Name = $"constant{_graph.Initializer.Count}",
            DataType = Float,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(data)),
        };
        tensor.Dims.AddRange(sizes);
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    public string Number(float value) => Constant([value]);

    /// <summary>Applies an operator of ONNX; the name of its result.</summary>
    public string Apply(string op, params string[] operands) => ApplyWith(new Dictionary<string, long[]>(), op, operands);

    /// <summary>Applies an operator of ONNX with attributes that are lists of whole numbers.</summary>
    public string ApplyWith(IReadOnlyDictionary<string, long[]> attributes, string op, params string[] operands)
    {
        NodeProto node = new() { OpType = op };
        node.Input.AddRange(operands);
        foreach ((string name, long[] values) in attributes)
        {
            AttributeProto attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
            attribute.Ints.AddRange(values);
            node.Attribute.Add(attribute);
        }
        node.Output.Add($"value{_graph.Node.Count}");
        _graph.Node.Add(node);
        return node.Output[0];
    }

    /// <summary>The whole model, which gives the value of this name and these sizes.</summary>
    public byte[] Giving(string output, params long[] sizes)
    {
        _graph.Output.Add(Described(output, sizes));
        ModelProto model = new() { IrVersion = FormatVersion, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        return model.ToByteArray();
    }

    private static ValueInfoProto Described(string name, long[] sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.AddRange(sizes.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = Float, Shape = shape } } };
    }
}

using System.Buffers.Binary;
using System.Text.Json;

namespace TransformerGen.Oracle;

/// <summary>One tensor of a safetensors file, whatever its type there, as doubles in row-major order.</summary>
internal sealed record StoredTensor(int[] Shape, double[] Data)
{
    /// <summary>All dimensions but the last, by the last; a vector is one row.</summary>
    public Matrix ToMatrix()
    {
        int columns = Shape.Length == 0 ? 1 : Shape[^1];
        return new Matrix(columns == 0 ? 0 : Data.Length / columns, columns, Data);
    }
}

/// <summary>A plain reader of small safetensors files (F32, F64, F16, BF16 and I64), independent of the one under test.</summary>
internal static class TensorFile
{
    /// <summary>Every tensor of a file by name.</summary>
    /// <exception cref="NotSupportedException">A tensor has another type.</exception>
    public static Dictionary<string, StoredTensor> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                continue;
            }

            int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
            JsonElement offsets = entry.Value.GetProperty("data_offsets");
            int first = offsets[0].GetInt32(), end = offsets[1].GetInt32();
            ReadOnlySpan<byte> data = bytes.AsSpan(8 + headerLength + first, end - first);
            tensors.Add(entry.Name, new StoredTensor(shape, Decode(entry.Name, entry.Value.GetProperty("dtype").GetString()!, data)));
        }

        return tensors;
    }

    private static double[] Decode(string name, string type, ReadOnlySpan<byte> data)
    {
        int size = type switch
        {
            "F32" => 4,
            "F16" or "BF16" => 2,
            "F64" or "I64" => 8,
            _ => throw new NotSupportedException($"The tensor {name} is {type}; the oracle reads F32, F64, F16, BF16 and I64."),
        };
        var values = new double[data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> element = data.Slice(i * size, size);
            values[i] = type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(element),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(element),
                "BF16" => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(element),
                _ => BinaryPrimitives.ReadInt64LittleEndian(element),
            };
        }

        return values;
    }
}

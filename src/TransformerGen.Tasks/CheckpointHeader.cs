using System.Globalization;
using System.Text;
using TransformerGen.Generator.Json;

namespace TransformerGen.Tasks;

/// <summary>Reads the names and shapes of a checkpoint: of a safetensors file, or of an index and the shards beside it. No tensor is read.</summary>
internal static class CheckpointHeader
{
    private const int PrefixLength = 8;

    /// <summary>Bits of an element by the format's names.</summary>
    private static readonly Dictionary<string, int> s_bits = new(StringComparer.Ordinal)
    {
        ["F64"] = 64,
        ["F32"] = 32,
        ["F16"] = 16,
        ["BF16"] = 16,
        ["I64"] = 64,
        ["I32"] = 32,
        ["I16"] = 16,
        ["I8"] = 8,
        ["U64"] = 64,
        ["U32"] = 32,
        ["U16"] = 16,
        ["U8"] = 8,
        ["BOOL"] = 8,
        ["C64"] = 64,
        ["F8_E4M3"] = 8,
        ["F8_E5M2"] = 8,
        ["F8_E8M0"] = 8,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        ["F4"] = 4,
    };

    /// <summary>Names and shapes, such as [5, 4], sorted by name.</summary>
    /// <param name="path">A .safetensors file, or an index of shards (*.index.json).</param>
    /// <exception cref="InvalidDataException">The file is not sound; the message says why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SortedDictionary<string, string> Read(string path)
    {
        var tensors = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
        {
            ReadFile(path, tensors);
            return tensors;
        }

        JsonValue map = Parse(File.ReadAllText(path), path).Members.FirstOrDefault(member => member.Name == "weight_map")?.Value
            ?? throw new InvalidDataException("The index has no weight_map.");
        string folder = Path.GetDirectoryName(path)!;
        var stored = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string shard in map.Members.Select(member => member.Value.Text).Distinct(StringComparer.Ordinal))
        {
            if (shard.Split('/', '\\').Any(part => part is "" or "." or "..") || shard.IndexOf(':') >= 0)
            {
                throw new InvalidDataException($"The index names the shard '{shard}', which is not below its folder.");
            }

            ReadFile(Path.Combine(folder, shard), stored);
        }

        foreach (JsonMember member in map.Members)
        {
            tensors[member.Name] = stored.TryGetValue(member.Name, out string? shape)
                ? shape
                : throw new InvalidDataException($"The index lists '{member.Name}', which its shard {member.Value.Text} lacks.");
        }

        return tensors;
    }

    private static void ReadFile(string path, SortedDictionary<string, string> tensors)
    {
        using FileStream stream = File.OpenRead(path);
        byte[] prefix = ReadBytes(stream, PrefixLength);
        ulong length = BitConverter.ToUInt64(prefix, 0);
        if (length > (ulong)(stream.Length - PrefixLength) || length > JsonParser.MaximumLength)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} has a header of {length} bytes, more than follow or than {JsonParser.MaximumLength}: this is no safetensors file, or it is cut off.");
        }

        string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadBytes(stream, (int)length));
        var parts = new List<(long Begin, long End, string Name)>();
        foreach (JsonMember member in Parse(text, path).Members.Where(member => member.Name != "__metadata__"))
        {
            tensors[member.Name] = ReadEntry(member, parts);
        }

        long end = 0;
        foreach ((long begin, long next, string name) in parts.OrderBy(part => part.Begin).ThenBy(part => part.End))
        {
            end = begin == end ? next : throw new InvalidDataException($"The data of '{name}' begins at {begin}, and the tensor before it ends at {end}.");
        }

        long data = stream.Length - PrefixLength - (long)length;
        if (end != data)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} holds {data} bytes of data, and its tensors take {end}: the file is cut off, or something follows.");
        }
    }

    /// <summary>Checks one entry; its shape as text.</summary>
    private static string ReadEntry(JsonMember entry, List<(long Begin, long End, string Name)> parts)
    {
        JsonValue? Member(string name) => entry.Value.Members.FirstOrDefault(member => member.Name == name)?.Value;
        long[]? shape = Numbers(Member("shape")), offsets = Numbers(Member("data_offsets"));
        if (shape is null || offsets is not { Length: 2 } || Member("dtype") is not { } type || !s_bits.TryGetValue(type.Text, out int bits) || entry.Name.Any(char.IsControl))
        {
            throw new InvalidDataException($"The entry '{entry.Name}' of the header lacks a dtype, a shape or data_offsets of the format.");
        }

        long count = 1;
        foreach (long extent in shape)
        {
            count = checked(count * extent);
        }

        if (offsets[1] - offsets[0] != (checked(count * bits) + 7) / 8)
        {
            throw new InvalidDataException($"'{entry.Name}', {type.Text} of [{string.Join(", ", shape)}], has {offsets[1] - offsets[0]} bytes of data.");
        }

        parts.Add((offsets[0], offsets[1], entry.Name));
        return $"[{string.Join(", ", shape)}]";
    }

    private static long[]? Numbers(JsonValue? value)
    {
        var numbers = new List<long>();
        foreach (JsonValue item in value is { Kind: JsonKind.Array } ? value.Items : [])
        {
            if (!long.TryParse(item.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return value is { Kind: JsonKind.Array } ? [.. numbers] : null;
    }

    private static JsonValue Parse(string text, string path)
    {
        (JsonValue? value, JsonError? error) = JsonParser.Parse(text);
        return value is { Kind: JsonKind.Object } ? value : throw new InvalidDataException($"{Path.GetFileName(path)}: its JSON is no object{(error is null ? "" : ": " + error.Message)}.");
    }

    private static byte[] ReadBytes(FileStream stream, int count)
    {
        var bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int read = stream.Read(bytes, at, count - at);
            at += read > 0 ? read : throw new InvalidDataException($"The file ends after {stream.Length} bytes.");
        }

        return bytes;
    }
}

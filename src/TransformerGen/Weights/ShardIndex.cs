using System.Text.Json;
using System.Text.Unicode;

namespace TransformerGen.Weights;

/// <summary>Reads the index of a sharded checkpoint: <c>{"metadata": {...}, "weight_map": {"tensor": "file", ...}}</c>. Only the map counts; the metadata's total_size is often wrong in the wild.</summary>
internal static class ShardIndex
{
    private const string MapKey = "weight_map";
    private const string Extension = ".safetensors";

    /// <summary>Reads an index from a file, but nothing that is too long to be one.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        long length = new FileInfo(path).Length;
        return length > SafeTensorsHeader.MaxLength
            ? throw new SafeTensorsException(path, null, "The index is too long.", $"{length} bytes", $"at most {SafeTensorsHeader.MaxLength} bytes")
            : Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>File names by tensor; every name is a path below the index's folder.</summary>
    public static Dictionary<string, string> Parse(ReadOnlySpan<byte> json, string source)
    {
        if (!Utf8.IsValid(json))
            throw new SafeTensorsException(source, null, "The index is not text.", "bytes that are not UTF-8", "a JSON object in UTF-8");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        Dictionary<string, string>? map = null;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw Unexpected(ref reader, source, "The index must be an object.", "an object with weight_map");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isMap = reader.ValueTextEquals(MapKey);
                reader.Read();
                if (!isMap)
                    reader.Skip();
                else if (map is not null)
                    throw new SafeTensorsException(source, null, "The index has two maps.", $"a second {MapKey}", "one");
                else
                    map = ParseMap(ref reader, source);
            }

            // Beyond the object only white space is allowed; the reader throws at anything else.
            reader.Read();
        }
        catch (JsonException e)
        {
            throw new SafeTensorsException(source, null, "The index is not valid JSON.", $"an error at byte {reader.BytesConsumed} ({e.Message})", "a JSON object", e);
        }
        catch (InvalidOperationException e)
        {
            throw new SafeTensorsException(source, null, "A string of the index is not text.", $"an escaped half of a surrogate pair at byte {reader.TokenStartIndex}", "whole characters", e);
        }

        return map is { Count: > 0 }
            ? map
            : throw new SafeTensorsException(source, null, "The index lists no tensors.", map is null ? $"no {MapKey}" : $"an empty {MapKey}", $"{MapKey} with a file for each tensor");
    }

    private static Dictionary<string, string> ParseMap(ref Utf8JsonReader reader, string source)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Unexpected(ref reader, source, $"The index's {MapKey} must map tensors to files.", "an object");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string tensor = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Unexpected(ref reader, source, $"The file of {SafeTensorsException.Quote(tensor)} must be a string.", "the name of a file");
            string file = reader.GetString()!;
            if (!files.TryGetValue(file, out string? known))
            {
                CheckName(file, tensor, source);
                files.Add(file, known = file);
            }

            if (!map.TryAdd(tensor, known))
                throw new SafeTensorsException(source, tensor, "The index lists it twice.", "a second entry of that name", "one");
        }

        return map;
    }

    /// <summary>An index may come from anywhere; it must not make a reader open what lies elsewhere.</summary>
    private static void CheckName(string file, string tensor, string source)
    {
        bool below = file.Split('/').All(part => part is not ("" or "." or "..")) && file.AsSpan().IndexOfAny('\\', ':', '\0') < 0;
        if (!below)
            throw new SafeTensorsException(source, tensor, "Its file is not below the folder of the index.", SafeTensorsException.Quote(file), "a relative path with '/' and without '..'");
        if (!file.EndsWith(Extension, StringComparison.Ordinal))
            throw new SafeTensorsException(source, tensor, "Its file is no safetensors file.", SafeTensorsException.Quote(file), $"a name that ends in {Extension}");
    }

    private static SafeTensorsException Unexpected(ref Utf8JsonReader reader, string source, string reason, string expected) =>
        new(source, null, reason, $"{reader.TokenType} at byte {reader.TokenStartIndex}", expected);
}

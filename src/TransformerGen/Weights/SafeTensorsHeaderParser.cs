using System.Text;
using System.Text.Json;

namespace TransformerGen.Weights;

/// <summary>Reads the JSON of a header token by token: no document in memory, no key twice.</summary>
internal ref struct SafeTensorsHeaderParser
{
    private readonly string source;
    private Utf8JsonReader reader;

    public SafeTensorsHeaderParser(ReadOnlySpan<byte> json, string source)
    {
        this.source = source;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
    }

    public Dictionary<string, TensorInfo> Tensors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public void Parse()
    {
        try
        {
            ParseRoot();
        }
        catch (JsonException e)
        {
            throw new SafeTensorsException(
                source, null, "The header is not valid JSON.",
                $"an error at byte {reader.BytesConsumed} of the header ({e.Message})", "a JSON object of tensors", e);
        }
        catch (InvalidOperationException e)
        {
            // Where a string is fetched or compared, the reader finds escapes that stand for no character.
            throw new SafeTensorsException(
                source, null, "A string of the header is not text.",
                $"an escaped half of a surrogate pair at byte {reader.TokenStartIndex} of the header", "whole characters", e);
        }
    }

    private void ParseRoot()
    {
        bool metadataSeen = false;
        reader.Read();
        while (NextKey() is string name)
        {
            reader.Read();
            if (name == SafeTensorsHeader.MetadataKey)
            {
                if (metadataSeen)
                    throw Error(null, "The header has two entries of metadata.", "a second __metadata__", "one");
                metadataSeen = true;
                ParseMetadata();
            }
            else if (!Tensors.TryAdd(name, ParseTensor(name)))
            {
                throw Error(name, "The header lists it twice.", "a second entry of that name", "one");
            }
        }

        // Beyond the object only white space is allowed; the reader throws at anything else.
        reader.Read();
    }

    private void ParseMetadata()
    {
        // The format's own reader takes null for none.
        if (reader.TokenType == JsonTokenType.Null)
            return;
        Require(null, JsonTokenType.StartObject, "The metadata must map strings to strings.", "an object");
        while (NextKey() is string key)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Unexpected(null, $"The metadata entry {SafeTensorsException.Quote(key)} must be a string.", "a string");
            if (!Metadata.TryAdd(key, Text()))
                throw Error(null, $"The metadata lists {SafeTensorsException.Quote(key)} twice.", "a second entry of that name", "one");
        }
    }

    private TensorInfo ParseTensor(string name)
    {
        Require(name, JsonTokenType.StartObject, "A tensor's entry must be an object.", "an object with dtype, shape and data_offsets");
        TensorType? type = null;
        long[]? shape = null;
        Span<long> numbers = stackalloc long[SafeTensorsHeader.MaxRank];
        Span<long> pair = stackalloc long[2];
        int offsets = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Compared in place: three strings fewer for each tensor of the file.
            if (reader.ValueTextEquals("dtype"u8))
            {
                RequireOnce(name, "dtype", type is not null);
                type = ParseType(name);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                RequireOnce(name, "shape", shape is not null);
                shape = numbers[..ParseNumbers(name, "shape", numbers)].ToArray();
            }
            else if (reader.ValueTextEquals("data_offsets"u8))
            {
                RequireOnce(name, "data_offsets", offsets >= 0);
                offsets = ParseNumbers(name, "data_offsets", pair);
            }
            else
            {
                // What a later version may add; the format's own reader passes it by, too.
                reader.Skip();
            }
        }

        if (type is null || shape is null || offsets < 0)
        {
            string missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Error(name, "Its entry lacks a key.", $"no {missing}", "dtype, shape and data_offsets");
        }

        return Check(name, type.Value, shape, pair[..offsets]);
    }

    private readonly TensorInfo Check(string name, TensorType type, long[] shape, scoped ReadOnlySpan<long> offsets)
    {
        if (offsets.Length != 2)
            throw Error(name, "Its data_offsets must be a pair.", $"{offsets.Length} numbers", "begin and end");
        if (offsets[0] > offsets[1])
            throw Error(name, "Its data_offsets run backwards.", $"begin {offsets[0]} and end {offsets[1]}", "begin <= end");
        if (TensorTypes.ElementCount(shape) is not long elements)
            throw Error(name, "Its shape overflows.", TensorInfo.Describe(shape), "a product below 2^63");
        if (type.ByteLength(elements) is not long bytes)
            throw Error(name, "Its size is not a number of bytes.", $"{type.HeaderName()} {TensorInfo.Describe(shape)} of {type.BitSize()} bits each", "whole bytes, fewer than 2^63");
        if (offsets[1] - offsets[0] != bytes)
            throw Error(name, "Its data_offsets do not fit its type and shape.", $"{offsets[1] - offsets[0]} bytes", $"{bytes} for {type.HeaderName()} {TensorInfo.Describe(shape)}");
        return new TensorInfo(name, type, Array.AsReadOnly(shape), offsets[0], bytes);
    }

    private TensorType ParseType(string name)
    {
        reader.Read();
        Require(name, JsonTokenType.String, "Its dtype must be a string.", "a string");
        foreach (TensorType type in TensorTypes.All)
        {
            if (reader.ValueTextEquals(type.HeaderName()))
                return type;
        }

        throw Error(name, "Its dtype is unknown.", SafeTensorsException.Quote(Text()), $"one of {TensorTypes.AllNames}");
    }

    /// <summary>Reads an array into <paramref name="numbers"/>, which is as long as the array may be, and returns how many there were.</summary>
    private int ParseNumbers(string name, string key, scoped Span<long> numbers)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Unexpected(name, $"Its {key} must be an array.", "an array of whole numbers");
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == numbers.Length)
                throw Error(name, $"Its {key} is too long.", $"more than {numbers.Length} numbers", $"at most {numbers.Length}");
            if (reader.TokenType != JsonTokenType.Number)
                throw Unexpected(name, $"Its {key} must hold whole numbers.", "whole numbers from 0 to 2^63 - 1");
            if (reader.ValueSpan[0] == (byte)'-' || !reader.TryGetInt64(out numbers[count]))
                throw Error(name, $"Its {key} must hold whole numbers.", SafeTensorsException.Quote(Encoding.UTF8.GetString(reader.ValueSpan)), "whole numbers from 0 to 2^63 - 1");
            count++;
        }

        return count;
    }

    private readonly void RequireOnce(string tensor, string key, bool seen)
    {
        if (seen)
            throw Error(tensor, "A key stands twice in its entry.", $"a second {key}", "one");
    }

    /// <summary>The next key of the current object, or <see langword="null"/> at its end.</summary>
    private string? NextKey() => reader.Read() && reader.TokenType == JsonTokenType.PropertyName ? Text() : null;

    private readonly string Text() => reader.GetString()!;

    private readonly void Require(string? tensor, JsonTokenType token, string reason, string expected)
    {
        if (reader.TokenType != token)
            throw Unexpected(tensor, reason, expected);
    }

    private readonly SafeTensorsException Unexpected(string? tensor, string reason, string expected) =>
        Error(tensor, reason, $"{reader.TokenType} at byte {reader.TokenStartIndex} of the header", expected);

    private readonly SafeTensorsException Error(string? tensor, string reason, string found, string expected) =>
        new(source, tensor, reason, found, expected);
}

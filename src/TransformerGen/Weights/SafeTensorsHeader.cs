using System.Text.Unicode;

namespace TransformerGen.Weights;

/// <summary>
/// The parsed and checked header of a safetensors file: 8 bytes of length (little-endian), that many bytes of JSON, then the data.
/// An instance exists only when every entry is sound and the tensors cover the data from its first to its last byte, once each.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>Bytes of the length field in front of the JSON.</summary>
    public const int PrefixLength = 8;

    /// <summary>The format's limit for the JSON, in bytes.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>A limit of ours: no real tensor has more dimensions, and a hostile header cannot turn two bytes of text into eight of memory without end.</summary>
    public const int MaxRank = 64;

    /// <summary>The entry that holds the metadata instead of a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly TensorInfo[] byOffset;

    private SafeTensorsHeader(Dictionary<string, TensorInfo> tensors, Dictionary<string, string> metadata, TensorInfo[] byOffset)
    {
        Tensors = tensors.AsReadOnly();
        Metadata = metadata.AsReadOnly();
        this.byOffset = byOffset;
        DataLength = byOffset.Length == 0 ? 0 : byOffset[^1].Offset + byOffset[^1].ByteLength;
    }

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Bytes of data that the tensors take together.</summary>
    public long DataLength { get; }

    /// <summary>Checks the length field before anything is read or allocated by it.</summary>
    /// <param name="declared">The value of the length field.</param>
    /// <param name="available">Bytes that follow the length field, when known.</param>
    /// <param name="source">What is read, for messages.</param>
    /// <returns>The length of the JSON in bytes.</returns>
    public static int CheckLength(ulong declared, long? available, string source)
    {
        if (declared > MaxLength)
            throw new SafeTensorsException(source, null, "The header is too long; this is not a safetensors file, or it is damaged.", $"a length field of {declared}", $"at most {MaxLength} bytes");
        if (available is long rest && (long)declared > rest)
            throw new SafeTensorsException(source, null, "The header reaches beyond the end of the file.", $"a length field of {declared}", $"at most the {rest} bytes that follow it");
        return (int)declared;
    }

    /// <summary>Parses the JSON and checks everything that can be checked without the data.</summary>
    public static SafeTensorsHeader Parse(ReadOnlySpan<byte> json, string source)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new SafeTensorsException(source, null, "The header must begin with '{'.", json.IsEmpty ? "an empty header" : $"byte 0x{json[0]:X2}", "byte 0x7B");
        if (!Utf8.IsValid(json))
            throw new SafeTensorsException(source, null, "The header is not text.", "bytes that are not UTF-8", "a JSON object in UTF-8");

        var parser = new SafeTensorsHeaderParser(json, source);
        parser.Parse();
        TensorInfo[] byOffset = [.. parser.Tensors.Values];
        Array.Sort(byOffset, static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.ByteLength.CompareTo(b.ByteLength));
        CheckContiguous(byOffset, source);
        return new SafeTensorsHeader(parser.Tensors, parser.Metadata, byOffset);
    }

    /// <summary>Checks that the data is exactly as long as the tensors say.</summary>
    public void CheckData(long actual, string source)
    {
        if (actual > DataLength)
            throw new SafeTensorsException(source, null, "Bytes follow the last tensor.", $"{actual} bytes of data", $"{DataLength}, the end of the last tensor");
        if (actual < DataLength)
        {
            TensorInfo cut = byOffset.First(tensor => tensor.Offset + tensor.ByteLength > actual);
            throw new SafeTensorsException(source, cut.Name, "The file is cut off.", $"{actual} bytes of data", $"{DataLength}; this tensor ends at {cut.Offset + cut.ByteLength}");
        }
    }

    private static void CheckContiguous(TensorInfo[] byOffset, string source)
    {
        long end = 0;
        foreach (TensorInfo tensor in byOffset)
        {
            if (tensor.Offset > end)
                throw new SafeTensorsException(source, tensor.Name, "A hole in the data belongs to no tensor.", $"data_offsets that begin at {tensor.Offset}", $"{end}, where the tensor before it ends");
            if (tensor.Offset < end)
                throw new SafeTensorsException(source, tensor.Name, "Its data overlaps another tensor's.", $"data_offsets that begin at {tensor.Offset}", $"{end}, where the tensor before it ends");
            end += tensor.ByteLength;
        }
    }
}

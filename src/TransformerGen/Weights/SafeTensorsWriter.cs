using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TransformerGen.Weights;

/// <summary>
/// Writes safetensors files. Tensors stream through one small buffer, so a model is never in memory twice; the same tensors and
/// metadata give the same bytes.
/// </summary>
public static class SafeTensorsWriter
{
    private const int Alignment = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Writes a file atomically: to a temporary file in the same folder, flushed to the disk and renamed over <paramref name="path"/>. When anything throws, a
    /// fill included, no temporary file remains and the old file is untouched.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">The tensors, each name once.</param>
    /// <param name="metadata">Free-form text; written in ordinal order of its keys. Nothing is written when it is absent or empty.</param>
    /// <param name="order">The order of the tensors in the file.</param>
    /// <exception cref="ArgumentException">A name stands twice, is reserved or is not text, or the header would exceed the format's 100 MB.</exception>
    /// <exception cref="IOException">The file cannot be written; on Windows also when another reader holds the old file mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written.</exception>
    public static void Write(string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null, TensorOrder order = TensorOrder.ByName)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TensorSource[] ordered = Order(tensors, order);
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, stream => Write(stream, header, ordered));
    }

    /// <summary>Writes a file's bytes to a stream, which stays open and is not flushed.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="tensors">The tensors, each name once.</param>
    /// <param name="metadata">Free-form text; written in ordinal order of its keys. Nothing is written when it is absent or empty.</param>
    /// <param name="order">The order of the tensors in the file.</param>
    /// <exception cref="ArgumentException">A name stands twice, is reserved or is not text, or the header would exceed the format's 100 MB.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public static void Write(Stream stream, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null, TensorOrder order = TensorOrder.ByName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        TensorSource[] ordered = Order(tensors, order);
        Write(stream, Header(ordered, metadata), ordered);
    }

    private static void Write(Stream stream, byte[] header, TensorSource[] tensors)
    {
        stream.Write(header);
        float[] floats = ArrayPool<float>.Shared.Rent(TensorSource.ChunkLength);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(TensorSource.ChunkLength * sizeof(double));
        try
        {
            foreach (TensorSource tensor in tensors)
                tensor.WriteTo(stream, floats, bytes);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(floats);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The tensors in the order of a file; names are checked.</summary>
    internal static TensorSource[] Order(IReadOnlyList<TensorSource> tensors, TensorOrder order)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors data is little-endian and is written as it is in memory; this machine is big-endian.");
        TensorSource[] ordered = [.. tensors];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorSource tensor in ordered)
        {
            RequireText(tensor.Name, nameof(tensors));
            if (tensor.Name == SafeTensorsHeader.MetadataKey)
                throw new ArgumentException($"A tensor cannot be named '{SafeTensorsHeader.MetadataKey}': that entry holds the metadata.", nameof(tensors));
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Two tensors are named '{tensor.Name}'; names must be unique in a file.", nameof(tensors));
        }

        if (order == TensorOrder.ByName)
            Array.Sort(ordered, static (a, b) => a.Type.BitSize() != b.Type.BitSize() ? b.Type.BitSize() - a.Type.BitSize() : string.CompareOrdinal(a.Name, b.Name));
        return ordered;
    }

    /// <summary>The length field and the JSON, padded with spaces so that the data begins at a multiple of 8.</summary>
    private static byte[] Header(TensorSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(SafeTensorsHeader.PrefixLength), 0);
        buffer.Advance(SafeTensorsHeader.PrefixLength);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long offset = 0;
            foreach (TensorSource tensor in tensors)
                offset = WriteEntry(json, tensor, offset);
            json.WriteEndObject();
        }

        int padding = (Alignment - (buffer.WrittenCount % Alignment)) % Alignment;
        buffer.GetSpan(Alignment)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        int length = header.Length - SafeTensorsHeader.PrefixLength;
        if (length > SafeTensorsHeader.MaxLength)
            throw new ArgumentException($"The header would take {length} bytes; the format allows {SafeTensorsHeader.MaxLength}. Shorten names or metadata, or split the file.", nameof(tensors));
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null or { Count: 0 })
            return;
        json.WriteStartObject(SafeTensorsHeader.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            RequireText(key, nameof(metadata));
            RequireText(value, nameof(metadata));
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, TensorSource tensor, long offset)
    {
        long end = checked(offset + tensor.ByteLength);
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype"u8, tensor.Type.HeaderName());
        json.WriteStartArray("shape"u8);
        foreach (long extent in tensor.Shape)
            json.WriteNumberValue(extent);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets"u8);
        json.WriteNumberValue(offset);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }

    /// <summary>Half a surrogate pair has no UTF-8; replaced silently, two names could become one.</summary>
    private static void RequireText(string text, string parameter)
    {
        try
        {
            _ = StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"A name or metadata text holds half a surrogate pair at character {e.Index} and cannot be written as UTF-8.", parameter, e);
        }
    }
}

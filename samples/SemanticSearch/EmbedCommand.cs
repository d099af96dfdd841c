using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SemanticSearch;

/// <summary>Writes the vector of every line of a file.</summary>
internal static class EmbedCommand
{
    private const int Block = 256;

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A JSON object a line, {"text": ..., "input_ids": [...], "embedding": [...]}, or without JSON the text, a tab and the numbers.</summary>
    /// <param name="encoder">What makes the vectors.</param>
    /// <param name="lines">The lines; blank ones have vectors, too.</param>
    /// <param name="json">Whether to write JSON.</param>
    /// <param name="output">Where the lines go, as UTF-8.</param>
    public static void Run(SentenceEncoder encoder, IEnumerable<string> lines, bool json, Stream output)
    {
        foreach (string[] block in lines.Chunk(Block))
        {
            int[][] ids = [.. block.Select(encoder.Tokenize)];
            float[][] vectors = encoder.Embed(ids);
            for (int i = 0; i < block.Length; i++)
            {
                if (json) WriteJson(block[i], ids[i], vectors[i], output);
                else output.Write(Encoding.UTF8.GetBytes(block[i] + "\t" + string.Join(' ', vectors[i].Select(x => x.ToString("R", CultureInfo.InvariantCulture)))));
                output.Write("\n"u8);
            }
        }

        output.Flush();
    }

    private static void WriteJson(string text, int[] ids, float[] vector, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, s_writing);
        writer.WriteStartObject();
        writer.WriteString("text", text);
        writer.WriteStartArray("input_ids");
        foreach (int id in ids) writer.WriteNumberValue(id);
        writer.WriteEndArray();
        writer.WriteStartArray("embedding");
        foreach (float x in vector) writer.WriteNumberValue(x);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

using System.IO.Compression;
using System.Text;
using TransformerGen.Testing;

namespace TransformerGen.Tests.Text;

/// <summary>Texts and reference results that the tests of text read.</summary>
internal static class TextData
{
    public static string Fixture(string name) => Path.Combine(Repository.Fixtures, "tokenizers", name);

    public static string[] GzipLines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return [.. lines];
    }

    public static int[] Ids(string spaced) => [.. spaced.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}

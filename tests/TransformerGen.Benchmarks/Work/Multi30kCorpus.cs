using System.Globalization;
using System.IO.Compression;

namespace TransformerGen.Benchmarks.Work;

/// <summary>The encoded Multi30k corpus of a reference run: pairs of ids, and the batches of every epoch.</summary>
internal sealed class Multi30kCorpus(string folder)
{
    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Pairs of a part (train, val, test_2016_flickr): source ids with the end token, target ids without begin and end.</summary>
    public List<(int[] Source, int[] Target)> Pairs(string part)
    {
        var pairs = new List<(int[], int[])>();
        foreach (string line in Lines(part + ".ids.gz"))
        {
            string[] sides = line.Split('\t');
            pairs.Add((Ids(sides[0]), Ids(sides[1])));
        }

        return pairs;
    }

    /// <summary>Line numbers of each batch, all epochs one behind the other.</summary>
    public List<int[]> Batches() => [.. Lines("batches.gz").Select(Ids)];

    private IEnumerable<string> Lines(string name)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Folder, name)), CompressionMode.Decompress));
        while (file.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static int[] Ids(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
}

using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using TransformerGen.Training;

namespace TransformerGen.Benchmarks.Work;

/// <summary>A reference run on Shakespeare's plays: the text as ids of characters, where each batch's windows begin, and the losses.</summary>
internal sealed class ShakespeareRun
{
    private const int WindowsPerBatch = 67;     // of a validation batch; any number gives the same mean

    private readonly int[] _ids;
    private readonly int _trained, _context;

    public ShakespeareRun(string folder, string text)
    {
        Folder = folder;
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json")));
        JsonElement root = report.RootElement;
        string characters = root.GetProperty("characters").GetString()!;
        _ids = [.. File.ReadAllText(text).Select(c => characters.IndexOf(c, StringComparison.Ordinal))];
        int strange = Array.IndexOf(_ids, -1);
        if (strange >= 0)
        {
            throw new InvalidDataException($"Character {strange} of {text} is none of the run's {characters.Length}: it is another text.");
        }

        (_trained, _context) = (root.GetProperty("train_characters").GetInt32(), root.GetProperty("context").GetInt32());
        Evaluations = root.GetProperty("evaluations").EnumerateArray().ToDictionary(e => e.GetProperty("step").GetInt32(), e => e.GetProperty("validation_loss").GetDouble());
        Losses = [.. File.ReadLines(Path.Combine(folder, "loss.tsv")).Skip(1).Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture))];
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "offsets.gz")), CompressionMode.Decompress));
        Offsets = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (int[])[.. line.Split(' ').Select(o => int.Parse(o, CultureInfo.InvariantCulture))])];
    }

    /// <summary>The run's folder, which holds its first weights, too.</summary>
    public string Folder { get; }

    /// <summary>Loss of each step.</summary>
    public double[] Losses { get; }

    /// <summary>For each step the first character of each of its windows.</summary>
    public int[][] Offsets { get; }

    /// <summary>Validation losses by the step after which they were taken.</summary>
    public Dictionary<int, double> Evaluations { get; }

    /// <summary>Adds a window: each character and the one behind it, which it is to predict.</summary>
    public void Add(TrainingBatch batch, int offset) => batch.Add(_ids.AsSpan(offset, _context), _ids.AsSpan(offset + 1, _context));

    /// <summary>The part of the text that is not trained on, in windows side by side.</summary>
    public IEnumerable<TrainingBatch> Validation()
    {
        foreach (int[] offsets in Windows().Chunk(WindowsPerBatch))
        {
            var batch = new TrainingBatch(ShakespeareGpt.Info);
            foreach (int offset in offsets)
            {
                Add(batch, offset);
            }

            yield return batch;
        }
    }

    private IEnumerable<int> Windows()
    {
        for (int offset = _trained; offset + _context < _ids.Length; offset += _context)
        {
            yield return offset;
        }
    }
}

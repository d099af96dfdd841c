namespace Classify;

/// <summary>A line to learn from, or to test with.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Text">Its text.</param>
internal readonly record struct LabelledText(string Label, string Text);

/// <summary>Files with a label, a tab and a text on each line.</summary>
internal static class LabelledFile
{
    // One line in so many of each label is held out of a file that comes without lines to test with.
    private const int HeldOutEvery = 5;

    /// <summary>The lines of a file. A line without label, tab or text is reported by its number and passed over; blank ones are passed over.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <param name="report">Receives what is wrong with a line.</param>
    public static List<LabelledText> Read(string path, Action<string> report)
    {
        var result = new List<LabelledText>();
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            int tab = line.IndexOf('\t');
            string label = tab < 0 ? "" : line[..tab].Trim(), text = tab < 0 ? "" : line[(tab + 1)..].Trim();
            if (label.Length == 0 || text.Length == 0) report($"{path}, line {number}: expected a label, a tab and a text; passed over.");
            else result.Add(new LabelledText(label, text));
        }

        return result;
    }

    /// <summary>Holds out every fifth line of each label.</summary>
    /// <param name="lines">All lines.</param>
    public static (List<LabelledText> Training, List<LabelledText> HeldOut) Split(IEnumerable<LabelledText> lines)
    {
        var training = new List<LabelledText>();
        var heldOut = new List<LabelledText>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (LabelledText line in lines)
        {
            int count = seen[line.Label] = seen.GetValueOrDefault(line.Label) + 1;
            (count % HeldOutEvery == 0 ? heldOut : training).Add(line);
        }

        return (training, heldOut);
    }
}

using System.Text;

namespace Translate.Corpus;

/// <summary>Reads pairs from a text file: source, tab, target; UTF-8 with or without a mark at its start.</summary>
internal static class PairFile
{
    /// <summary>Reads the pairs of a file, in order; empty lines are passed over and bad ones reported.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">Told the number of each bad line, counted from 1, and what is wrong with it; reading goes on.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static List<SentencePair> Read(string path, Action<int, string> report)
    {
        using Stream stream = File.OpenRead(path);
        return Read(stream, report);
    }

    /// <summary>Reads the pairs of a stream; see <see cref="Read(string, Action{int, string})"/>.</summary>
    public static List<SentencePair> Read(Stream stream, Action<int, string> report)
    {
        var pairs = new List<SentencePair>();
        var seen = new HashSet<(string Source, string Target)>();
        // A line with bytes that are no UTF-8 decodes to U+FFFD, which is reported; throwing would end the run.
        using var reader = new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (Problem(line) is { } problem)
            {
                report(number, problem);
                continue;
            }

            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            string source = line[..tab].Trim().Normalize(NormalizationForm.FormC);
            string target = line[(tab + 1)..].Trim().Normalize(NormalizationForm.FormC);
            if (seen.Add((source, target))) pairs.Add(new(source, target, source));
        }

        return pairs;
    }

    private static string? Problem(string line)
    {
        if (line.Contains('\uFFFD', StringComparison.Ordinal)) return "it is not UTF-8; save the file in that encoding";
        string[] fields = line.Split('\t');
        if (fields.Length < 2) return "it has no tab; a line is source, tab, target";
        if (fields.Length > 2) return $"it has {fields.Length - 1} tabs; a line is source, one tab, target";
        if (string.IsNullOrWhiteSpace(fields[0])) return "it has nothing before the tab; the source sentence stands there";
        return string.IsNullOrWhiteSpace(fields[1]) ? "it has nothing behind the tab; the translation stands there" : null;
    }
}

namespace TransformerGen.Model;

/// <summary>Finds the name that somebody may have meant, among those that nothing else asks for.</summary>
internal sealed class NearNames(string[] names)
{
    /// <summary>Comparisons of two names before it stops: a file of another kind has thousands of other names, and none of them helps.</summary>
    private const int MostComparisons = 20_000;

    private const int LongestName = 200;

    private int _comparisons;

    /// <summary>A name that differs in what stands before it only, or in about a sixth of its letters; null when there is none.</summary>
    public string? Of(string name)
    {
        string? best = null;
        int bestDistance = 1 + Math.Max(1, name.Length / 6);
        foreach (string other in names)
        {
            if (other.EndsWith("." + name, StringComparison.Ordinal) || name.EndsWith("." + other, StringComparison.Ordinal))
            {
                return other;
            }

            if (other.Length <= LongestName && name.Length <= LongestName && Math.Abs(other.Length - name.Length) < bestDistance && ++_comparisons < MostComparisons)
            {
                int distance = Distance(name, other);
                if (distance < bestDistance)
                {
                    (best, bestDistance) = (other, distance);
                }
            }
        }

        return best;
    }

    /// <summary>Letters to insert, remove or replace (Levenshtein 1965).</summary>
    private static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[right.Length + 1];
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.Length; j++)
            {
                int replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}

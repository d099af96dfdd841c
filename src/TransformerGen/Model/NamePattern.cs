namespace TransformerGen.Model;

/// <summary>Patterns of checkpoint names: a name, the beginning of one up to a dot (encoder.layers.0), or either with * for any characters.</summary>
internal static class NamePattern
{
    /// <summary>Pattern used up: the name is too, or goes on with a dot. A star takes as few characters as it can, and one more when the rest does not fit.</summary>
    public static bool Fits(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int star = -1, resume = 0, p = 0, n = 0;
        while (true)
        {
            if (p == pattern.Length && (n == name.Length || name[n] == '.' || pattern.EndsWith("*")))
            {
                return true;
            }

            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < pattern.Length && n < name.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0 && resume < name.Length)
            {
                (p, n) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }
    }
}

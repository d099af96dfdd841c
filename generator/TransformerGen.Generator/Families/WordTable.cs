namespace TransformerGen.Generator.Families;

/// <summary>
/// A choice: its words in a config.json, its members in the attribute's enumeration (in the order of their values), and its values in the Spec.
/// </summary>
internal sealed class WordTable<T>(string enumeration, params (T Value, string Word, string Member)[] rows)
    where T : struct
{
    /// <summary>All words.</summary>
    public IEnumerable<string> Words => rows.Select(row => row.Word);

    /// <summary>All members, as C# writes them.</summary>
    public IEnumerable<string> Members => rows.Select(row => enumeration + "." + row.Member);

    public T? FromWord(string word)
    {
        foreach ((T value, string candidate, _) in rows)
        {
            if (candidate == word)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>From the value of a member of the enumeration.</summary>
    public T? FromMember(int value) => value >= 0 && value < rows.Length ? rows[value].Value : null;

    public string WordOf(T value) => Row(value).Word;

    public string MemberOf(T value) => enumeration + "." + Row(value).Member;

    private (T Value, string Word, string Member) Row(T value) => rows.First(row => EqualityComparer<T>.Default.Equals(row.Value, value));
}

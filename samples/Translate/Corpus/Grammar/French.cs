using System.Text;

namespace Translate.Corpus.Grammar;

/// <summary>The spelling rules of French that hold across words: elision, contracted articles, agreement endings.</summary>
internal static class French
{
    private static readonly HashSet<string> Elided = ["je", "me", "te", "se", "le", "la", "ne", "de", "que"];

    /// <summary>Vowel-initial in sound but not joined: "à onze heures", "le huit".</summary>
    private static readonly HashSet<string> Aspirated = ["huit", "onze"];

    /// <summary>Whether the word makes the one before it elide: it begins with a vowel or a mute h.</summary>
    public static bool StartsWithVowel(string word) =>
        word.Length > 0 && !Aspirated.Contains(word) && "aàâeéèêiîoôuûœyhAEIOUÉÎ".Contains(word[0], StringComparison.Ordinal);

    /// <summary>à followed by a noun phrase: "au marché", "aux enfants", "à l'école".</summary>
    public static string To(string nounPhrase) => Contract("à", "au", "aux", nounPhrase);

    /// <summary>de followed by a noun phrase: "du pain", "des voisins", "de la soupe".</summary>
    public static string Of(string nounPhrase) => Contract("de", "du", "des", nounPhrase);

    /// <summary>Adds the ending of feminine and plural: "perdu", "perdue", "perdus", "perdues".</summary>
    public static string Agree(string masculine, Gender gender, bool plural)
    {
        string word = gender == Gender.Feminine ? masculine + "e" : masculine;
        return plural && !word.EndsWith('s') ? word + "s" : word;
    }

    /// <summary>The sentence as written: words elided ("je aime" becomes "j'aime"), capital first, end mark last.</summary>
    public static string Finish(string words, char mark)
    {
        string[] parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var text = new StringBuilder();
        for (int i = 0; i < parts.Length; i++)
        {
            string next = i + 1 < parts.Length ? parts[i + 1] : "";
            if (Elided.Contains(parts[i]) && StartsWithVowel(next))
                text.Append(parts[i].AsSpan(0, parts[i].Length - 1)).Append('\'');
            else if (parts[i] == "si" && (next is "il" or "ils"))
                text.Append("s'");
            else
                text.Append(parts[i]).Append(' ');
        }
        text.Length -= 1;
        text[0] = char.ToUpperInvariant(text[0]);
        return text.Append(mark is '?' or '!' ? " " : "").Append(mark).ToString();
    }

    private static string Contract(string preposition, string masculine, string plural, string nounPhrase)
    {
        if (nounPhrase.StartsWith("les ", StringComparison.Ordinal)) return plural + nounPhrase[3..];
        if (nounPhrase.StartsWith("le ", StringComparison.Ordinal) && !StartsWithVowel(nounPhrase[3..])) return masculine + nounPhrase[2..];
        return preposition + " " + nounPhrase;
    }
}

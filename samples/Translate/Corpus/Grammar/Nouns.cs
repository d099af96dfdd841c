namespace Translate.Corpus.Grammar;

/// <summary>A noun in both languages.</summary>
/// <param name="French">Singular.</param>
/// <param name="FrenchPlural">Plural, or null where the phrasebook uses the singular alone.</param>
/// <param name="Gender">Gender of the French noun, and of the person it names.</param>
/// <param name="English">Singular.</param>
/// <param name="EnglishPlural">Plural, or null with <paramref name="FrenchPlural"/>.</param>
/// <param name="Kinds">What it is good for.</param>
/// <param name="Mass">Whether it is counted by "du, de la, some" and not by "un, une, a".</param>
internal sealed record Noun(
    string French, string? FrenchPlural, Gender Gender, string English, string? EnglishPlural, Kinds Kinds, bool Mass = false);

/// <summary>The nouns of the phrasebook.</summary>
internal static class Nouns
{
    private const Gender M = Gender.Masculine;
    private const Gender F = Gender.Feminine;

    public static readonly Noun Door = new("porte", null, F, "door", null, Kinds.Opening);
    public static readonly Noun Window = new("fenêtre", null, F, "window", null, Kinds.Opening);

    /// <summary>Everything a verb may have as its object, people apart.</summary>
    public static readonly Noun[] Objects =
    [
        new("pain", null, M, "bread", null, Kinds.Food, Mass: true),
        new("soupe", null, F, "soup", null, Kinds.Food, Mass: true),
        new("fromage", null, M, "cheese", null, Kinds.Food, Mass: true),
        new("pomme", "pommes", F, "apple", "apples", Kinds.Food),
        new("orange", "oranges", F, "orange", "oranges", Kinds.Food),
        new("eau", null, F, "water", null, Kinds.Drink, Mass: true),
        new("café", null, M, "coffee", null, Kinds.Drink, Mass: true),
        new("livre", "livres", M, "book", "books", Kinds.Reading),
        new("journal", "journaux", M, "newspaper", "newspapers", Kinds.Reading),
        new("lettre", "lettres", F, "letter", "letters", Kinds.Letter),
        new("film", "films", M, "movie", "movies", Kinds.Film),
        new("musique", null, F, "music", null, Kinds.Sound, Mass: true),
        new("radio", null, F, "radio", null, Kinds.Sound),
        new("voiture", "voitures", F, "car", "cars", Kinds.Thing),
        new("clé", "clés", F, "key", "keys", Kinds.Thing),
        new("chapeau", "chapeaux", M, "hat", "hats", Kinds.Thing),
        new("chat", "chats", M, "cat", "cats", Kinds.Animal),
        new("chien", "chiens", M, "dog", "dogs", Kinds.Animal),
        Door,
        Window,
    ];

    /// <summary>People with a possessor: "mon frère".</summary>
    public static readonly Noun[] Relatives =
    [
        new("frère", null, M, "brother", null, Kinds.Person),
        new("sœur", null, F, "sister", null, Kinds.Person),
        new("ami", "amis", M, "friend", "friends", Kinds.Person),
        new("voisin", "voisins", M, "neighbor", "neighbors", Kinds.Person),
    ];

    /// <summary>Plain nouns with none of these uses left out, by kind.</summary>
    public static Noun[] Of(Kinds kinds) => [.. Objects.Where(noun => (noun.Kinds & kinds) != 0)];
}

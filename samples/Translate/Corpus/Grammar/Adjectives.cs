namespace Translate.Corpus.Grammar;

/// <summary>An adjective in both languages.</summary>
/// <param name="Masculine">Masculine singular.</param>
/// <param name="Feminine">Feminine singular.</param>
/// <param name="MasculinePlural">Masculine plural.</param>
/// <param name="English">The one English form.</param>
/// <param name="BeforeNoun">Whether French puts it before the noun.</param>
/// <param name="BeforeVowel">Masculine singular before a vowel, where it differs: "vieil".</param>
internal sealed record Adjective(
    string Masculine, string Feminine, string MasculinePlural, string English, bool BeforeNoun = false, string? BeforeVowel = null)
{
    /// <summary>The form that agrees with gender and number.</summary>
    /// <param name="gender">Of what it describes.</param>
    /// <param name="plural">Whether that is plural.</param>
    /// <param name="nextWord">The noun it stands before, or nothing.</param>
    public string Agree(Gender gender, bool plural, string nextWord = "") => (gender, plural) switch
    {
        (Gender.Feminine, true) => Feminine + "s",
        (Gender.Feminine, false) => Feminine,
        (_, true) => MasculinePlural,
        _ => BeforeVowel is not null && French.StartsWithVowel(nextWord) ? BeforeVowel : Masculine,
    };
}

/// <summary>The adjectives of the phrasebook.</summary>
internal static class Adjectives
{
    public static readonly Adjective Young = new("jeune", "jeune", "jeunes", "young");
    public static readonly Adjective Little = new("petit", "petite", "petits", "little");

    public static readonly Adjective Expensive = new("cher", "chère", "chers", "expensive");

    /// <summary>What one says of a person.</summary>
    public static readonly Adjective[] OfPeople =
    [
        new("fatigué", "fatiguée", "fatigués", "tired"),
        new("malade", "malade", "malades", "sick"),
        new("content", "contente", "contents", "happy"),
        new("triste", "triste", "tristes", "sad"),
    ];

    /// <summary>Adjectives of size, age and beauty: before the noun in both languages.</summary>
    public static readonly Adjective[] BeforeNoun =
    [
        new("petit", "petite", "petits", "small", true),
        new("grand", "grande", "grands", "big", true),
        new("nouveau", "nouvelle", "nouveaux", "new", true, "nouvel"),
        new("vieux", "vieille", "vieux", "old", true, "vieil"),
        new("beau", "belle", "beaux", "beautiful", true, "bel"),
    ];

    /// <summary>Adjectives of colour and price: behind the noun in French, before it in English.</summary>
    public static readonly Adjective[] AfterNoun =
    [
        new("rouge", "rouge", "rouges", "red"),
        new("noir", "noire", "noirs", "black"),
        new("blanc", "blanche", "blancs", "white"),
        new("vert", "verte", "verts", "green"),
        Expensive,
    ];

    /// <summary>The colours among <see cref="AfterNoun"/>.</summary>
    public static readonly Adjective[] Colours = AfterNoun[..4];

    /// <summary>The colours of cats and dogs.</summary>
    public static readonly Adjective[] AnimalColours = AfterNoun[1..3];
}

namespace Translate.Corpus.Grammar;

/// <summary>Who does it: a pronoun, a name or a noun phrase, with all that agrees with it.</summary>
/// <param name="French">As a subject: "je", "mon frère".</param>
/// <param name="English">As a subject: "I", "my brother".</param>
/// <param name="Person">Index into the six French persons: je, tu, il, nous, vous, ils.</param>
/// <param name="Gender">What adjectives and participles agree with.</param>
/// <param name="IsPronoun">Whether it can stand behind the verb in a question.</param>
internal sealed record Subject(string French, string English, int Person, Gender Gender, bool IsPronoun)
{
    private const Gender M = Gender.Masculine;
    private const Gender F = Gender.Feminine;

    public static readonly Subject I = new("je", "I", 0, M, true);
    public static readonly Subject IFeminine = new("je", "I", 0, F, true);
    public static readonly Subject You = new("tu", "you", 1, M, true);
    public static readonly Subject YouFeminine = new("tu", "you", 1, F, true);
    public static readonly Subject He = new("il", "he", 2, M, true);
    public static readonly Subject She = new("elle", "she", 2, F, true);
    public static readonly Subject We = new("nous", "we", 3, M, true);
    public static readonly Subject YouPlural = new("vous", "you", 4, M, true);
    public static readonly Subject They = new("ils", "they", 5, M, true);
    public static readonly Subject TheyFeminine = new("elles", "they", 5, F, true);

    public static readonly Subject Paul = new("Paul", "Paul", 2, M, false);
    public static readonly Subject Marie = new("Marie", "Marie", 2, F, false);

    /// <summary>Pronouns; je and tu of both genders.</summary>
    public static readonly Subject[] Pronouns = [I, IFeminine, You, YouFeminine, He, She, We, We, YouPlural, YouPlural, They, TheyFeminine];

    /// <summary>Names and people.</summary>
    public static readonly Subject[] People =
    [
        Paul,
        Marie,
        new("Paul et Marie", "Paul and Marie", 5, M, false),
        new("mon frère", "my brother", 2, M, false),
        new("ma sœur", "my sister", 2, F, false),
        new("ton frère", "your brother", 2, M, false),
        new("ta sœur", "your sister", 2, F, false),
        new("le professeur", "the teacher", 2, M, false),
        new("les enfants", "the children", 5, M, false),
        new("mes parents", "my parents", 5, M, false),
        new("nos voisins", "our neighbors", 5, M, false),
    ];

    /// <summary>Whether French treats it as plural.</summary>
    public bool Plural => Person >= 3;

    /// <summary>What the English verb agrees with.</summary>
    public Agreement Agreement => Person switch { 0 => Agreement.FirstSingular, 2 => Agreement.ThirdSingular, _ => Agreement.Other };

    /// <summary>The pronoun that stands for it the second time: "il" for "mon frère"; a pronoun stands for itself.</summary>
    public Subject Pronoun => (IsPronoun, Person, Gender) switch
    {
        (true, _, _) => this,
        (_, 2, M) => He,
        (_, 2, F) => She,
        (_, _, M) => They,
        _ => TheyFeminine,
    };

    /// <summary>"mon, ton, son, notre, votre, leur" before a singular.</summary>
    public string FrenchPossessive(Gender gender, bool plural, string nextWord)
    {
        if (Person >= 3) return (plural ? FrenchManyMany : FrenchManyOne)[Person - 3];
        string letter = "mts"[Person].ToString();
        if (plural) return letter + "es";
        return gender == Gender.Feminine && !Grammar.French.StartsWithVowel(nextWord) ? letter + "a" : letter + "on";
    }

    /// <summary>"my, your, his, her, our, their".</summary>
    public string EnglishPossessive => (Person, Gender) switch
    {
        (0, _) => "my",
        (1 or 4, _) => "your",
        (2, M) => "his",
        (2, _) => "her",
        (3, _) => "our",
        _ => "their",
    };

    /// <summary>As the receiver, pronoun before the French verb and after the English one: "me" and "me", "lui" and "him".</summary>
    public Phrase Receiver => (Person, Gender) switch
    {
        (0, _) => new("me", "me"),
        (1, _) => new("te", "you"),
        (2, M) => new("lui", "him"),
        (2, _) => new("lui", "her"),
        (3, _) => new("nous", "us"),
        (4, _) => new("vous", "you"),
        _ => new("leur", "them"),
    };

    /// <summary>Names the subject in a combination: genders of "je" and "tu" tell apart what only agreement shows.</summary>
    public string Key => $"{French}/{Gender}";

    private static readonly string[] FrenchManyOne = ["notre", "votre", "leur"];
    private static readonly string[] FrenchManyMany = ["nos", "vos", "leurs"];
}

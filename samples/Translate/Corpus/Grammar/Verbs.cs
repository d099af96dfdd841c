namespace Translate.Corpus.Grammar;

/// <summary>The verbs of the phrasebook.</summary>
internal static class Verbs
{
    public static readonly Verb Etre = new()
    {
        Infinitive = "être",
        Present = ["suis", "es", "est", "sommes", "êtes", "sont"],
        Imperfect = Imperfect("ét"),
        Future = Future("ser"),
        English = ["be", "is", "was", "been", "being"],
    };

    public static readonly Verb Avoir = new()
    {
        Infinitive = "avoir",
        Present = ["ai", "as", "a", "avons", "avez", "ont"],
        English = ["have", "has", "had", "had", "having"],
        Habitual = true,
    };

    public static readonly Verb Aller = new()
    {
        Infinitive = "aller",
        Present = ["vais", "vas", "va", "allons", "allez", "vont"],
        Participle = "allé",
        WithEtre = true,
        Future = Future("ir"),
        English = ["go", "goes", "went", "gone", "going"],
    };

    public static readonly Verb Manger = Er("mang", "eat eats ate eaten eating", Kinds.Food) with
    {
        Present = ["mange", "manges", "mange", "mangeons", "mangez", "mangent"],
    };

    public static readonly Verb Boire = new()
    {
        Infinitive = "boire",
        Present = ["bois", "bois", "boit", "buvons", "buvez", "boivent"],
        Participle = "bu",
        English = ["drink", "drinks", "drank", "drunk", "drinking"],
        Objects = Kinds.Drink,
    };

    public static readonly Verb Acheter = Er("achet", "buy buys bought bought buying", Kinds.Food | Kinds.Reading | Kinds.Thing) with
    {
        Present = ["achète", "achètes", "achète", "achetons", "achetez", "achètent"],
    };

    public static readonly Verb Chercher = Er("cherch", "look looks looked looked looking", Kinds.Thing | Kinds.Reading | Kinds.Letter | Kinds.Animal | Kinds.Person) with
    {
        EnglishLink = "for",
        Momentary = true,
    };

    public static readonly Verb Trouver = Er("trouv", "find finds found found finding", Kinds.Thing | Kinds.Reading | Kinds.Letter | Kinds.Animal);

    public static readonly Verb Perdre = Re("perd", "lose loses lost lost losing", Kinds.Thing | Kinds.Reading | Kinds.Letter);

    public static readonly Verb Lire = new()
    {
        Infinitive = "lire",
        Present = ["lis", "lis", "lit", "lisons", "lisez", "lisent"],
        Participle = "lu",
        English = ["read", "reads", "read", "read", "reading"],
        Objects = Kinds.Reading | Kinds.Letter,
    };

    public static readonly Verb Regarder = Er("regard", "watch watches watched watched watching", Kinds.Film);

    public static readonly Verb Ecouter = Er("écout", "listen listens listened listened listening", Kinds.Sound) with { EnglishLink = "to" };

    public static readonly Verb Voir = new()
    {
        Infinitive = "voir",
        Present = ["vois", "vois", "voit", "voyons", "voyez", "voient"],
        Participle = "vu",
        English = ["see", "sees", "saw", "seen", "seeing"],
        Objects = Kinds.Person | Kinds.Animal | Kinds.Film,
    };

    public static readonly Verb Aimer = Er("aim", "like likes liked liked liking", Kinds.Food | Kinds.Drink | Kinds.Animal) with
    {
        Habitual = true,
    };

    public static readonly Verb Ouvrir = new()
    {
        Infinitive = "ouvrir",
        Present = ["ouvre", "ouvres", "ouvre", "ouvrons", "ouvrez", "ouvrent"],
        Participle = "ouvert",
        English = ["open", "opens", "opened", "opened", "opening"],
        Objects = Kinds.Opening | Kinds.Letter,
    };

    public static readonly Verb Attendre = Re("attend", "wait waits waited waited waiting", Kinds.Person) with
    {
        EnglishLink = "for",
        Momentary = true,
    };

    public static readonly Verb Donner = Er("donn", "give gives gave given giving", Kinds.Thing | Kinds.Reading | Kinds.Letter | Kinds.Food);

    public static readonly Verb Parler = Er("parl", "talk talks talked talked talking", Kinds.Person) with
    {
        FrenchLink = "à",
        EnglishLink = "to",
    };

    public static readonly Verb Telephoner = Er("téléphon", "call calls called called calling", Kinds.Person) with { FrenchLink = "à" };

    public static readonly Verb Arriver = Er("arriv", "arrive arrives arrived arrived arriving", Kinds.None) with { WithEtre = true };

    public static readonly Verb Partir = new()
    {
        Infinitive = "partir",
        Present = ["pars", "pars", "part", "partons", "partez", "partent"],
        Participle = "parti",
        WithEtre = true,
        English = ["leave", "leaves", "left", "left", "leaving"],
    };

    public static readonly Verb Rester = Er("rest", "stay stays stayed stayed staying", Kinds.None) with { WithEtre = true };

    public static readonly Verb Travailler = Er("travaill", "work works worked worked working", Kinds.None) with
    {
        Habitual = true,
        Imperfect = Imperfect("travaill"),
        Future = Future("travailler"),
    };

    public static readonly Verb Habiter = Er("habit", "live lives lived lived living", Kinds.None) with
    {
        Habitual = true,
        Imperfect = Imperfect("habit"),
    };

    public static readonly Verb Jouer = Er("jou", "play plays played played playing", Kinds.None);

    public static readonly Verb Vouloir = new()
    {
        Infinitive = "vouloir",
        Present = ["veux", "veux", "veut", "voulons", "voulez", "veulent"],
        English = ["want", "wants", "wanted", "wanted", "wanting"],
        Objects = Kinds.Food | Kinds.Drink | Kinds.Thing,
        Habitual = true,
    };

    public static readonly Verb Pouvoir = new()
    {
        Infinitive = "pouvoir",
        Present = ["peux", "peux", "peut", "pouvons", "pouvez", "peuvent"],
        English = ["can", "can", "could", "could", "can"],
    };

    public static readonly Verb Devoir = new()
    {
        Infinitive = "devoir",
        Present = ["dois", "dois", "doit", "devons", "devez", "doivent"],
        English = ["must", "must", "must", "must", "must"],
    };

    /// <summary>Verbs with an object that any transitive sentence may use.</summary>
    public static readonly Verb[] Transitive =
    [
        Manger, Boire, Acheter, Chercher, Trouver, Perdre, Lire, Regarder, Ecouter, Voir, Aimer, Ouvrir,
        Attendre, Parler, Telephoner, Vouloir,
    ];

    /// <summary>Verbs that take an infinitive.</summary>
    public static readonly Verb[] Modal = [Vouloir, Pouvoir, Devoir];

    private static Verb Er(string stem, string english, Kinds objects) => new()
    {
        Infinitive = stem + "er",
        Present = [stem + "e", stem + "es", stem + "e", stem + "ons", stem + "ez", stem + "ent"],
        Participle = stem + "é",
        English = english.Split(' '),
        Objects = objects,
    };

    private static Verb Re(string stem, string english, Kinds objects) => new()
    {
        Infinitive = stem + "re",
        Present = [stem + "s", stem + "s", stem, stem + "ons", stem + "ez", stem + "ent"],
        Participle = stem + "u",
        English = english.Split(' '),
        Objects = objects,
    };

    private static string[] Future(string stem) =>
        [stem + "ai", stem + "as", stem + "a", stem + "ons", stem + "ez", stem + "ont"];

    private static string[] Imperfect(string stem) =>
        [stem + "ais", stem + "ais", stem + "ait", stem + "ions", stem + "iez", stem + "aient"];
}

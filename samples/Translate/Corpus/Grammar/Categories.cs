namespace Translate.Corpus.Grammar;

/// <summary>The gender of a French noun, and of the person a pronoun stands for.</summary>
internal enum Gender { Masculine, Feminine }

/// <summary>What an English verb agrees with: "am", "is" and "are" tell all three apart.</summary>
internal enum Agreement { FirstSingular, ThirdSingular, Other }

/// <summary>The French tense; <see cref="Clause"/> says which English form answers each.</summary>
internal enum Tense
{
    /// <summary>je mange: I eat.</summary>
    Present,

    /// <summary>je mange maintenant: I am eating now.</summary>
    Now,

    /// <summary>je suis en train de manger: I am eating.</summary>
    Ongoing,

    /// <summary>j'ai mangé: I ate, or I have never/already eaten.</summary>
    Past,

    /// <summary>je vais manger: I am going to eat.</summary>
    NearFuture,

    /// <summary>je mangerai: I will eat.</summary>
    Future,

    /// <summary>je mangeais: I used to eat; of être: I was.</summary>
    Imperfect,
}

/// <summary>What stands around the verb: ne ... pas and its like, or déjà.</summary>
internal enum Polarity { Affirmative, Not, Never, NoLonger, NotYet, Already }

/// <summary>How a sentence asks.</summary>
internal enum Mood
{
    /// <summary>It does not ask.</summary>
    Statement,

    /// <summary>est-ce que tu manges.</summary>
    EstCeQue,

    /// <summary>manges-tu; pronoun subjects only.</summary>
    Inversion,
}

/// <summary>What a noun is good for, so that nobody eats a bicycle.</summary>
[Flags]
internal enum Kinds
{
    None = 0,
    Food = 1,
    Drink = 2,
    Reading = 4,
    Film = 8,
    Sound = 16,
    Thing = 32,
    Opening = 64,
    Person = 128,
    Animal = 256,
    Letter = 512,
}

namespace Translate.Corpus.Grammar;

/// <summary>A verb in both languages, with what it governs.</summary>
internal sealed record Verb
{
    /// <summary>The French infinitive; names the verb in combinations.</summary>
    public required string Infinitive { get; init; }

    /// <summary>je, tu, il, nous, vous, ils.</summary>
    public required string[] Present { get; init; }

    /// <summary>The past participle, masculine singular.</summary>
    public string Participle { get; init; } = "";

    /// <summary>Whether the passé composé takes être, and the participle agrees with the subject.</summary>
    public bool WithEtre { get; init; }

    /// <summary>je, tu, il, nous, vous, ils; empty where the phrasebook does not use it.</summary>
    public string[] Future { get; init; } = [];

    /// <summary>je, tu, il, nous, vous, ils; empty where the phrasebook does not use it.</summary>
    public string[] Imperfect { get; init; } = [];

    /// <summary>What stands between the French verb and its object: "à" or nothing.</summary>
    public string FrenchLink { get; init; } = "";

    /// <summary>base, third person, past, past participle, -ing form.</summary>
    public required string[] English { get; init; }

    /// <summary>What stands between the English verb and its object: "for", "to" or nothing.</summary>
    public string EnglishLink { get; init; } = "";

    /// <summary>What its object may be.</summary>
    public Kinds Objects { get; init; }

    /// <summary>Whether the plain present is a habit or a state ("I live"); otherwise it needs an adverb such as "chaque jour".</summary>
    public bool Habitual { get; init; }

    /// <summary>Whether the plain present tells of this moment: "je cherche" is "I am looking for".</summary>
    public bool Momentary { get; init; }

    /// <summary>"eat".</summary>
    public string Base => English[0];

    /// <summary>"eats".</summary>
    public string Third => English[1];

    /// <summary>"ate".</summary>
    public string Past => English[2];

    /// <summary>"eaten".</summary>
    public string PastParticiple => English[3];

    /// <summary>"eating".</summary>
    public string Ing => English[4];
}

namespace Translate.Corpus;

/// <summary>Text to the numbers that a model reads, and back.</summary>
internal interface ITextCodec
{
    /// <summary>How many numbers there are; every number is below it.</summary>
    int Count { get; }

    /// <summary>The numbers of a text, with neither begin nor end.</summary>
    int[] Encode(string text);

    /// <summary>The text of numbers, up to the first end.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>The parts of a text that the model has never seen; none where every text can be written.</summary>
    IReadOnlyList<string> Unseen(string text);

    /// <summary>Writes whatever <see cref="Encode"/> needs into a model's folder.</summary>
    void Save(string directory);
}

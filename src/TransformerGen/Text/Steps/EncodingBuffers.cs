namespace TransformerGen.Text.Steps;

/// <summary>A stretch of text that a model encodes by itself.</summary>
internal readonly record struct Word(int Start, int End);

/// <summary>A piece of the vocabulary found in a word.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">The first UTF-16 unit it covers, or covers a part of.</param>
/// <param name="End">Behind the last one.</param>
internal readonly record struct Piece(int Id, int Start, int End);

/// <summary>What one call of a tokenizer works in. Kept from call to call, one per thread, so that encoding allocates little.</summary>
internal sealed class EncodingBuffers
{
    // What an unusually long text left behind is not kept.
    private const int LargestKept = 1 << 20;

    [ThreadStatic]
    private static EncodingBuffers? t_free;

    /// <summary>The text as it is now.</summary>
    public AlignedText Text { get; private set; } = new();

    /// <summary>Where a step writes the text that takes its place.</summary>
    public AlignedText NewText { get; private set; } = new();

    /// <summary>The words of the text as they are now.</summary>
    public List<Word> Words { get; private set; } = [];

    /// <summary>Where a step writes the words that take their place.</summary>
    public List<Word> NewWords { get; private set; } = [];

    /// <summary>What a model found in a word; places are within the word.</summary>
    public List<Piece> Pieces { get; } = [];

    /// <summary>What the merging of pieces works in.</summary>
    public MergeScratch Merging { get; } = new();

    /// <summary>What the search for the likeliest pieces works in.</summary>
    public UnigramScratch Unigram { get; } = new();

    /// <summary>Buffers for one call; <see cref="Return"/> gives them back.</summary>
    public static EncodingBuffers Rent()
    {
        var buffers = t_free ?? new EncodingBuffers();
        t_free = null;
        return buffers;
    }

    /// <summary>Keeps the buffers for the thread's next call.</summary>
    public void Return()
    {
        if (Text.Length <= LargestKept && NewText.Length <= LargestKept) t_free = this;
    }

    /// <summary>The new text takes the old one's place.</summary>
    public void UseNewText() => (Text, NewText) = (NewText, Text);

    /// <summary>The new words take the old ones' place.</summary>
    public void UseNewWords()
    {
        (Words, NewWords) = (NewWords, Words);
        NewWords.Clear();
    }
}

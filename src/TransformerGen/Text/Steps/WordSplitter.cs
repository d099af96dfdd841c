using System.Text;

namespace TransformerGen.Text.Steps;

/// <summary>What becomes of a delimiter that cuts a text.</summary>
internal enum DelimiterBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a word of its own.</summary>
    Isolated,

    /// <summary>It ends the word before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the word behind it.</summary>
    MergedWithNext,

    /// <summary>A run of delimiters is one word.</summary>
    Contiguous,
}

/// <summary>A step that cuts words into smaller ones (Hugging Face's pre-tokenizers).</summary>
internal abstract class WordSplitter
{
    /// <summary>Rewrites <see cref="EncodingBuffers.Words"/>, and the text where the step changes it.</summary>
    public virtual void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        foreach (var word in buffers.Words) Split(text[word.Start..word.End], word.Start, buffers.NewWords);
        buffers.UseNewWords();
    }

    /// <summary>Cuts one word.</summary>
    /// <param name="word">Its text; not empty.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="words">Where the smaller words go.</param>
    protected abstract void Split(ReadOnlySpan<char> word, int start, List<Word> words);
}

/// <summary>Several steps, one after the other.</summary>
internal sealed class SequenceSplitter(WordSplitter[] steps) : WordSplitter
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        foreach (var step in steps) step.Apply(buffers);
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words) => throw new NotSupportedException();
}

/// <summary>Collects stretches of text, delimiters and what is between, and makes words of them as a <see cref="DelimiterBehavior"/> says.</summary>
internal ref struct DelimiterCuts(DelimiterBehavior behavior, List<Word> words)
{
    private readonly int _first = words.Count;
    private bool _previousIsDelimiter;

    /// <summary>The next stretch; stretches cover the text without a gap.</summary>
    public void Add(int start, int end, bool isDelimiter)
    {
        if (start == end) return;
        var joins = words.Count > _first && behavior switch
        {
            DelimiterBehavior.Contiguous => isDelimiter == _previousIsDelimiter,
            DelimiterBehavior.MergedWithPrevious => isDelimiter && !_previousIsDelimiter,
            DelimiterBehavior.MergedWithNext => !isDelimiter && _previousIsDelimiter,
            _ => false,
        };
        _previousIsDelimiter = isDelimiter;
        if (joins) words[^1] = words[^1] with { End = end };
        else if (!isDelimiter || behavior != DelimiterBehavior.Removed) words.Add(new Word(start, end));
    }
}

/// <summary>Cuts at characters of a class, each of which is a delimiter.</summary>
internal sealed class CharacterSplitter(Func<Rune, bool> isDelimiter, DelimiterBehavior behavior) : WordSplitter
{
    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words)
    {
        var cuts = new DelimiterCuts(behavior, words);
        var from = 0;
        for (int at = 0, length; at < word.Length; at += length)
        {
            if (!isDelimiter(AlignedText.RuneAt(word, at, out length))) continue;
            cuts.Add(start + from, start + at, isDelimiter: false);
            from = at + length;
            cuts.Add(start + at, start + from, isDelimiter: true);
        }

        cuts.Add(start + from, start + word.Length, isDelimiter: false);
    }
}

/// <summary>Cuts at matches of a string or of an expression that does not backtrack.</summary>
/// <param name="literal">The string, or null.</param>
/// <param name="expression">The expression, or null.</param>
/// <param name="behavior">What becomes of matches.</param>
/// <param name="invert">Matches are the words, and what is between is the delimiter.</param>
internal sealed class PatternSplitter(string? literal, SplitExpression? expression, DelimiterBehavior behavior, bool invert) : WordSplitter
{
    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words)
    {
        var cuts = new DelimiterCuts(behavior, words);
        var from = 0;
        if (literal is not null)
        {
            for (int at; (at = word[from..].IndexOf(literal, StringComparison.Ordinal)) >= 0;) Cut(ref cuts, start, ref from, from + at, literal.Length);
        }
        else
        {
            foreach (var match in expression!.Matches(word)) Cut(ref cuts, start, ref from, match.Start, match.End - match.Start);
        }

        cuts.Add(start + from, start + word.Length, invert);
    }

    private void Cut(ref DelimiterCuts cuts, int start, ref int from, int at, int length)
    {
        cuts.Add(start + from, start + at, invert);
        from = at + length;
        cuts.Add(start + at, start + from, !invert);
    }
}

/// <summary>Cuts where a scanner says that a word ends; nothing is dropped.</summary>
internal sealed class ScanningSplitter(ScanningSplitter.EndOfWord endOfWord) : WordSplitter
{
    /// <summary>The index behind the word that begins at <paramref name="start"/>.</summary>
    public delegate int EndOfWord(ReadOnlySpan<char> text, int start);

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words)
    {
        for (var at = 0; at < word.Length;)
        {
            var end = endOfWord(word, at);
            words.Add(new Word(start + at, start + end));
            at = end;
        }
    }
}

/// <summary>Runs of word characters and runs of signs; white space is dropped (<c>\w+|[^\w\s]+</c>).</summary>
internal sealed class WordOrSignsSplitter : WordSplitter
{
    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words)
    {
        var (from, kind) = (0, 0);
        for (int at = 0, length; at < word.Length; at += length)
        {
            var rune = AlignedText.RuneAt(word, at, out length);
            var next = CharacterKinds.IsWordCharacter(rune) ? 1 : CharacterKinds.IsSpace(rune) ? 0 : 2;
            if (next == kind) continue;
            if (kind != 0) words.Add(new Word(start + from, start + at));
            (from, kind) = (at, next);
        }

        if (kind != 0) words.Add(new Word(start + from, start + word.Length));
    }
}

/// <summary>Puts a prefix before words that lack it, and may replace blanks by it.</summary>
/// <param name="prefix">The character put before words.</param>
/// <param name="replaceBlanks">Blanks become <paramref name="prefix"/> first.</param>
/// <param name="prepend">Which words get the prefix.</param>
internal sealed class PrefixSplitter(Rune prefix, bool replaceBlanks, PrefixSplitter.Scheme prepend) : WordSplitter
{
    /// <summary>Which words get the prefix.</summary>
    internal enum Scheme
    {
        /// <summary>None.</summary>
        Never,

        /// <summary>The one at the very beginning of the user's text.</summary>
        First,

        /// <summary>All.</summary>
        Always,
    }

    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var result = buffers.NewText;
        result.Rewrite(buffers.Text);
        foreach (var word in buffers.Words)
        {
            result.SkipTo(word.Start);
            var first = AlignedText.RuneAt(text, word.Start, out _);
            var has = first == prefix || (replaceBlanks && first.Value == ' ');
            var start = result.Length;
            if (!has && (prepend == Scheme.Always || (prepend == Scheme.First && buffers.Text.StartOf(word.Start) == 0))) result.PutAt(prefix, word.Start);
            var at = word.Start;
            for (int blank; replaceBlanks && (blank = text[at..word.End].IndexOf(' ')) >= 0; at += blank + 1)
            {
                result.CopyTo(at + blank);
                result.Put(prefix, 0);
            }

            result.CopyTo(word.End);
            buffers.NewWords.Add(new Word(start, result.Length));
        }

        buffers.UseNewText();
        buffers.UseNewWords();
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words) => throw new NotSupportedException();
}

/// <summary>Spells words in <see cref="ByteAlphabet"/>, one character per byte.</summary>
internal sealed class SpellingSplitter : WordSplitter
{
    /// <inheritdoc/>
    public override void Apply(EncodingBuffers buffers)
    {
        var text = buffers.Text.Units;
        var result = buffers.NewText;
        result.Rewrite(buffers.Text);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var word in buffers.Words)
        {
            var start = result.Length;
            for (int at = word.Start, length; at < word.End; at += length)
            {
                var rune = AlignedText.RuneAt(text, at, out length);
                foreach (var value in bytes[..rune.EncodeToUtf8(bytes)]) result.PutAt(new Rune(ByteAlphabet.ToCharacter(value)), at);
            }

            buffers.NewWords.Add(new Word(start, result.Length));
        }

        buffers.UseNewText();
        buffers.UseNewWords();
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<char> word, int start, List<Word> words) => throw new NotSupportedException();
}

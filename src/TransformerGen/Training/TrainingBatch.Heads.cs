using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>Sequences for heads that classify, find spans, or give hidden states.</summary>
public sealed partial class TrainingBatch
{
    private readonly ItemList<float> _targets = new();

    /// <summary>Sequences in which the answer's first token is.</summary>
    internal int CountedStarts { get; private set; }

    /// <summary>Sequences in which the answer's last token is.</summary>
    internal int CountedEnds { get; private set; }

    private bool TakesTargets => _info is { Output: OutputKind.Classes, Loss: not OutputLoss.CrossEntropy };

    /// <summary>Adds a sequence with its class, for a model that classifies sequences.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="label">The class; <see cref="Ignored"/> for a sequence that does not count.</param>
    /// <param name="truncate">Cut the sequence to the model's MaxLength instead of refusing what is longer.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">The sequence is empty or too long, an id is outside the vocabulary, there is no such class or type, or the model has no such global tokens.</exception>
    /// <exception cref="InvalidOperationException">The model's head is another one.</exception>
    public void AddLabelled(ReadOnlySpan<int> tokens, int label, bool truncate = false, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        RequireSingle();
        RequireHead(_info is { Output: OutputKind.Classes, Rows: not OutputRows.All, Loss: OutputLoss.CrossEntropy });
        tokens = Accept(tokens, truncate, ref types, ref globals, out int leading);
        CheckLabels([label]);
        int answering = AnsweringRow(tokens);
        Append(tokens, types, globals, leading);
        AppendAtHead(tokens.Length, answering, label);
    }

    /// <summary>Adds a sequence with numbers to be trained towards: 0 to 1 for each class of a multi-label model, any finite number for each column of a regression.</summary>
    /// <param name="tokens">Its tokens, [T].</param>
    /// <param name="targets">[classes], or for a head that answers for every token [T, classes].</param>
    /// <param name="truncate">Cut the sequence to the model's MaxLength instead of refusing what is longer.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">The sequence is empty or too long, an id is outside the vocabulary, there is no such type, or the numbers are not as many as expected or out of range.</exception>
    /// <exception cref="InvalidOperationException">The model's head is another one.</exception>
    public void AddTargets(ReadOnlySpan<int> tokens, ReadOnlySpan<float> targets, bool truncate = false, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        RequireSingle();
        RequireHead(TakesTargets);
        int rows = _info.Rows == OutputRows.All ? tokens.Length : 1;
        if (targets.Length != (long)rows * _info.Classes)
        {
            throw new ArgumentException($"There are {targets.Length} numbers. Expected [{rows}, {_info.Classes}], {(long)rows * _info.Classes} of them.", nameof(targets));
        }

        bool areShares = _info.Loss == OutputLoss.MultiLabel;
        for (int i = 0; i < targets.Length; i++)
        {
            if (!float.IsFinite(targets[i]) || (areShares && targets[i] is not (>= 0 and <= 1)))
            {
                throw new ArgumentException($"Number {i} is {targets[i]}. Expected {(areShares ? "0 for a class that does not hold, 1 for one that does, or what is between" : "a finite one")}.", nameof(targets));
            }
        }

        tokens = Accept(tokens, truncate, ref types, ref globals, out int leading);
        int answering = AnsweringRow(tokens);
        Append(tokens, types, globals, leading);
        if (_info.Rows == OutputRows.All)
        {
            _labels.Fill(_labels.Count + tokens.Length, 0);
            CountedLabels += tokens.Length;
            _targets.Add(targets[..(tokens.Length * _info.Classes)]);
            return;
        }

        AppendAtHead(tokens.Length, answering, 0);
        _targets.Add(targets);
    }

    /// <summary>
    /// Adds a sequence with the place of its answer, for a model that finds spans. A place outside of the sequence (the answer is not in it, or was cut off) does
    /// not count, as in transformers. Padding at the end is part of what the answer is looked for in, as transformers has it where sequences were padded to one length:
    /// it sees the tokens, and they do not see it. Without padding (leave it out, then) the loss is that of the sequence alone, and costs less.
    /// </summary>
    /// <param name="tokens">Its tokens: question and text.</param>
    /// <param name="start">The answer's first token.</param>
    /// <param name="end">The answer's last token.</param>
    /// <param name="truncate">Cut the sequence to the model's MaxLength instead of refusing what is longer.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <param name="padding">How many of the last tokens are padding.</param>
    /// <exception cref="ArgumentException">
    /// The sequence is empty or too long, an id is outside the vocabulary, there is no such type, the model has no such global tokens, or padding is given for a decoder.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">There is more padding than tokens.</exception>
    /// <exception cref="InvalidOperationException">The model's head is another one.</exception>
    public void AddSpan(
        ReadOnlySpan<int> tokens, int start, int end, bool truncate = false, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default, int padding = 0)
    {
        RequireSingle();
        RequireHead(_info.Output == OutputKind.Spans);
        if (padding < 0 || (padding > 0 && padding >= tokens.Length))
        {
            throw new ArgumentOutOfRangeException(nameof(padding), padding, $"Expected how many of the {tokens.Length} tokens are padding at the end, fewer than all of them.");
        }

        if (padding > 0 && !_info.HasEncoder)
        {
            throw new ArgumentException($"{_info.Name} is a decoder, in which padding behind the tokens would see itself. Leave the padding out.", nameof(padding));
        }

        int real = tokens.Length - padding;
        tokens = Accept(tokens, truncate, ref types, ref globals, out int leading, padding);
        Append(tokens, types, globals, leading, Math.Max(0, tokens.Length - real));
        int first = _labels.Count;
        _labels.Fill(first + tokens.Length, 0);
        Mark(start, 1);
        Mark(end, 2);
        CountSpan(_labels.Span[first..]);

        void Mark(int position, int flag)
        {
            if ((uint)position < (uint)(_labels.Count - first))
            {
                _labels.Set(first + position, _labels[first + position] | flag);
            }
        }
    }

    /// <summary>Adds a sequence without a label, for a model that gives hidden states.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="truncate">Cut the sequence to the model's MaxLength instead of refusing what is longer.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">The sequence is empty or too long, an id is outside the vocabulary, there is no such type, or the model has no such global tokens.</exception>
    /// <exception cref="InvalidOperationException">The model's head is another one.</exception>
    public void AddSequence(ReadOnlySpan<int> tokens, bool truncate = false, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        RequireSingle();
        RequireHead(_info.Output == OutputKind.HiddenStates);
        tokens = Accept(tokens, truncate, ref types, ref globals, out int leading);
        Append(tokens, types, globals, leading);
        _labels.Fill(_labels.Count + tokens.Length, Ignored);
    }

    private void Append(ReadOnlySpan<int> tokens, ReadOnlySpan<int> types, ReadOnlySpan<bool> globals, int leading, int padding = 0)
    {
        if (_info.MirrorsSource)
        {
            // The decoder knows no padding: later rows are hidden from earlier ones anyway.
            int first = MirroredRows.First(_info, tokens);
            _source.Add(tokens[..^padding]);
            _target.Add(first, tokens[..^1]);
            return;
        }

        Output.Add(tokens, types, globals, padding);
        Output.MarkGlobals(leading);
    }

    /// <summary>The row of a sequence that a head answers for which answers once.</summary>
    private int AnsweringRow(ReadOnlySpan<int> tokens) => _info.Rows switch
    {
        OutputRows.Last => LastToken.Of(_info, tokens),
        OutputRows.End => MirroredRows.LastEnd(_info, tokens),
        _ => 0,
    };

    /// <summary>The label stands at the row that the head reads; the sequence's other rows have none.</summary>
    private void AppendAtHead(int rows, int answering, int label)
    {
        int first = _labels.Count;
        _labels.Fill(first + rows, Ignored);
        _labels.Set(first + answering, label);
        CountedLabels += label == Ignored ? 0 : 1;
    }

    private void CountSpan(ReadOnlySpan<int> labels)
    {
        int flags = 0;
        foreach (int label in labels)
        {
            flags |= label;
        }

        CountedStarts += flags & 1;
        CountedEnds += flags >> 1;
        CountedLabels += flags == 0 ? 0 : 1;
    }
}

using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>
/// Sequences to train on, packed end to end, with the class that each output row should predict. Fill it, use it, <see cref="Clear"/> it and
/// fill it again: once it has been as large as it gets it allocates nothing. Filling checks everything; a sequence that is refused
/// leaves the batch as it was.
/// </summary>
/// <remarks>
/// An encoder-decoder takes pairs (<see cref="AddPair"/>, <see cref="AddTranslation"/>); a model of one stack takes single sequences
/// (<see cref="Add"/>, <see cref="AddText"/>; for heads that classify a sequence or find a span <see cref="AddLabelled"/>, <see cref="AddTargets"/>,
/// <see cref="AddSpan"/>). Labels are aligned with the output rows: the target rows, or the rows of the only stack.
/// </remarks>
public sealed partial class TrainingBatch
{
    /// <summary>A label that counts nowhere: the row has no loss and no gradient of its own.</summary>
    public const int Ignored = -100;

    private readonly ModelInfo _info;
    private readonly PackedTokens _source = new();
    private readonly PackedTokens _target = new();
    private readonly ItemList<int> _labels = new();

    /// <summary>An empty batch for a model.</summary>
    /// <param name="info">The model: what is too long or not in its vocabulary is refused.</param>
    public TrainingBatch(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        _info = info;
    }

    /// <summary>Sequences, or pairs of them.</summary>
    public int Sequences => Output.Sequences;

    /// <summary>Tokens of both sides: the rows that the model computes.</summary>
    public int Tokens => _source.Count + _target.Count;

    /// <summary>Labels that count; of spans the sequences in which the answer begins or ends.</summary>
    public int CountedLabels { get; private set; }

    private bool IsPair => _info.TakesPairs;

    /// <summary>The side whose rows are labelled.</summary>
    private PackedTokens Output => _info.HasDecoder ? _target : _source;

    /// <summary>Empties the batch; its memory stays.</summary>
    public void Clear()
    {
        _source.Clear();
        _target.Clear();
        _labels.Clear();
        _targets.Clear();
        CountedLabels = CountedStarts = CountedEnds = 0;
    }

    /// <summary>Adds a pair for an encoder-decoder.</summary>
    /// <param name="source">Tokens that the encoder reads.</param>
    /// <param name="target">Tokens that the decoder is fed, [T] (teacher forcing: the begin token first).</param>
    /// <param name="labels">[T] class that each target row should predict; <see cref="Ignored"/> where nothing counts.</param>
    /// <param name="truncate">Cut both sides to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id is outside the vocabulary, or the labels are not as many as the target's tokens.</exception>
    /// <exception cref="InvalidOperationException">The model is no encoder-decoder, or gives hidden states, which have no labels.</exception>
    public void AddPair(ReadOnlySpan<int> source, ReadOnlySpan<int> target, ReadOnlySpan<int> labels, bool truncate = false)
    {
        RequirePair();
        RequireHead(_info.Output == OutputKind.Language);
        CheckAligned(target, labels);
        source = Limit(source, truncate, nameof(source));
        target = Limit(target, truncate, nameof(target));
        labels = labels[..target.Length];
        CheckIds(source, nameof(source));
        CheckIds(target, nameof(target));
        CheckLabels(labels);
        _source.Add(source);
        _target.Add(target);
        AppendLabels(labels);
    }

    /// <summary>Adds a pair for an encoder-decoder that gives hidden states.</summary>
    /// <param name="source">Tokens that the encoder reads.</param>
    /// <param name="target">Tokens that the decoder is fed.</param>
    /// <param name="truncate">Cut both sides to the model's MaxLength instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id is outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The model is no encoder-decoder, or predicts tokens, which needs labels.</exception>
    public void AddSequences(ReadOnlySpan<int> source, ReadOnlySpan<int> target, bool truncate = false)
    {
        RequirePair();
        RequireHead(_info.Output == OutputKind.HiddenStates);
        source = Limit(source, truncate, nameof(source));
        target = Limit(target, truncate, nameof(target));
        CheckIds(source, nameof(source));
        CheckIds(target, nameof(target));
        _source.Add(source);
        _target.Add(target);
        _labels.Fill(_labels.Count + target.Length, Ignored);
    }

    /// <summary>Adds a sequence for a model of one stack, encoder or decoder. Labels are not shifted.</summary>
    /// <param name="tokens">Its tokens, [T].</param>
    /// <param name="labels">[T] class that each row should predict; <see cref="Ignored"/> where nothing counts.</param>
    /// <param name="truncate">Cut the sequence to the model's MaxLength instead of refusing what is longer.</param>
    /// <param name="types">[T] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[T] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">
    /// The sequence is empty or too long, an id is outside the vocabulary, the labels are not as many as the tokens, a type is none of the model's, or it has no such global tokens.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model is an encoder-decoder, or its head takes no label for each token.</exception>
    public void Add(ReadOnlySpan<int> tokens, ReadOnlySpan<int> labels, bool truncate = false, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
    {
        RequireTokenLabels();
        CheckAligned(tokens, labels);
        tokens = Accept(tokens, truncate, ref types, ref globals, out int leading);
        labels = labels[..tokens.Length];
        CheckLabels(labels);
        Append(tokens, types, globals, leading);
        AppendLabels(labels);
    }

    /// <summary>Adds a sentence and its translation: the decoder is fed begin + target and should say target + end.</summary>
    /// <param name="source">Source tokens, as they shall be encoded (with an end token where the model is used to one).</param>
    /// <param name="target">Target tokens, without begin and end.</param>
    /// <param name="truncate">Cut both sides to the model's MaxLength instead of refusing what is longer; a target that is cut has no end.</param>
    /// <exception cref="ArgumentException">The source is empty, a side is too long, or an id is outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The model is no encoder-decoder.</exception>
    public void AddTranslation(ReadOnlySpan<int> source, ReadOnlySpan<int> target, bool truncate = false)
    {
        RequirePair();
        RequireHead(_info.Output == OutputKind.Language);
        source = Limit(source, truncate, nameof(source));
        if (target.Length >= _info.MaxLength && !truncate)
        {
            throw TooLong(target.Length + 1, nameof(target), " (the begin token included)");
        }

        CheckIds(source, nameof(source));
        CheckIds(target, nameof(target));
        _source.Add(source);

        int rows = Math.Min(target.Length + 1, _info.MaxLength);
        _target.Add(_info.BeginId, target[..(rows - 1)]);
        int labelled = Math.Min(rows, target.Length);
        AppendLabels(target[..labelled]);
        if (labelled < rows)
        {
            AppendLabels([_info.EndId]);
        }
    }

    /// <summary>Adds a text for a causal model: every token but the first is to be predicted from the ones before it.</summary>
    /// <param name="tokens">At least two tokens; they make one row less than there are tokens, so MaxLength + 1 of them fit.</param>
    /// <param name="truncate">Use the first MaxLength + 1 tokens instead of refusing what is longer.</param>
    /// <exception cref="ArgumentException">The text has fewer than two tokens or is too long, or an id is outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The model is not a decoder alone.</exception>
    public void AddText(ReadOnlySpan<int> tokens, bool truncate = false)
    {
        RequireSingle();
        RequireHead(_info.Output == OutputKind.Language);
        if (!_info.HasDecoder)
        {
            throw new InvalidOperationException($"{_info.Name} is an encoder: a row sees the tokens behind it, so predicting the next one teaches nothing. Use Add with labels (masked tokens).");
        }

        if (tokens.Length < 2)
        {
            throw new ArgumentException($"A text of {tokens.Length} tokens has nothing to predict; give at least 2.", nameof(tokens));
        }

        ReadOnlySpan<int> rows = Limit(tokens[..^1], truncate, nameof(tokens));
        ReadOnlySpan<int> labels = tokens.Slice(1, rows.Length);
        CheckIds(rows, nameof(tokens));
        CheckIds(labels, nameof(tokens));
        _target.Add(rows);
        AppendLabels(labels);
    }

    /// <summary>Adds one sequence or pair of another batch.</summary>
    /// <param name="other">A batch of the same model.</param>
    /// <param name="sequence">Which, from 0.</param>
    /// <exception cref="ArgumentException">The other batch belongs to another model.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence.</exception>
    public void AddFrom(TrainingBatch other, int sequence)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!ReferenceEquals(other._info, _info))
        {
            throw new ArgumentException($"The other batch belongs to {other._info.Name}, this one to {_info.Name}.", nameof(other));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, other.Sequences);
        if (_info.HasEncoder && _info.HasDecoder)
        {
            _source.Add(other._source[sequence]);
        }

        Output.Add(other.Output[sequence], other.Output.Types(sequence), other.Output.Globals(sequence), other.Output.Padding(sequence));
        int start = other.Output.Start(sequence), length = other.Output[sequence].Length;
        AppendLabels(other._labels.Span.Slice(start, length));
        if (TakesTargets)
        {
            int classes = _info.Classes;
            _targets.Add(_info.Rows == OutputRows.All ? other._targets.Span.Slice(start * classes, length * classes) : other._targets.Span.Slice(sequence * classes, classes));
        }
    }

    /// <summary>Puts the batch into a workspace for a pass in training mode.</summary>
    internal void Load(Workspace workspace)
    {
        LoadSource(workspace);
        LoadTarget(workspace);
        LoadLabels(workspace);
    }

    internal void LoadSource(Workspace workspace) => _source.CopyTo(workspace.Source, _info);

    internal void LoadTarget(Workspace workspace) => _target.CopyTo(workspace.Target, _info);

    internal void LoadLabels(Workspace workspace)
    {
        LabelSet set = workspace.Labels;
        if (_info.Output is OutputKind.HiddenStates or OutputKind.Spans)
        {
            set.Choose(_info, _info.HasDecoder ? workspace.Target : workspace.Source, _info.HasEncoder ? workspace.Source : workspace.Target);
            _labels.Span[..(_info.Output == OutputKind.Spans ? set.Count : 0)].CopyTo(set.LabelSpan);
            return;
        }

        set.Clear();
        set.Reserve(CountedLabels, TakesTargets ? _info.Classes : 0);
        ReadOnlySpan<int> labels = _labels.Span;
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] == Ignored)
            {
                continue;
            }

            if (TakesTargets)
            {
                set.AddTargets(row, _targets.Span.Slice(set.Count * _info.Classes, _info.Classes));
            }
            else
            {
                set.Add(row, labels[row]);
            }
        }
    }

    private void AppendLabels(ReadOnlySpan<int> labels)
    {
        _labels.Add(labels);
        if (_info.Output == OutputKind.Spans)
        {
            CountSpan(labels);
            return;
        }

        CountedLabels += labels.Length - labels.Count(Ignored);
    }
}

using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Decoding;

/// <summary>
/// A generated model as a session: rows that are decoded behind a cache of keys and values. The cache grows with the longest row, never to the
/// model's maximum at once; when a row is continued by several, only what it has filled is copied, and only for all but the first.
/// </summary>
/// <remarks>
/// One session serves one caller at a time; any number of sessions share a model's weights. Nothing is allocated per step once the buffers
/// are as large as the batch needs.
/// <code>
/// session.Encode(sources);                    // encoder-decoders only
/// session.Begin([0, 0]);                      // two rows, both for source 0
/// session.Step(prompts, counts);
/// session.Logits(0);
/// </code>
/// </remarks>
/// <typeparam name="TModel">The generated class.</typeparam>
public sealed unsafe class DecodingSession<TModel> : IDecodingSession, IDisposable
    where TModel : class, ITransformer<TModel>
{
    private const int FirstCapacity = 32;

    private readonly ModelInfo _info = TModel.Info;
    private readonly int _stride;               // floats from one row of logits to the next
    private int _sources;
    private int _reserved;                      // positions that a caller asked for ahead of time
    private int[]? _slots, _newSlots;           // [rows] place in the cache
    private int[]? _sentences, _newSentences;   // [rows] encoded source
    private int[]? _labels;                     // [rows] the row's logits in the last step; -1: none
    private bool[]? _claimed;                   // [rows] scratch of Reorder
    private int[]? _free;                       // slots that no row has
    private int _freeCount;

    /// <summary>Creates a session with a workspace of its own.</summary>
    /// <param name="model">The model; its weights are shared, not copied.</param>
    /// <param name="team">Who computes; null is the caller's thread alone.</param>
    /// <exception cref="NotSupportedException">The model has no decoder, or a head that does not predict tokens.</exception>
    public DecodingSession(TModel model, Team? team = null)
        : this(new Workspace((model ?? throw new ArgumentNullException(nameof(model))).Weights, team ?? Team.Alone))
    {
    }

    /// <summary>Creates a session over a workspace, which becomes its own.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <exception cref="NotSupportedException">The model has no decoder, or a head that does not predict tokens.</exception>
    public DecodingSession(Workspace workspace)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        if (!_info.HasDecoder)
        {
            throw new NotSupportedException($"{_info.Name} has no decoder, so it cannot generate. Use Forward for its logits.");
        }

        if (_info.Output != OutputKind.Language)
        {
            throw new NotSupportedException($"{_info.Name} has no head that predicts tokens, so it cannot generate. Compile it with a language head: Head = ModelHead.CausalLanguage or ModelHead.SequenceToSequence.");
        }

        Workspace = workspace;
        _stride = Padding.RoundUp(_info.Vocabulary);
    }

    /// <summary>The batch, arena and caches of the session.</summary>
    public Workspace Workspace { get; }

    /// <inheritdoc/>
    public int Vocabulary => _info.Vocabulary;

    /// <inheritdoc/>
    public int MaxLength => _info.MaxLength;

    /// <summary>Any number of rows; memory is the limit.</summary>
    public int MaxRows => int.MaxValue;

    /// <inheritdoc/>
    public int Rows { get; private set; }

    /// <summary>Sources that were encoded last; 0 for a model without an encoder.</summary>
    public int Sources => _sources;

    /// <summary>Positions that a row holds: tokens appended since <see cref="Begin"/>, less what was truncated.</summary>
    /// <param name="row">The row, from 0.</param>
    public int Length(int row) => Workspace.SelfCache.Lengths[Slot(row)];

    /// <summary>Runs the encoder over sources and keeps every decoder layer's keys and values of them. Rows of an earlier batch end.</summary>
    /// <param name="tokens">The tokens of all sources, packed end to end.</param>
    /// <param name="lengths">[sources] tokens of each, at least one.</param>
    /// <exception cref="ArgumentException">A source is empty or longer than <see cref="MaxLength"/>, an id is not in the vocabulary, or the lengths do not add up.</exception>
    /// <exception cref="NotSupportedException">The model has no encoder.</exception>
    /// <exception cref="ObjectDisposedException">The session or the model is disposed.</exception>
    public void Encode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
    {
        if (!_info.HasEncoder)
        {
            throw new NotSupportedException($"{_info.Name} has no encoder: there is nothing to encode. Give the text as the prompt.");
        }

        Workspace.ThrowIfDisposed();
        Rows = 0;
        _sources = 0;
        ForwardPass.Encode<TModel>(Workspace, tokens, lengths);
        _sources = lengths.Length;
    }

    /// <summary>Runs the encoder over sources; see the other overload.</summary>
    /// <param name="sources">The tokens of each source.</param>
    public void Encode(IReadOnlyList<int[]> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        (int[] tokens, int[] lengths) = PackedRows.Pack(sources);
        Encode(tokens, lengths);
    }

    /// <summary>Has <see cref="Begin"/> make room ahead of time, so that the cache need not grow while rows become longer.</summary>
    /// <param name="positions">Positions that a row is expected to reach; more than <see cref="MaxLength"/> counts as that.</param>
    public void Reserve(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        _reserved = Math.Min(positions, MaxLength);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A row decodes for a source that was not encoded.</exception>
    /// <exception cref="ObjectDisposedException">The session or the model is disposed.</exception>
    public void Begin(ReadOnlySpan<int> sentences)
    {
        Workspace.ThrowIfDisposed();
        int rows = sentences.Length;
        if (_info.HasEncoder)
        {
            for (int row = 0; row < rows; row++)
            {
                if ((uint)sentences[row] >= (uint)_sources)
                {
                    throw new ArgumentOutOfRangeException(
                        nameof(sentences), sentences[row], $"Row {row} decodes for source {sentences[row]}, but {_sources} were encoded. Call Encode with every source first; they count from 0.");
                }
            }
        }

        Workspace.SelfCache.Reserve(rows, Math.Max(_reserved, Math.Min(FirstCapacity, MaxLength)));
        sentences.CopyTo(Scratch.Take(ref _sentences, rows));
        Scratch.Take(ref _newSentences, rows);
        Span<int> slots = Scratch.Take(ref _slots, rows);
        for (int row = 0; row < rows; row++)
        {
            slots[row] = row;
        }

        Scratch.Take(ref _newSlots, rows);
        Scratch.Take(ref _claimed, rows);
        Scratch.Take(ref _free, rows);
        Scratch.Take(ref _labels, rows).Fill(-1);
        _freeCount = 0;
        Rows = rows;
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The session or the model is disposed.</exception>
    /// <exception cref="ArgumentException">Tokens and counts do not fit each other, an id is not in the vocabulary, or a row would become longer than <see cref="MaxLength"/>.</exception>
#pragma warning disable CA1716 // the interface's name
    public void Step(ReadOnlySpan<int> tokens, ReadOnlySpan<int> counts)
#pragma warning restore CA1716
    {
        Workspace.ThrowIfDisposed();
        int longest = Validate(tokens, counts);
        KeyValueCache cache = Workspace.SelfCache;
        if (longest > cache.Capacity)
        {
            cache.Extend(Math.Min(Math.Max(longest, 2 * cache.Capacity), MaxLength));
        }

        RowSet target = Workspace.Target;
        LabelSet labels = Workspace.Labels;
        target.Clear();
        labels.Clear();
        target.Reserve(tokens.Length, counts.Length);
        Span<int> labelOf = _labels.AsSpan(0, Rows), slots = _slots.AsSpan(0, Rows), sentences = _sentences.AsSpan(0, Rows);
        for (int row = 0, at = 0; row < counts.Length; at += counts[row++])
        {
            labelOf[row] = -1;
            if (counts[row] > 0)
            {
                target.Add(tokens.Slice(at, counts[row]), cache.Lengths[slots[row]], slots[row], sentences[row]);
                labelOf[row] = labels.Count;
                labels.Add(target.Count - 1);
            }
        }

        if (target.Count == 0)
        {
            return;
        }

        TModel.Decode(Workspace);
        for (int row = 0; row < counts.Length; row++)
        {
            cache.Lengths[slots[row]] += counts[row];
        }
    }

    /// <summary>Forgets the end of a row, for example to let a chat go on from an earlier turn. Its logits are stale until the next step.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="length">Positions to keep, at most <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The row is not that long.</exception>
    public void Truncate(int row, int length)
    {
        int before = Length(row);
        if (length < 0 || length > before)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"Row {row} holds {before} positions. Expected 0 to {before} of them to keep.");
        }

        Workspace.SelfCache.Lengths[Slot(row)] = length;
        _labels![row] = -1;
    }

    /// <inheritdoc/>
    /// <remarks>The first row that continues a parent takes over its place in the cache; every further one gets a copy of what is filled, in a place that a row which nobody continues has left.</remarks>
    /// <exception cref="ArgumentException">There are more rows than before, or a parent is none of the rows.</exception>
    public void Reorder(ReadOnlySpan<int> parents)
    {
        ValidateParents(parents);
        Span<bool> claimed = _claimed.AsSpan(0, Rows);
        claimed.Clear();
        for (int row = 0; row < parents.Length; row++)
        {
            int parent = parents[row];
            _newSentences![row] = _sentences![parent];
            _newSlots![row] = claimed[parent] ? -1 : _slots![parent];
            claimed[parent] = true;
        }

        for (int row = 0; row < Rows; row++)
        {
            if (!claimed[row])
            {
                _free![_freeCount++] = _slots![row];
            }
        }

        for (int row = 0; row < parents.Length; row++)
        {
            if (_newSlots![row] < 0)
            {
                int slot = _free![--_freeCount];
                Workspace.SelfCache.Copy(_slots![parents[row]], slot);
                _newSlots[row] = slot;
            }
        }

        (_slots, _newSlots) = (_newSlots, _slots);
        (_sentences, _newSentences) = (_newSentences, _sentences);
        Rows = parents.Length;
        _labels.AsSpan(0, Rows).Fill(-1);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The row has no logits: it took no part in the last step, or was reordered or truncated since.</exception>
    public Span<float> Logits(int row)
    {
        int label = _labels.AsSpan(0, Rows)[row];
        return label >= 0
            ? new Span<float>(Workspace.Logits + ((long)label * _stride), Vocabulary)
            : throw new InvalidOperationException($"Row {row} has no logits: it took no part in the last step, or was reordered or truncated since. Append a token to it first.");
    }

    /// <summary>Frees the workspace.</summary>
    public void Dispose()
    {
        Rows = _sources = 0;
        Workspace.Dispose();
    }

    private int Slot(int row) => _slots.AsSpan(0, Rows)[row];

    // Checks everything before anything changes; returns the length of the longest row after the step.
    private int Validate(ReadOnlySpan<int> tokens, ReadOnlySpan<int> counts)
    {
        if (counts.Length != Rows)
        {
            throw new ArgumentException($"There are {counts.Length} counts for {Rows} rows. Expected one for each.", nameof(counts));
        }

        long total = 0;
        int longest = 0;
        for (int row = 0; row < counts.Length; row++)
        {
            int past = Length(row);
            if (counts[row] < 0 || counts[row] > MaxLength - past)
            {
                throw new ArgumentException(
                    $"Row {row} holds {past} positions and cannot take {counts[row]} more: MaxLength of {_info.Name} is {MaxLength}. Stop before, truncate the row, or compile the model with a larger MaxLength.", nameof(counts));
            }

            total += counts[row];
            longest = Math.Max(longest, past + counts[row]);
        }

        if (total != tokens.Length)
        {
            throw new ArgumentException($"The counts add up to {total}, but there are {tokens.Length} tokens. Expected the tokens of all rows packed end to end.", nameof(tokens));
        }

        PackedRows.RequireTokens(_info, tokens, nameof(tokens));
        return longest;
    }

    private void ValidateParents(ReadOnlySpan<int> parents)
    {
        if (parents.Length > Rows)
        {
            throw new ArgumentException($"There are {parents.Length} parents for {Rows} rows. Expected at most as many.", nameof(parents));
        }

        for (int row = 0; row < parents.Length; row++)
        {
            if ((uint)parents[row] >= (uint)Rows)
            {
                throw new ArgumentException($"Row {row} is to continue row {parents[row]}. Expected a row from 0 to {Rows - 1}.", nameof(parents));
            }
        }
    }
}

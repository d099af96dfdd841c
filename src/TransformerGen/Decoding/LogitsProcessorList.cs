using System.Collections;

namespace TransformerGen.Decoding;

/// <summary>Logits processors applied in order.</summary>
public sealed class LogitsProcessorList : ILogitsProcessor, IReadOnlyList<ILogitsProcessor>
{
    private readonly List<ILogitsProcessor> processors = [];

    /// <summary>The number of processors.</summary>
    public int Count => processors.Count;

    /// <summary>The processor at a place of the order.</summary>
    /// <param name="index">The place, from 0.</param>
    public ILogitsProcessor this[int index] => processors[index];

    /// <summary>Adds a processor behind the others.</summary>
    /// <param name="processor">The processor; it is not to be shared with another caller at the same time.</param>
    /// <exception cref="ArgumentNullException"><paramref name="processor"/> is null.</exception>
    public void Add(ILogitsProcessor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        processors.Add(processor);
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        for (int i = 0; i < processors.Count; i++) processors[i].Process(ids, logits);
    }

    /// <inheritdoc/>
    public IEnumerator<ILogitsProcessor> GetEnumerator() => processors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

namespace TransformerGen.Decoding;

/// <summary>Keeps the k largest logits, and what equals the k-th.</summary>
public sealed class TopKProcessor : ILogitsProcessor
{
    private readonly int k;
    private float[]? heap;

    /// <summary>Creates the processor.</summary>
    /// <param name="k">How many logits are kept, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public TopKProcessor(int k)
    {
        this.k = Require.AtLeast(1, k, nameof(k));
    }

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> ids, Span<float> logits)
    {
        if (k >= logits.Length) return;
        float threshold = KthLargest(logits);
        for (int i = 0; i < logits.Length; i++)
            if (logits[i] < threshold) logits[i] = float.NegativeInfinity;
    }

    // A heap of the k largest so far with the smallest of them on top: almost every logit costs one comparison.
    private float KthLargest(ReadOnlySpan<float> logits)
    {
        Span<float> top = Scratch.Take(ref heap, k);
        logits[..k].CopyTo(top);
        for (int i = k / 2 - 1; i >= 0; i--) SiftDown(top, i);
        for (int i = k; i < logits.Length; i++)
        {
            if (logits[i] <= top[0]) continue;
            top[0] = logits[i];
            SiftDown(top, 0);
        }
        return top[0];
    }

    private static void SiftDown(Span<float> top, int at)
    {
        float value = top[at];
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= top.Length) break;
            if (child + 1 < top.Length && top[child + 1] < top[child]) child++;
            if (top[child] >= value) break;
            top[at] = top[child];
            at = child;
        }
        top[at] = value;
    }
}

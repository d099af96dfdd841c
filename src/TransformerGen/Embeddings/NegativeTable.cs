namespace TransformerGen.Embeddings;

/// <summary>
/// Draws words with probability proportional to count^power (Mikolov et al. 2013b, section 2.2: the unigram distribution to the 3/4), by Walker's alias
/// method as Vose (1991) builds it: exact, and one look-up a draw whatever the vocabulary.
/// </summary>
internal sealed class NegativeTable
{
    private readonly double[] _keep;
    private readonly int[] _alias;

    public NegativeTable(IReadOnlyList<long> counts, double power)
    {
        int n = counts.Count;
        double[] weights = [.. counts.Select(count => Math.Pow(count, power))];
        double mean = weights.Sum() / n;
        _keep = new double[n];
        _alias = new int[n];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (int i = 0; i < n; i++)
        {
            weights[i] /= mean;
            _keep[i] = 1;
            _alias[i] = i;
            (weights[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            int less = small.Pop(), more = large.Pop();
            _keep[less] = weights[less];
            _alias[less] = more;
            weights[more] -= 1 - weights[less];
            (weights[more] < 1 ? small : large).Push(more);
        }
    }

    public int Draw(ref WordRandom random)
    {
        int slot = random.NextInt(_keep.Length);
        return random.NextDouble() < _keep[slot] ? slot : _alias[slot];
    }
}

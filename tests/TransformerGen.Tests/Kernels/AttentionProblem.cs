using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>A batch of sequences for one attention shape: inputs in the layout of the model, guarded outputs, and the comparison with the definition.</summary>
internal sealed unsafe partial class AttentionProblem : IDisposable
{
    private const float Sentinel = 12345f;
    private const int Guard = 64;

    private readonly List<NativeBuffer> _buffers = [];
    private readonly AttentionHost _host;
    private readonly AttentionShape _shape;
    private readonly bool _cross;
    private readonly int _sequences, _rows, _keyRows;
    private readonly int* _queryOffsets, _keyOffsets, _keyEnds;
    private readonly float* _q, _k, _v, _score, _output, _logSumExp, _dOutput, _dq, _dk, _dv, _dScore, _parts, _bias, _dBias, _biasParts;
    private readonly DropoutKey _dropout;
    private readonly NativeBuffer _offsets;

    public AttentionProblem(AttentionHost host, int[] queryLengths, int[] keyLengths, int seed, bool equalKeys = false, int[]? padding = null)
    {
        (_host, _shape, _sequences, _rows, _keyRows) = (host, host.Shape, queryLengths.Length, queryLengths.Sum(), keyLengths.Sum());
        _cross = _shape.QueryStride != _shape.KeyStride || _shape.ValueTail != _shape.QueryStride - _shape.Width - (2 * _shape.KeyWidth);
        _offsets = new NativeBuffer((3 * _sequences) + 2);
        _queryOffsets = (int*)_offsets.Start;
        _keyOffsets = _queryOffsets + _sequences + 1;
        _keyEnds = _keyOffsets + _sequences + 1;
        _queryOffsets[0] = _keyOffsets[0] = 0;
        for (int s = 0; s < _sequences; s++)
        {
            _queryOffsets[s + 1] = _queryOffsets[s] + queryLengths[s];
            _keyOffsets[s + 1] = _keyOffsets[s] + keyLengths[s];
            _keyEnds[s] = _keyOffsets[s + 1] - (padding?[s] ?? 0);
        }

        var random = new Random(seed);
        int width = _shape.Width, keyWidth = _shape.KeyWidth;
        if (_cross)
        {
            _q = Random(random, _rows, _shape.QueryStride, width);
            _k = Random(random, _keyRows, _shape.KeyStride, 2 * keyWidth);
            _v = _k + keyWidth;
            _dq = Guarded(_rows * _shape.QueryStride);
            _dk = Guarded(_keyRows * _shape.KeyStride);
            _dv = _dk + keyWidth;
        }
        else
        {
            _q = Random(random, _rows, _shape.QueryStride, width + (2 * keyWidth));
            _k = _q + width;
            _v = _k + keyWidth;
            _dq = Guarded(_rows * _shape.QueryStride);
            _dk = _dq + width;
            _dv = _dk + keyWidth;
        }

        if (equalKeys)
        {
            for (int row = 0; row < _keyRows; row++)
            {
                new Span<float>(_k + (row / 3 * 3 * _shape.KeyStride), width).CopyTo(new Span<float>(_k + (row * _shape.KeyStride), width));
            }
        }

        _score = Random(random, _shape.Heads, _shape.PaddedHeadWidth, _shape.HeadWidth);
        for (int i = 0; i < _shape.Heads * _shape.PaddedHeadWidth; i++)
        {
            _score[i] /= MathF.Sqrt(_shape.HeadWidth);      // as a model initialises it: scores around 1
        }

        _bias = Random(random, 1, AttentionShape.Pad(BiasWidth), BiasWidth);
        _dBias = Guarded(AttentionShape.Pad(BiasWidth));
        _biasParts = Guarded(_sequences * AttentionShape.Pad(BiasWidth));
        _dropout = host.Dropout ? DropoutKey.Create((ulong)seed, 3, 1, 0.3) : DropoutKey.None;
        _dOutput = Random(random, _rows, _shape.OutputStride, width);
        _output = Guarded(_rows * _shape.OutputStride);
        _logSumExp = Guarded(_rows * _shape.StatisticsStride);
        _dScore = Guarded(_shape.Heads * _shape.PaddedHeadWidth);
        _parts = Guarded(_sequences * _shape.Heads * _shape.PaddedHeadWidth);
    }

    /// <summary>Forward, backward and probabilities against the definition; nothing is written outside, padding is zero.</summary>
    public void Verify()
    {
        Run(Team.Alone);
        float* probabilities = Guarded(ProbabilityCount());
        _host.Probabilities(_sequences, _queryOffsets, _keyOffsets, _keyEnds, _q, _k, _score, _bias, _logSumExp, probabilities);
        float* light = Guarded(_rows * _shape.OutputStride);
        _host.ForwardLight(Team.Alone, _sequences, _queryOffsets, _keyOffsets, _keyEnds, _q, _k, _v, _score, _bias, light, null, DropoutKey.None);
        Assert.True(_host.Dropout || new Span<float>(light, _rows * _shape.OutputStride).SequenceEqual(new Span<float>(_output, _rows * _shape.OutputStride)), Name("Forward and ForwardKeep differ"));

        double[,] dScore = new double[_shape.Heads, _shape.HeadWidth], dBias = new double[1, BiasWidth];
        for (int s = 0; s < _sequences; s++)
        {
            int row = _queryOffsets[s], queries = _queryOffsets[s + 1] - row, key = _keyOffsets[s], keys = _keyEnds[s] - key, keyRows = _keyOffsets[s + 1] - key;
            double[,] dKeys = new double[0, 0], dValues = dKeys;
            for (int h = 0; h < _shape.Heads; h++)
            {
                int at = h * _shape.HeadWidth, keyAt = h / _shape.Group * _shape.HeadWidth, span = _shape.BiasSpan;
                AttentionReference reference = new(
                    _shape,
                    h,
                    Read(_q + at, row, queries, _shape.QueryStride),
                    Read(_k + keyAt, key, keys, _shape.KeyStride),
                    Read(_v + keyAt, key, keys, _shape.ValueStride),
                    [.. Enumerable.Range(0, _shape.HeadWidth).Select(c => (double)_score[(h * _shape.PaddedHeadWidth) + c])],
                    [.. Enumerable.Range(0, span).Select(d => (double)_bias[(h * span) + d])],
                    Kept((s * _shape.Heads) + h, queries, keys));
                reference.Differentiate(Read(_dOutput + at, row, queries, _shape.OutputStride));

                // Sums of up to 256 products of numbers around 1, in float: a few 1e-6 relative to the largest entry.
                Compare("output", s, h, reference.Output, Read(_output + at, row, queries, _shape.OutputStride), 4e-6);
                Compare("probabilities", s, h, reference.Probabilities, ReadDense(probabilities, queries, keys, keyRows), 4e-6);
                Compare("dq", s, h, reference.DQ, Read(_dq + at, row, queries, _shape.QueryStride), 1e-5);

                // The heads of a group add up.
                (double[,] dK, double[,] dV) = h % _shape.Group == 0 ? (reference.DK, reference.DV) : (Sum(dKeys, reference.DK), Sum(dValues, reference.DV));
                (dKeys, dValues) = (dK, dV);
                if ((h + 1) % _shape.Group == 0)
                {
                    Compare("dk", s, h, dK, Read(_dk + keyAt, key, keys, _shape.KeyStride), 1e-5);
                    Compare("dv", s, h, dV, Read(_dv + keyAt, key, keys, _shape.ValueStride), 1e-5);
                    Assert.All(Read(_dk + keyAt, key + keys, keyRows - keys, _shape.KeyStride).Cast<double>(), d => Assert.True(d == 0, Name("dk of padding is not zero")));
                    Assert.All(Read(_dv + keyAt, key + keys, keyRows - keys, _shape.ValueStride).Cast<double>(), d => Assert.True(d == 0, Name("dv of padding is not zero")));
                }

                for (int d = 0; d < span; d++)
                {
                    dBias[0, (h * span) + d] += reference.DBias[d];
                }

                probabilities += queries * keyRows;
                for (int c = 0; c < _shape.HeadWidth; c++)
                {
                    dScore[h, c] += reference.DScore[c];
                }
            }
        }

        if (_shape.IsAdditive)
        {
            Compare("dScore", 0, 0, dScore, Read(_dScore, 0, _shape.Heads, _shape.PaddedHeadWidth), 2e-5);
        }

        if (_shape.Bias == BiasKind.Distance)
        {
            Compare("dBias", 0, 0, dBias, Read(_dBias, 0, 1, AttentionShape.Pad(BiasWidth), BiasWidth), 2e-5);
            VerifyPadding(_dBias, 1, AttentionShape.Pad(BiasWidth), BiasWidth);
        }

        VerifyPadding(_output, _rows, _shape.OutputStride, _shape.Width);
        VerifyPadding(_logSumExp, _rows, _shape.StatisticsStride, _shape.Heads);
        VerifyPadding(_dq, _rows, _shape.QueryStride, _shape.Width + (_cross ? 0 : 2 * _shape.KeyWidth));
        if (_cross)
        {
            VerifyPadding(_dk, _keyRows, _shape.KeyStride, 2 * _shape.KeyWidth);
        }

        VerifyGuards();
    }

    /// <summary>The cache, filled in two parts, gives what Forward gives.</summary>
    public void VerifyCached(int first, Team? team = null)
    {
        team ??= Team.Alone;
        using KeyValueCache cache = NewCache(_keyOffsets, out int keyOffset, out int valueOffset);
        int* offsets = stackalloc int[_sequences + 1], past = stackalloc int[_sequences], slots = stackalloc int[_sequences];
        float* part = Guarded(_rows * _shape.OutputStride);
        float* q = Guarded(_rows * _shape.QueryStride);
        for (int step = 0; step < 3; step++)
        {
            // Part 0: the first rows, part 1: one row, part 2: the rest.
            offsets[0] = 0;
            for (int s = 0; s < _sequences; s++)
            {
                int row = _queryOffsets[s], length = _queryOffsets[s + 1] - row;
                int from = step == 0 ? 0 : Math.Min(length, step == 1 ? first : first + 1);
                int to = step == 0 ? Math.Min(length, first) : step == 1 ? Math.Min(length, first + 1) : length;
                (past[s], slots[s], offsets[s + 1]) = (from, _sequences - 1 - s, offsets[s] + to - from);
                int floats = (to - from) * _shape.QueryStride;
                new Span<float>(_q + ((row + from) * _shape.QueryStride), floats).CopyTo(new Span<float>(q + (offsets[s] * _shape.QueryStride), floats));
            }

            _host.Append(team, _sequences, offsets, past, slots, cache, keyOffset, valueOffset, q + _shape.Width, q + _shape.Width + _shape.KeyWidth);
            _host.ForwardCached(team, _sequences, offsets, past, slots, cache, keyOffset, valueOffset, q, _score, _bias, part);
            for (int s = 0; s < _sequences; s++)
            {
                if (!_shape.Causal && step < 2)
                {
                    continue;       // without causality a row sees keys that are not cached yet: only the last part can agree
                }

                int count = offsets[s + 1] - offsets[s];
                Same("cached output", Read(_output, _queryOffsets[s] + past[s], count, _shape.OutputStride, _shape.OutputStride), Read(part, offsets[s], count, _shape.OutputStride, _shape.OutputStride));
            }
        }

        VerifyGuards();
    }

    /// <summary>Keys of the encoder in the cache give what Forward gives.</summary>
    public void VerifyCachedCross()
    {
        using KeyValueCache cache = NewCache(_keyOffsets, out int keyOffset, out int valueOffset);
        int* past = stackalloc int[_sequences], slots = stackalloc int[_sequences];
        for (int s = 0; s < _sequences; s++)
        {
            (past[s], slots[s]) = (0, _sequences - 1 - s);
            cache.Lengths[slots[s]] = _keyOffsets[s + 1] - _keyOffsets[s];
        }

        float* output = Guarded(_rows * _shape.OutputStride);
        _host.Append(Team.Alone, _sequences, _keyOffsets, past, slots, cache, keyOffset, valueOffset, _k, _v);
        for (int s = 0; s < _sequences; s++)
        {
            past[s] = 100 + s;      // the decoder's positions do not matter
        }

        _host.ForwardCachedCross(Team.Alone, _sequences, _queryOffsets, past, slots, cache, keyOffset, valueOffset, _q, _score, _bias, output);
        Same("cached cross output", Read(_output, 0, _rows, _shape.OutputStride, _shape.OutputStride), Read(output, 0, _rows, _shape.OutputStride, _shape.OutputStride));
        VerifyGuards();
    }

    /// <summary>Two threads give the same bits as one.</summary>
    public void VerifyThreads()
    {
        Run(Team.Alone);
        float[] alone = Everything();
        using var team = new Team(2);
        Run(team);
        Assert.True(alone.AsSpan().SequenceEqual(Everything()), Name("two threads differ from one"));
    }

    public void Dispose()
    {
        _offsets.Dispose();
        _buffers.ForEach(b => b.Dispose());
    }

    /// <summary>Forward and backward, for the comparisons that follow.</summary>
    public void Run(Team team)
    {
        _host.Forward(team, _sequences, _queryOffsets, _keyOffsets, _keyEnds, _q, _k, _v, _score, _bias, _output, _logSumExp, _dropout);
        _host.Backward(team, _sequences, _queryOffsets, _keyOffsets, _keyEnds, _q, _k, _v, _score, _bias, _output, _logSumExp, _dOutput, _dq, _dk, _dv, _dScore, false, _parts, _dBias, _biasParts, _dropout);
        if (_shape.IsAdditive || _shape.Bias == BiasKind.Distance)
        {
            // Once more, added: twice the gradient. Halved, it must be what storing gives.
            new Span<float>(_parts, _sequences * _shape.Heads * _shape.PaddedHeadWidth).Fill(7f);
            _host.Backward(team, _sequences, _queryOffsets, _keyOffsets, _keyEnds, _q, _k, _v, _score, _bias, _output, _logSumExp, _dOutput, _dq, _dk, _dv, _dScore, true, _parts, _dBias, _biasParts, _dropout);
            for (int i = 0; i < _shape.Heads * _shape.PaddedHeadWidth && _shape.IsAdditive; i++)
            {
                _dScore[i] /= 2;
            }

            for (int i = 0; i < AttentionShape.Pad(BiasWidth) && _shape.Bias == BiasKind.Distance; i++)
            {
                _dBias[i] /= 2;
            }
        }
    }

    private float[] Everything()
    {
        var all = new List<float>();
        all.AddRange(new Span<float>(_output, _rows * _shape.OutputStride));
        all.AddRange(new Span<float>(_dq, _rows * _shape.QueryStride));
        all.AddRange(new Span<float>(_dScore, _shape.Heads * _shape.PaddedHeadWidth));
        all.AddRange(new Span<float>(_dBias, AttentionShape.Pad(BiasWidth)));
        if (_cross)
        {
            all.AddRange(new Span<float>(_dk, _keyRows * _shape.KeyStride));
        }

        return [.. all];
    }

    private KeyValueCache NewCache(int* offsets, out int keyOffset, out int valueOffset)
    {
        // Room for another layer before, and not-a-number wherever nothing was written.
        keyOffset = 3;
        valueOffset = keyOffset + _shape.KeyWidth;
        var cache = new KeyValueCache(valueOffset + (_shape.KeyHeads * _shape.PaddedHeadWidth));
        int longest = 1;
        for (int s = 0; s < _sequences; s++)
        {
            longest = Math.Max(longest, offsets[s + 1] - offsets[s]);
        }

        cache.Reserve(_sequences, longest);
        new Span<float>(cache.At(0, 0), (int)(cache.At(_sequences, 0) - cache.At(0, 0))).Fill(float.NaN);
        return cache;
    }

    private int BiasWidth => _shape.Heads * _shape.BiasSpan;

    private double[,] Kept(int unit, int queries, int keys)
    {
        double[,] kept = new double[queries, keys];
        for (int i = 0; i < queries; i++)
        {
            uint key = _dropout.Row(AttentionHost.Site, unit, i);
            for (int j = 0; j < keys; j++)
            {
                kept[i, j] = _dropout.Keeps(key, (uint)j) ? _dropout.Scale : 0;
            }
        }

        return kept;
    }

    private static double[,] Sum(double[,] left, double[,] right)
    {
        double[,] sum = new double[left.GetLength(0), left.GetLength(1)];
        for (int i = 0; i < sum.GetLength(0); i++)
        {
            for (int c = 0; c < sum.GetLength(1); c++)
            {
                sum[i, c] = left[i, c] + right[i, c];
            }
        }

        return sum;
    }

    private long ProbabilityCount()
    {
        long count = 0;
        for (int s = 0; s < _sequences; s++)
        {
            count += (long)_shape.Heads * (_queryOffsets[s + 1] - _queryOffsets[s]) * (_keyOffsets[s + 1] - _keyOffsets[s]);
        }

        return count;
    }
}

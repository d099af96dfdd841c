using System.Diagnostics;
using TransformerGen.Benchmarks.Kernels;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;

namespace TransformerGen.Benchmarks;

/// <summary>What attention costs: the share of the FMA peak by length, the cost of each pattern by length, a decoding step.</summary>
internal static unsafe class AttentionCommand
{
    /// <summary>For the list of commands.</summary>
    public static string Summary => "share of the FMA peak by length, cost by pattern, one decoding step: [--threads N] [--samples 9] [--only dense|patterns|decode|step]";

    /// <summary>Prints one line a measurement; about a minute.</summary>
    public static int Run(string[] args)
    {
        var options = new Options(args);
        int samples = Math.Max(3, options.Number("samples", 9));
        string only = options.Text("only", "");
        using var team = new Team(options.Number("threads", 1));
        if (only is "" or "dense")
        {
            Dense(team, samples);
        }

        if (only is "" or "step")
        {
            Step(team, samples);
        }

        if (only is "" or "patterns")
        {
            Patterns(team, samples);
        }

        if (only is "" or "decode")
        {
            Decode(samples);
        }

        return 0;
    }

    // Forward is 4·T²·K operations a head (two products), backward 10 (five); causal visits half of them.
    private static void Dense(Team team, int samples)
    {
        Console.WriteLine("4 heads × 64, share of the FMA peak");
        foreach (AttentionHost host in AttentionHost.Compile([Shape(64, false, PatternSpec.Full), Shape(64, true, PatternSpec.Full), Shape(32, false, PatternSpec.Full)]))
        {
            foreach (int length in new[] { 32, 64, 256, 512, 1024 })
            {
                using var batch = new Batch(host, Math.Max(1, 512 / length), length);
                double pairs = batch.Sequences * 4.0 * length * (host.Shape.Causal ? (length + 1) / 2.0 : length) * host.Shape.HeadWidth;
                (_, double forward, double forwardBest) = Sampling.Against(4 * pairs, () => batch.Forward(team), () => Machine.Peak(team), samples);
                (_, double backward, double backwardBest) = Sampling.Against(10 * pairs, () => batch.Backward(team), () => Machine.Peak(team), samples);
                Console.WriteLine($"{host.Shape.ClassName,-24} L {length,5}   forward {forward:P0} (best {forwardBest:P0})   backward {backward:P0} (best {backwardBest:P0})");
            }
        }
    }

    // One layer of a training step of 16 sequences × 32 rows, 4 heads × 64.
    private static void Step(Team team, int samples)
    {
        foreach (AttentionHost host in AttentionHost.Compile([Shape(64, false, PatternSpec.Full), Shape(64, true, PatternSpec.Full)]))
        {
            using var batch = new Batch(host, 16, 32);
            Console.WriteLine($"{host.Shape.ClassName,-24} 16 × 32 rows: forward {Micro(() => batch.Forward(team), samples):F1} µs, backward {Micro(() => batch.Backward(team), samples):F1} µs");
        }
    }

    private static void Patterns(Team team, int samples)
    {
        PatternSpec[] patterns =
        [
            PatternSpec.Full,
            new(PatternKind.Block, Window: 16),
            new(PatternKind.Window, Window: 8),
            new(PatternKind.Window, Window: 64),
            new(PatternKind.Dilated, Window: 8, Dilation: 4),
            new(PatternKind.Sparse, Window: 8, GlobalTokens: 4),
            new(PatternKind.Strided, Stride: 16),
            new(PatternKind.TopK, Top: 16),
        ];
        Console.WriteLine("4 heads × 64, one sequence: forward + backward in µs, and per visited pair and head in ns");
        foreach (AttentionHost host in AttentionHost.Compile([.. patterns.Select(p => Shape(64, false, p)), Shape(64, false, PatternSpec.Full, ScoreKind.Additive)]))
        {
            foreach (int length in new[] { 64, 256, 1024 })
            {
                using var batch = new Batch(host, 1, length);
                double forward = Micro(() => batch.Forward(team), samples), backward = Micro(() => batch.Backward(team), samples), pairs = 4.0 * Visited(host.Shape.Pattern, length);
                Console.WriteLine($"{host.Shape.ClassName,-28} L {length,5}   {forward,9:F1} + {backward,9:F1} µs   {1000 * forward / pairs,7:F2} + {1000 * backward / pairs,7:F2} ns");
            }
        }
    }

    private static void Decode(int samples)
    {
        PatternSpec[] patterns = [PatternSpec.Full, new(PatternKind.Window, Window: 8), new(PatternKind.Dilated, Window: 8, Dilation: 4), new(PatternKind.Sparse, Window: 8, GlobalTokens: 4), new(PatternKind.Strided, Stride: 16), new(PatternKind.TopK, Top: 16)];
        Console.WriteLine("decoding one row, causal: heads x width, and the heads of keys where there are fewer");
        AttentionShape[] grouped = [Grouped(9, 3, 64), Grouped(14, 2, 64), Grouped(32, 8, 64), Grouped(32, 8, 128), Grouped(16, 1, 128)];
        foreach (AttentionHost host in AttentionHost.Compile([.. patterns.Select(p => Shape(32, true, p)), Shape(64, true, PatternSpec.Full), AttentionShape.Cross(4, 32, ScoreKind.DotProduct), .. grouped]))
        {
            foreach (int length in host.Shape.Group > 1 ? new[] { 32, 128, 512, 2048 } : [32, 128, 512])
            {
                AttentionShape shape = host.Shape;
                using var cache = new KeyValueCache(shape.KeyWidth + (shape.KeyHeads * shape.PaddedHeadWidth));
                using var rows = new NativeBuffer(16 + shape.QueryStride + shape.OutputStride);
                cache.Reserve(1, length);
                new Span<float>(cache.At(0, 0), (int)(cache.At(1, 0) - cache.At(0, 0))).Fill(0.1f);
                cache.Lengths[0] = length;
                // In front of the row: offsets 0, 1, then past, then slot.
                int* numbers = (int*)rows.Start;
                (numbers[0], numbers[1], numbers[2], numbers[3]) = (0, 1, length - 1, 0);
                nint at = (nint)numbers, memory = (nint)(rows.Start + 16);
                AttentionHost.CachedKernel kernel = shape.KeyTail == 0 && shape.QueryStride == shape.KeyStride ? host.ForwardCached : host.ForwardCachedCross;
                double time = Micro(() => kernel(Team.Alone, 1, (int*)at, (int*)at + 2, (int*)at + 3, cache, 0, shape.KeyWidth, (float*)memory, null, null, (float*)memory + shape.QueryStride), samples);
                Console.WriteLine($"{shape.ClassName,-32} {length,4} keys   {time:F2} µs");
            }
        }
    }

    private static AttentionShape Shape(int width, bool causal, PatternSpec pattern, ScoreKind score = ScoreKind.DotProduct) => AttentionShape.Self(4, width, causal, score, pattern);

    private static AttentionShape Grouped(int heads, int keyHeads, int width) =>
        AttentionShape.Self(new AttentionSettings(heads, keyHeads, width, true, ScoreKind.DotProduct, (float)Math.Pow(width, -0.5), PatternSpec.Full));

    private static double Visited(PatternSpec pattern, int length)
    {
        double pairs = 0;
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                int distance = Math.Abs(i - j);
                pairs += pattern.Kind switch
                {
                    PatternKind.Block => i / pattern.Window == j / pattern.Window,
                    PatternKind.Window => distance <= pattern.Window,
                    PatternKind.Dilated => distance % pattern.Dilation == 0 && distance <= pattern.Window * pattern.Dilation,
                    PatternKind.Sparse => distance <= pattern.Window || i < pattern.GlobalTokens || j < pattern.GlobalTokens,
                    PatternKind.Strided => distance < pattern.Stride || j % pattern.Stride == pattern.Stride - 1,
                    _ => true,
                } ? 1 : 0;
            }
        }

        return pairs;
    }

    // The best of some samples of at least half a millisecond, in µs.
    private static double Micro(Action work, int samples)
    {
        work();
        work();
        double best = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        work();
        int repeats = (int)Math.Clamp(0.0005 / Stopwatch.GetElapsedTime(start).TotalSeconds, 1, 1e5);
        for (int sample = 0; sample < samples; sample++)
        {
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < repeats; i++)
            {
                work();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats);
        }

        return best;
    }

    private sealed class Batch : IDisposable
    {
        private readonly AttentionHost _host;
        private readonly NativeBuffer _rows, _gradients, _outputs, _dOutputs, _statistics, _score, _offsets;

        public Batch(AttentionHost host, int sequences, int length)
        {
            (_host, Sequences) = (host, sequences);
            AttentionShape shape = host.Shape;
            int rows = sequences * length;
            _rows = new NativeBuffer(rows * shape.QueryStride);
            _gradients = new NativeBuffer(rows * shape.QueryStride);
            _outputs = new NativeBuffer(rows * shape.OutputStride);
            _dOutputs = new NativeBuffer(rows * shape.OutputStride);
            _statistics = new NativeBuffer(rows * shape.StatisticsStride);
            _score = new NativeBuffer((sequences + 2) * shape.Heads * shape.PaddedHeadWidth);
            _offsets = new NativeBuffer(sequences + 1);
            var random = new Random(1);
            foreach (NativeBuffer buffer in new[] { _rows, _dOutputs, _score })
            {
                for (int i = 0; i < buffer.Length; i++)
                {
                    buffer.Start[i] = (float)(random.NextDouble() - 0.5);
                }
            }

            for (int s = 0; s <= sequences; s++)
            {
                ((int*)_offsets.Start)[s] = s * length;
            }

            Forward(Team.Alone);
        }

        public int Sequences { get; }

        public void Forward(Team team)
        {
            int* offsets = (int*)_offsets.Start;
            float* q = _rows.Start, k = q + _host.Shape.Width, v = k + _host.Shape.Width;
            _host.Forward(team, Sequences, offsets, offsets, offsets + 1, q, k, v, _score.Start, null, _outputs.Start, _statistics.Start, DropoutKey.None);
        }

        public void Backward(Team team)
        {
            int* offsets = (int*)_offsets.Start;
            int width = _host.Shape.Width, weights = _host.Shape.Heads * _host.Shape.PaddedHeadWidth;
            float* q = _rows.Start, dq = _gradients.Start;
            _host.Backward(
                team, Sequences, offsets, offsets, offsets + 1, q, q + width, q + (2 * width), _score.Start, null, _outputs.Start, _statistics.Start, _dOutputs.Start,
                dq, dq + width, dq + (2 * width), _score.Start + weights, false, _score.Start + (2 * weights), null, null, DropoutKey.None);
        }

        public void Dispose()
        {
            foreach (NativeBuffer buffer in new[] { _rows, _gradients, _outputs, _dOutputs, _statistics, _score, _offsets })
            {
                buffer.Dispose();
            }
        }
    }
}

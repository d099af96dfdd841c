using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Longformer's attention: a window with tokens that the batch marks as global, and the attention of those tokens; against the definition in double precision.</summary>
public sealed unsafe class GlobalAttentionTests
{
    private const int Heads = 3;

    private static readonly int[] s_lengths = [7, 1, 0, 200, 64, 33];

    [Theory]
    [InlineData(5, false)]
    [InlineData(16, true)]
    public void Window_and_global_tokens_agree_with_the_definition(int width, bool dropout)
    {
        AttentionSettings full = new(Heads, Heads, width, false, ScoreKind.DotProduct, (float)Math.Pow(width, -0.5), PatternSpec.Full);
        AttentionShape local = AttentionShape.Self(full with { Pattern = new(PatternKind.Window, Window: 6), Globals = true }), global = AttentionShape.Self(full);
        var kernels = new KernelSet();
        string forward = kernels.Need(new AttentionForwardKernel(local, true, dropout)).Method, backward = kernels.Need(new AttentionBackwardKernel(local, dropout)).Method;
        string everywhere = kernels.Need(new GlobalAttentionKernel(global, true, dropout)).Method, back = kernels.Need(new GlobalAttentionBackwardKernel(global, dropout)).Method;
        kernels.Need(new AttentionProbabilitiesKernel(local));
        string site1 = dropout ? ", dropout, 1" : "", site2 = dropout ? ", dropout, 2" : "";
        const string Rows = "Team team, int sequences, int* offsets, int* keyEnds, int* globals, float* q, float* k, float* v, ";
        var host = new EmittedKernels(
            kernels,
            $$"""
            public static void Local({{Rows}}float* output, float* statistics, DropoutKey dropout) => {{local.ClassName}}.{{forward}}(team, sequences, offsets, offsets, keyEnds, q, k, v, globals, output, statistics{{site1}});
            public static void LocalBackward({{Rows}}float* output, float* statistics, float* dOutput, float* dq, float* dk, float* dv, DropoutKey dropout) => {{local.ClassName}}.{{backward}}(team, sequences, offsets, offsets, keyEnds, q, k, v, globals, output, statistics, dOutput, dq, dk, dv{{site1}});
            public static void Probabilities(int sequences, int* offsets, int* keyEnds, int* globals, float* q, float* k, float* statistics, float* destination) => {{local.ClassName}}.Probabilities(sequences, offsets, offsets, keyEnds, q, k, globals, statistics, destination);
            public static void Global({{Rows}}float* local, float* output, float* statistics, DropoutKey dropout) => {{global.ClassName}}.{{everywhere}}(team, sequences, offsets, keyEnds, globals, q, k, v, local, output, statistics{{site2}});
            public static void GlobalBackward({{Rows}}float* output, float* statistics, float* dOutput, float* dLocal, float* dq, float* dk, float* dv, DropoutKey dropout) => {{global.ClassName}}.{{back}}(team, sequences, offsets, keyEnds, globals, q, k, v, output, statistics, dOutput, dLocal, dq, dk, dv{{site2}});
            """);
        float[] alone = Run(host, local, global, dropout, Team.Alone, true);
        using var two = new Team(2);
        Assert.Equal(alone, Run(host, local, global, dropout, two, false));
    }

    private static float[] Run(EmittedKernels host, AttentionShape local, AttentionShape global, bool drops, Team team, bool verify)
    {
        var forward = (delegate*<Team, int, int*, int*, int*, float*, float*, float*, float*, float*, DropoutKey, void>)host.Address("Local");
        var backward = (delegate*<Team, int, int*, int*, int*, float*, float*, float*, float*, float*, float*, float*, float*, float*, DropoutKey, void>)host.Address("LocalBackward");
        var probabilitiesOf = (delegate*<int, int*, int*, int*, float*, float*, float*, float*, void>)host.Address("Probabilities");
        var everywhere = (delegate*<Team, int, int*, int*, int*, float*, float*, float*, float*, float*, float*, DropoutKey, void>)host.Address("Global");
        var back = (delegate*<Team, int, int*, int*, int*, float*, float*, float*, float*, float*, float*, float*, float*, float*, float*, DropoutKey, void>)host.Address("GlobalBackward");

        // Global tokens: none, alone, neighbours, far apart, at either end.
        using var rows = new RowSet();
        foreach (int length in s_lengths)
        {
            rows.Add(new int[length]);
            if (length is 64 or 7)
            {
                rows.MarkPadding(length / 2);
            }
        }

        foreach ((int sequence, int row) in new[] { (0, 3), (1, 0), (3, 0), (3, 1), (3, 2), (3, 130), (3, 199), (5, 32) })
        {
            rows.MarkGlobal(rows.Offsets[sequence] + row);
        }

        int count = rows.Count, stride = local.QueryStride, width = local.Width, sequences = rows.Sequences;
        DropoutKey dropout = drops ? DropoutKey.Create(1, 2, 3, 0.3) : DropoutKey.None;
        var random = new Random(1);
        using NativeBuffer qkv = Random(random, count, stride, 3 * width), globalQkv = Random(random, count, stride, 3 * width), dOutput = Random(random, count, local.OutputStride, width);
        using NativeBuffer x = Garbage(count * local.OutputStride), y = Garbage(count * local.OutputStride), dx = Garbage(count * local.OutputStride), dQkv = Garbage(count * stride), dGlobalQkv = Garbage(count * stride);
        using NativeBuffer statistics = Garbage(count * local.StatisticsStride), globalStatistics = Garbage(count * local.StatisticsStride);
        using NativeBuffer probabilities = Garbage(s_lengths.Sum(length => Heads * length * length));
        float* q = qkv.Start, g = globalQkv.Start, dq = dQkv.Start, dg = dGlobalQkv.Start;
        forward(team, sequences, rows.Offsets, rows.KeyEnds, rows.Globals, q, q + width, q + (2 * width), x.Start, statistics.Start, dropout);
        everywhere(team, sequences, rows.Offsets, rows.KeyEnds, rows.Globals, g, g + width, g + (2 * width), x.Start, y.Start, globalStatistics.Start, dropout);
        back(team, sequences, rows.Offsets, rows.KeyEnds, rows.Globals, g, g + width, g + (2 * width), y.Start, globalStatistics.Start, dOutput.Start, dx.Start, dg, dg + width, dg + (2 * width), dropout);
        backward(team, sequences, rows.Offsets, rows.KeyEnds, rows.Globals, q, q + width, q + (2 * width), x.Start, statistics.Start, dx.Start, dq, dq + width, dq + (2 * width), dropout);
        probabilitiesOf(sequences, rows.Offsets, rows.KeyEnds, rows.Globals, q, q + width, statistics.Start, probabilities.Start);
        if (verify)
        {
            float* captured = probabilities.Start;
            for (int unit = 0; unit < sequences * Heads; unit++)
            {
                int first = rows.Offsets[unit / Heads], length = rows.Offsets[(unit / Heads) + 1] - first, column = unit % Heads * local.HeadWidth;
                int keys = rows.KeyEnds[unit / Heads] - first;
                bool IsGlobal(int row) => rows.Globals[first + row] != 0;
                double[,] Head(NativeBuffer from, int fromStride, int at) => Read(from.Start + (first * fromStride) + at + column, length, fromStride, local.HeadWidth);
                AttentionReference Reference(AttentionShape shape, NativeBuffer from, int site, Func<int, int, bool> sees) => new(
                    shape, unit % Heads, Head(from, stride, 0), Head(from, stride, width), Head(from, stride, 2 * width), [], [], Kept(dropout, site, unit, length), sees);
                AttentionReference near = Reference(local, qkv, 1, (i, j) => i < keys && j < keys && (Math.Abs(i - j) <= 6 || IsGlobal(j))), far = Reference(global, globalQkv, 2, (i, j) => IsGlobal(i) && j < keys);
                double[,] dY = Head(dOutput, local.OutputStride, 0), dNear = new double[length, local.HeadWidth], dFar = new double[length, local.HeadWidth], output = new double[length, local.HeadWidth];
                for (int i = 0; i < length; i++)
                {
                    for (int c = 0; c < local.HeadWidth; c++)
                    {
                        (IsGlobal(i) ? dFar : dNear)[i, c] = dY[i, c];
                        output[i, c] = (IsGlobal(i) ? far : near).Output[i, c];
                    }
                }

                near.Differentiate(dNear);
                far.Differentiate(dFar);
                Near("probabilities", near.Probabilities, Read(captured, length, length, length));
                captured += length * length;
                Near("output", output, Head(y, local.OutputStride, 0));
                Near("dq", near.DQ, Head(dQkv, stride, 0));
                Near("dk", near.DK, Head(dQkv, stride, width));
                Near("dv", near.DV, Head(dQkv, stride, 2 * width));
                Near("global dq", far.DQ, Head(dGlobalQkv, stride, 0));
                Near("global dk", far.DK, Head(dGlobalQkv, stride, width));
                Near("global dv", far.DV, Head(dGlobalQkv, stride, 2 * width));
            }

            foreach ((NativeBuffer buffer, int rowStride, int columns) in new[] { (y, local.OutputStride, width), (dx, local.OutputStride, width), (dQkv, stride, 3 * width), (dGlobalQkv, stride, 3 * width), (globalStatistics, local.StatisticsStride, Heads) })
            {
                for (int row = 0; row < count; row++)
                {
                    Assert.True(buffer.Span.Slice((row * rowStride) + columns, rowStride - columns).IndexOfAnyExcept(0f) < 0, $"Padding of row {row} is not zero.");
                }
            }
        }

        return [.. y.Span, .. dQkv.Span, .. dGlobalQkv.Span];
    }

    // Sums of up to 200 products of numbers around 1, in float: a few 1e-6 relative to the largest entry; see AttentionProblem.
    private static void Near(string what, double[,] expected, double[,] actual)
    {
        double largest = Math.Max(1, expected.Cast<double>().Select(Math.Abs).Append(0).Max());
        for (int i = 0; i < expected.GetLength(0); i++)
        {
            for (int j = 0; j < expected.GetLength(1); j++)
            {
                Assert.True(Math.Abs(expected[i, j] - actual[i, j]) <= 1e-5 * largest, $"{what} at [{i}, {j}] of {expected.GetLength(0)}: expected {expected[i, j]}, got {actual[i, j]}");
            }
        }
    }

    private static double[,] Kept(DropoutKey dropout, int site, int unit, int length)
    {
        double[,] kept = new double[length, length];
        for (int i = 0; i < length; i++)
        {
            uint key = dropout.Row(site, unit, i);
            for (int j = 0; j < length; j++)
            {
                kept[i, j] = dropout.Keeps(key, (uint)j) ? dropout.Scale : 0;
            }
        }

        return kept;
    }

    private static double[,] Read(float* start, int rows, int stride, int width)
    {
        double[,] values = new double[rows, width];
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < width; c++)
            {
                values[i, c] = start[(i * stride) + c];
            }
        }

        return values;
    }

    private static NativeBuffer Random(Random random, int rows, int stride, int width)
    {
        var buffer = new NativeBuffer(rows * stride);
        for (int i = 0; i < rows * stride; i++)
        {
            buffer.Start[i] = i % stride < width ? (float)((random.NextDouble() * 4) - 2) : 0f;
        }

        return buffer;
    }

    private static NativeBuffer Garbage(int floats)
    {
        var buffer = new NativeBuffer(floats);
        buffer.Span.Fill(float.NaN);
        return buffer;
    }
}

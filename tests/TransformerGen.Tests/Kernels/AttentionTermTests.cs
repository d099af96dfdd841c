using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>Attention's options (key heads, scale, soft cap, bias by distance, dropout) in the emitted kernels against the definition in double precision.</summary>
public class AttentionTermTests
{
    private static readonly PatternSpec[] s_patterns =
        [PatternSpec.Full, new(PatternKind.Window, Window: 3), new(PatternKind.Window, Window: 70), new(PatternKind.Sparse, Window: 2, GlobalTokens: 3), new(PatternKind.TopK, Top: 4)];

    // One query, no sequence's rows, a last panel that is not full, more than every block.
    private static readonly int[] s_lengths = [7, 1, 0, 200, 64, 33];

    [Theory]
    [InlineData(4, 2, 5, true)]
    [InlineData(6, 3, 16, false)]
    [InlineData(4, 1, 20, true)]
    [InlineData(1, 1, 8, false)]
    public void Key_heads(int heads, int keyHeads, int width, bool causal) =>
        Verify(false, [.. s_patterns.Append(new(PatternKind.Dilated, Window: 2, Dilation: 3)).Append(new(PatternKind.Strided, Stride: 4)).Select(p => Settings(heads, keyHeads, width, causal, p))]);

    /// <summary>A decoding step takes the heads of a group together: one tile, two tiles, and groups in several parts of which the last may be smaller.</summary>
    [Theory]
    [InlineData(3, 1, 5)]
    [InlineData(6, 2, 64)]
    [InlineData(5, 1, 33)]
    [InlineData(14, 2, 16)]
    [InlineData(8, 1, 80)]
    [InlineData(9, 1, 1)]
    [InlineData(17, 1, 20)]
    [InlineData(16, 1, 128)]
    [InlineData(20, 2, 12)]
    public void Groups_of_heads_behind_a_cache(int heads, int keyHeads, int width)
    {
        AttentionSettings[] settings = [.. s_patterns.Select(p => Settings(heads, keyHeads, width, true, p)), Settings(heads, keyHeads, width, false, PatternSpec.Full)];
        settings = [.. settings, settings[0] with { Bias = BiasKind.Linear }, settings[1] with { Bias = BiasKind.Distance, BiasReach = 40, SoftCap = 2f, Scale = 0.3f }];
        using var team = new Team(3);
        foreach (AttentionHost host in AttentionHost.Compile([.. settings.Select(AttentionShape.Self)]))
        {
            using var problem = new AttentionProblem(host, s_lengths, s_lengths, seed: 4);
            problem.Run(Team.Alone);
            foreach (int first in new[] { 0, 5, 63, 64, 130 })
            {
                problem.VerifyCached(first);
            }

            // Of a group whose heads two threads got, one does all.
            problem.VerifyCached(63, team);
        }
    }

    [Fact]
    public void Groups_of_several_sizes_behind_a_cache()
    {
        Groups_of_heads_behind_a_cache(14, 2, 20);
        Groups_of_heads_behind_a_cache(9, 1, 5);
    }

    [Fact]
    public void Additive_attention_with_key_heads() => Verify(false, Settings(4, 2, 5, true, PatternSpec.Full) with { Score = ScoreKind.Additive });

    [Theory]
    [InlineData(5, 0.5f, true)]
    [InlineData(64, 0.08f, false)]
    public void Soft_cap(int width, float scale, bool causal) =>
        Verify(false, [.. s_patterns.Select(p => Settings(2, 1, width, causal, p) with { SoftCap = 2.5f, Scale = scale }), Settings(2, 2, width, causal, PatternSpec.Full) with { SoftCap = 1f, Score = ScoreKind.Additive }]);

    [Theory]
    [InlineData(6, 8, true)]
    [InlineData(3, 5, false)]
    [InlineData(1, 16, true)]
    public void Linear_bias(int heads, int width, bool causal) => Verify(false, [.. s_patterns.Select(p => Settings(heads, heads, width, causal, p) with { Bias = BiasKind.Linear })]);

    [Theory]
    [InlineData(3, 5, 9, true)]
    [InlineData(2, 16, 40, false)]
    [InlineData(1, 1, 300, false)]
    public void Bias_by_distance(int heads, int width, int reach, bool causal) => Verify(
        false,
        [
            .. s_patterns.Select(p => Settings(heads, heads, width, causal, p) with { Bias = BiasKind.Distance, BiasReach = reach, Scale = 1f }),
            Settings(heads, heads, width, causal, PatternSpec.Full) with { Bias = BiasKind.Distance, BiasReach = reach, Score = ScoreKind.Additive, SoftCap = 3f },
        ]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dropout(bool causal) => Verify(
        true,
        [
            .. s_patterns.Select(p => Settings(2, 2, 12, causal, p)),
            Settings(4, 2, 5, causal, PatternSpec.Full) with { Bias = BiasKind.Distance, BiasReach = 20, SoftCap = 2f },
            Settings(3, 1, 33, causal, new(PatternKind.Window, Window: 20)) with { Bias = BiasKind.Linear },
        ]);

    [Fact]
    public void Attention_to_a_source_with_key_heads_and_dropout()
    {
        foreach (bool dropout in new[] { false, true })
        {
            foreach (AttentionHost host in AttentionHost.Compile([AttentionShape.Cross(Settings(4, 2, 12, false, PatternSpec.Full) with { SoftCap = 2f }), AttentionShape.Cross(Settings(3, 1, 5, false, PatternSpec.Full))], dropout))
            {
                using var problem = new AttentionProblem(host, [7, 1, 3, 70, 5, 9, 0], [3, 65, 1, 150, 0, 16, 4], seed: 3);
                problem.Verify();
                if (!dropout)
                {
                    problem.VerifyCachedCross();
                }

                problem.VerifyThreads();
            }
        }
    }

    [Theory]
    [InlineData("EnableAVX512")]
    [InlineData("EnableAVX2")]
    [InlineData("EnableHWIntrinsic")]
    public void Narrow_vectors_agree_too(string switchedOff)
    {
        TestProcess.RunAgain(typeof(AttentionTermTests), nameof(Dropout), switchedOff);
        TestProcess.RunAgain(typeof(AttentionTermTests), nameof(Groups_of_several_sizes_behind_a_cache), switchedOff);
    }

    private static AttentionSettings Settings(int heads, int keyHeads, int width, bool causal, PatternSpec pattern) =>
        new(heads, keyHeads, width, causal, ScoreKind.DotProduct, (float)Math.Pow(width, -0.5), pattern);

    private static void Verify(bool dropout, params AttentionSettings[] settings)
    {
        foreach (AttentionHost host in AttentionHost.Compile([.. settings.Select(AttentionShape.Self)], dropout))
        {
            using var problem = new AttentionProblem(host, s_lengths, s_lengths, seed: 1);
            problem.Verify();
            if (!dropout)
            {
                problem.VerifyCached(first: 5);
                problem.VerifyCached(first: 130);
            }

            problem.VerifyThreads();
        }
    }
}

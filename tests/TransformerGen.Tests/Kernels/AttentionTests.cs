using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>The emitted attention kernels against the definition in double precision.</summary>
public class AttentionTests
{
    private static readonly PatternSpec[] s_patterns =
    [
        PatternSpec.Full,
        new(PatternKind.Block, Window: 5),
        new(PatternKind.Block, Window: 24),
        new(PatternKind.Window, Window: 3),
        new(PatternKind.Window, Window: 40),
        new(PatternKind.Dilated, Window: 2, Dilation: 3),
        new(PatternKind.Sparse, Window: 2, GlobalTokens: 3),
        new(PatternKind.Sparse, Window: 4),
        new(PatternKind.Strided, Stride: 4),
        new(PatternKind.Strided, Stride: 1),
        new(PatternKind.TopK, Top: 4),
    ];

    // Padding, tails and whole vectors; the remaining widths meet the patterns that address rows in their own way.
    private static readonly int[] s_widths = [1, 5, 8, 12, 32, 64];

    public static TheoryData<bool, bool, int> Cases()
    {
        var cases = new TheoryData<bool, bool, int>();
        foreach (int width in s_widths)
        {
            cases.Add(false, false, width);
            cases.Add(true, false, width);
            cases.Add(width != 12, true, width);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Self_attention_agrees_with_the_definition(bool causal, bool additive, int width)
    {
        PatternSpec[] patterns = width is 5 or 32 && !(additive && width == 32) ? s_patterns : [.. s_patterns.Where(p => p.Kind is PatternKind.Full or PatternKind.Dilated or PatternKind.TopK)];
        int[] lengths = width == 8 ? [.. Enumerable.Range(1, 70)] : [7, 1, 70, 33, 16, 0, 64, 2];
        VerifySelf(causal, additive, width, lengths, patterns);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(64, false)]
    [InlineData(32, true)]
    public void A_selection_agrees_with_the_definition(int width, bool additive) => VerifySelf(
        true, additive, width, [7, 1, 70, 33], PatternSpec.Full, new(PatternKind.Strided, Stride: 4), new(PatternKind.Window, Window: 3), new(PatternKind.TopK, Top: 4));

    private static void VerifySelf(bool causal, bool additive, int width, int[] lengths, params PatternSpec[] patterns)
    {
        int heads = width is 5 or 32 ? 3 : 2;
        AttentionShape[] shapes = [.. patterns.Select(p => AttentionShape.Self(heads, width, causal, additive ? ScoreKind.Additive : ScoreKind.DotProduct, p))];
        foreach (AttentionHost host in AttentionHost.Compile(shapes))
        {
            using var problem = new AttentionProblem(host, lengths, lengths, seed: 1);
            problem.Verify();
            problem.VerifyCached(first: 5);
            problem.VerifyCached(first: 0);
            problem.VerifyThreads();
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(80)]
    [InlineData(256)]
    public void Wide_heads_and_long_sequences(int width)
    {
        AttentionShape[] shapes =
        [
            .. s_patterns.Select(p => AttentionShape.Self(1, width, p.Kind != PatternKind.Block, ScoreKind.DotProduct, p)),
            AttentionShape.Self(1, width, false, ScoreKind.DotProduct, PatternSpec.Full),
        ];
        foreach (AttentionHost host in AttentionHost.Compile(shapes))
        {
            using var problem = new AttentionProblem(host, [150, 129, 3], [150, 129, 3], seed: 2);
            problem.Verify();
            problem.VerifyCached(first: 61);
            problem.VerifyCached(first: 128);
            problem.VerifyThreads();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(32)]
    [InlineData(64)]
    public void Cross_attention_agrees_with_the_definition(int width)
    {
        AttentionShape[] shapes = [AttentionShape.Cross(2, width, ScoreKind.DotProduct), AttentionShape.Cross(2, width, ScoreKind.Additive)];
        foreach (AttentionHost host in AttentionHost.Compile(shapes))
        {
            using var problem = new AttentionProblem(host, [7, 1, 3, 70, 5, 9, 0], [3, 65, 1, 150, 0, 16, 4], seed: 3);
            problem.Verify();
            problem.VerifyCachedCross();
            problem.VerifyThreads();
        }
    }

    // Padding rows see the keys and are not seen: none, one, up to and over a block of 64, all but one.
    [Theory]
    [InlineData(5, false)]
    [InlineData(32, true)]
    public void Rows_of_padding_see_and_are_not_seen(int width, bool causal)
    {
        int[] lengths = [7, 1, 70, 33, 16, 150, 2], padding = [3, 0, 6, 32, 1, 86, 1];
        AttentionShape[] shapes =
        [
            .. s_patterns.Select(p => AttentionShape.Self(2, width, causal, ScoreKind.DotProduct, p)),
            AttentionShape.Self(2, width, causal, ScoreKind.Additive, PatternSpec.Full),
            AttentionShape.Self(new(4, 2, width, causal, ScoreKind.DotProduct, 0.4f, PatternSpec.Full)),
        ];
        foreach (AttentionHost host in AttentionHost.Compile(shapes))
        {
            using var problem = new AttentionProblem(host, lengths, lengths, seed: 6, padding: padding);
            problem.Verify();
            problem.VerifyThreads();
        }

        foreach (AttentionHost host in AttentionHost.Compile([AttentionShape.Cross(2, width, ScoreKind.DotProduct)]))
        {
            using var problem = new AttentionProblem(host, [5, 9, 70], [8, 150, 3], seed: 7, padding: [7, 86, 1]);
            problem.Verify();
            problem.VerifyThreads();
        }
    }

    [Fact]
    public void Equal_scores_are_all_kept_by_top_k()
    {
        AttentionShape shape = AttentionShape.Self(1, 8, false, ScoreKind.DotProduct, new(PatternKind.TopK, Top: 2));
        using var problem = new AttentionProblem(AttentionHost.Compile([shape])[0], [20], [20], seed: 4, equalKeys: true);
        problem.Verify();
    }

    [Theory]
    [InlineData("EnableAVX512")]
    [InlineData("EnableAVX2")]
    [InlineData("EnableHWIntrinsic")]
    public void Narrow_vectors_agree_too(string switchedOff) => TestProcess.RunAgain(typeof(AttentionTests), nameof(A_selection_agrees_with_the_definition), switchedOff);
}

using System;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// What the kernels of one multi-head attention are specialised for. q, k and v are column ranges of packed rows: head h stands at column
/// h · <see cref="HeadWidth"/> of its range, a row is Stride floats behind the one before it. Use <see cref="Self"/> and <see cref="Cross"/> for
/// the two layouts that the models have.
/// </summary>
/// <param name="Heads">H.</param>
/// <param name="HeadWidth">K, 1 or more.</param>
/// <param name="QueryStride">Floats from a row of q (and dq) to the next.</param>
/// <param name="KeyStride">The same of k and dk.</param>
/// <param name="ValueStride">The same of v and dv.</param>
/// <param name="OutputStride">The same of the output; columns behind H · K are set to zero.</param>
/// <param name="Causal">A query sees no key behind its own position.</param>
/// <param name="Score">How a query is compared with a key.</param>
/// <param name="Pattern">Which keys a query sees, by position.</param>
internal sealed record AttentionShape(
    int Heads, int HeadWidth, int QueryStride, int KeyStride, int ValueStride, int OutputStride, bool Causal, ScoreKind Score, PatternSpec Pattern)
{
    /// <summary>Keys whose scores are one block of the online softmax.</summary>
    public const int BlockKeys = 64;

    /// <summary>Padding columns behind the heads of dq that Backward sets to zero; 0 where another range follows.</summary>
    public int QueryTail { get; init; }

    /// <summary>The same of dk.</summary>
    public int KeyTail { get; init; }

    /// <summary>The same of dv: in a fused [q | k | v] row the padding stands behind v.</summary>
    public int ValueTail { get; init; }

    /// <summary>Columns of all heads: H · K.</summary>
    public int Width => Heads * HeadWidth;

    /// <summary>Head width rounded up to 16: the stride of packed rows.</summary>
    public int PaddedHeadWidth => Pad(HeadWidth);

    /// <summary>Floats from one row of logSumExp to the next.</summary>
    public int StatisticsStride => Pad(Heads);

    public bool IsAdditive => Score == ScoreKind.Additive;

    public bool IsTopK => Pattern.Kind == PatternKind.TopK;

    /// <summary>Rows of one residue class are this many rows apart: a dilated window is a plain window over every r-th row.</summary>
    public int RowStep => Pattern.Kind == PatternKind.Dilated ? Pattern.Dilation : 1;

    /// <summary>Walks over the keys: a pattern whose keys are not seen by one interval of queries needs more than one.</summary>
    public int Passes => Pattern.Kind switch
    {
        PatternKind.Sparse when Pattern.GlobalTokens > 0 => 3,
        PatternKind.Strided => 2,
        _ => 1,
    };

    /// <summary>The nested class.</summary>
    public string ClassName => $"Attention{Heads}x{HeadWidth}" + (Causal ? "Causal" : "") + PatternName + (IsAdditive ? "Additive" : "") + StrideName;

    /// <summary>Self-attention over rows [q | k | v | padding], as one fused projection writes them.</summary>
    public static AttentionShape Self(int heads, int headWidth, bool causal, ScoreKind score, PatternSpec pattern)
    {
        int width = heads * headWidth, stride = Pad(3 * width);
        return new(heads, headWidth, stride, stride, stride, Pad(width), causal, score, pattern) { ValueTail = stride - (3 * width) };
    }

    /// <summary>Attention of rows [q | padding] to other rows [k | v | padding].</summary>
    public static AttentionShape Cross(int heads, int headWidth, ScoreKind score)
    {
        int width = heads * headWidth, stride = Pad(2 * width);
        return new(heads, headWidth, Pad(width), stride, stride, Pad(width), false, score, PatternSpec.Full)
        {
            QueryTail = Pad(width) - width,
            ValueTail = stride - (2 * width),
        };
    }

    /// <summary>Rounds a width up to whole 512-bit vectors.</summary>
    public static int Pad(int width) => (width + 15) & ~15;

    /// <summary>The formula, for the documentation of a class.</summary>
    public string DescribeFormula()
    {
        string score = IsAdditive ? "Σ_d score_d·tanh(q_d + k_d)" : $"q·k / √{HeadWidth}";
        return $"softmax({score})·v for {Heads} heads of width {HeadWidth} within each sequence{(Causal ? ", causal" : "")}.\n{DescribePattern()}";
    }

    /// <summary>Which keys j a query i sees.</summary>
    public string DescribePattern() => Pattern.Kind switch
    {
        PatternKind.Full => "A query sees every key.",
        PatternKind.Block => $"Query i sees key j where i / {Pattern.Window} == j / {Pattern.Window}.",
        PatternKind.Window => $"Query i sees key j where |i - j| ≤ {Pattern.Window}.",
        PatternKind.Dilated => $"Query i sees key j where |i - j| ≤ {(long)Pattern.Window * Pattern.Dilation} and {Pattern.Dilation} divides i - j.",
        PatternKind.Sparse => $"Query i sees key j where |i - j| ≤ {Pattern.Window}, or i or j is below {Pattern.GlobalTokens}.",
        PatternKind.Strided => $"Query i sees key j where |i - j| is below {Pattern.Stride}, or j % {Pattern.Stride} == {Pattern.Stride - 1}.",
        PatternKind.TopK => $"A query keeps the {Pattern.Top} keys with the largest scores, and those that equal the last of them.",
        _ => throw new ArgumentOutOfRangeException(nameof(Pattern), Pattern.Kind, "Unknown attention pattern."),
    };

    private string PatternName => Pattern.Kind switch
    {
        PatternKind.Full => "",
        PatternKind.Block or PatternKind.Window => $"{Pattern.Kind}{Pattern.Window}",
        PatternKind.Dilated => $"Dilated{Pattern.Window}By{Pattern.Dilation}",
        PatternKind.Sparse => $"Sparse{Pattern.Window}Global{Pattern.GlobalTokens}",
        PatternKind.Strided => $"Strided{Pattern.Stride}",
        _ => $"Top{Pattern.Top}",
    };

    private string StrideName
    {
        get
        {
            if (this == Self(Heads, HeadWidth, Causal, Score, Pattern))
            {
                return "";
            }

            bool cross = !Causal && this == Cross(Heads, HeadWidth, Score);
            return cross ? "Cross" : $"Rows{QueryStride}x{KeyStride}x{ValueStride}x{OutputStride}Tails{QueryTail}x{KeyTail}x{ValueTail}";
        }
    }
}

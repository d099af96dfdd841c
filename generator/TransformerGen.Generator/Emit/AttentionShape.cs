using System;
using System.Globalization;
using TransformerGen.Generator.Graph.Operations;
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

    /// <summary>Heads of keys and values: query head h reads key head h / <see cref="Group"/>.</summary>
    public int KeyHeads { get; init; } = Heads;

    /// <summary>Factor of q · k.</summary>
    public float Scale { get; init; } = (float)Math.Pow(HeadWidth, -0.5);

    /// <summary>c of c · tanh(score / c), 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>What is added to a score by the distance of key and query.</summary>
    public BiasKind Bias { get; init; }

    /// <summary>Factor of the slopes of a linear bias.</summary>
    public float BiasScale { get; init; } = 1f;

    /// <summary>Distances beyond this one have its bias.</summary>
    public int BiasReach { get; init; }

    /// <summary>Every query also sees the keys that the batch marks.</summary>
    public bool Globals { get; init; }

    /// <summary>Columns of all heads of queries: H · K.</summary>
    public int Width => Heads * HeadWidth;

    /// <summary>Columns of all heads of keys.</summary>
    public int KeyWidth => KeyHeads * HeadWidth;

    /// <summary>Heads of queries that read the same head of keys.</summary>
    public int Group => Heads / KeyHeads;

    /// <summary>Numbers of the bias of one head.</summary>
    public int BiasSpan => (2 * BiasReach) + 1;

    /// <summary>The factor of q · k in double precision, 1 / √K as it is.</summary>
    public double ExactScale => HasUsualScale ? 1 / Math.Sqrt(HeadWidth) : Scale;

    /// <summary>Head width rounded up to 16: the stride of packed rows.</summary>
    public int PaddedHeadWidth => Pad(HeadWidth);

    /// <summary>Floats from one row of logSumExp to the next.</summary>
    public int StatisticsStride => Pad(Heads);

    public bool IsAdditive => Score == ScoreKind.Additive;

    public bool HasBias => Bias != BiasKind.None;

    public bool IsTopK => Pattern.Kind == PatternKind.TopK;

    /// <summary>Rows of one residue class are this many rows apart: a dilated window is a plain window over every r-th row.</summary>
    public int RowStep => Pattern.Kind == PatternKind.Dilated ? Pattern.Dilation : 1;

    /// <summary>Walks over the keys: a pattern whose keys are not seen by one interval of queries needs more than one.</summary>
    public int Passes => Pattern.Kind switch
    {
        PatternKind.Sparse when Pattern.GlobalTokens > 0 => 3,
        PatternKind.Strided => 2,
        _ => Globals ? 2 : 1,
    };

    /// <summary>The nested class.</summary>
    public string ClassName => $"Attention{Heads}x{HeadWidth}" + (Group > 1 ? $"Keys{KeyHeads}" : "") + (Causal ? "Causal" : "") + PatternName + (IsAdditive ? "Additive" : "") + TermNames + StrideName;

    /// <summary>Self-attention over rows [q | k | v | padding], as one fused projection writes them.</summary>
    public static AttentionShape Self(AttentionSettings settings) => Of(settings).WithSelfRows();

    /// <summary>The same with as many key heads as heads and the paper's scores.</summary>
    public static AttentionShape Self(int heads, int headWidth, bool causal, ScoreKind score, PatternSpec pattern) =>
        new AttentionShape(heads, headWidth, 0, 0, 0, 0, causal, score, pattern).WithSelfRows();

    /// <summary>Attention of rows [q | padding] to other rows [k | v | padding].</summary>
    public static AttentionShape Cross(AttentionSettings settings) => Of(settings with { Causal = false, Pattern = PatternSpec.Full }).WithCrossRows();

    /// <summary>The same with as many key heads as heads and the paper's scores.</summary>
    public static AttentionShape Cross(int heads, int headWidth, ScoreKind score) =>
        new AttentionShape(heads, headWidth, 0, 0, 0, 0, false, score, PatternSpec.Full).WithCrossRows();

    /// <summary>Rounds a width up to whole 512-bit vectors.</summary>
    public static int Pad(int width) => (width + 15) & ~15;

    /// <summary>The formula, for the documentation of a class.</summary>
    public string DescribeFormula()
    {
        string keys = Group == 1 ? "" : KeyHeads == 1 ? ", all of which read one head of keys," : $", of which {Group} read each of the {KeyHeads} heads of keys,";
        return $"softmax({DescribeScore()})·v for {Heads} heads of width {HeadWidth}{keys} within each sequence{(Causal ? ", causal" : "")}.\n{DescribePattern()}";
    }

    /// <summary>The score of a query and a key, as a formula.</summary>
    public string DescribeScore()
    {
        string product = IsAdditive ? "Σ_d score_d·tanh(q_d + k_d)" : HasUsualScale ? $"q·k / √{HeadWidth}" : Scale == 1f ? "q·k" : $"{Number(Scale)}·q·k";
        string capped = SoftCap > 0 ? $"{Number(SoftCap)}·tanh({(product.Contains(" / ") ? $"({product})" : product)} / {Number(SoftCap)})" : product;
        return capped + Bias switch
        {
            BiasKind.Linear => " + slope·(j - i)",
            BiasKind.Distance => " + bias[j - i]",
            _ => "",
        };
    }

    /// <summary>Which keys j a query i sees.</summary>
    public string DescribePattern() => Pattern.Kind switch
    {
        PatternKind.Full => "A query sees every key.",
        PatternKind.Block => $"Query i sees key j where i / {Pattern.Window} == j / {Pattern.Window}.",
        PatternKind.Window => $"Query i sees key j where |i - j| ≤ {Pattern.Window}{(Globals ? ", or j is marked as global" : "")}.",
        PatternKind.Dilated => $"Query i sees key j where |i - j| ≤ {(long)Pattern.Window * Pattern.Dilation} and {Pattern.Dilation} divides i - j.",
        PatternKind.Sparse => $"Query i sees key j where |i - j| ≤ {Pattern.Window}, or i or j is below {Pattern.GlobalTokens}.",
        PatternKind.Strided => $"Query i sees key j where |i - j| is below {Pattern.Stride}, or j % {Pattern.Stride} == {Pattern.Stride - 1}.",
        PatternKind.TopK => $"A query keeps the {Pattern.Top} keys with the largest scores, and those that equal the last of them.",
        _ => throw new ArgumentOutOfRangeException(nameof(Pattern), Pattern.Kind, "Unknown attention pattern."),
    };

    private string PatternName => Pattern.Kind switch
    {
        PatternKind.Full => "",
        PatternKind.Block or PatternKind.Window => $"{Pattern.Kind}{Pattern.Window}" + (Globals ? "Globals" : ""),
        PatternKind.Dilated => $"Dilated{Pattern.Window}By{Pattern.Dilation}",
        PatternKind.Sparse => $"Sparse{Pattern.Window}Global{Pattern.GlobalTokens}",
        PatternKind.Strided => $"Strided{Pattern.Stride}",
        _ => $"Top{Pattern.Top}",
    };

    private bool HasUsualScale => Scale == (float)Math.Pow(HeadWidth, -0.5);

    private string TermNames =>
        (HasUsualScale || IsAdditive ? "" : "Scale" + Name(Scale)) + (SoftCap > 0 ? "Cap" + Name(SoftCap) : "")
        + Bias switch { BiasKind.Linear => "Linear" + (BiasScale == 1f ? "" : Name(BiasScale)), BiasKind.Distance => $"Distance{BiasReach}", _ => "" };

    private string StrideName => this == WithSelfRows() ? ""
        : !Causal && this == WithCrossRows() ? "Cross"
        : $"Rows{QueryStride}x{KeyStride}x{ValueStride}x{OutputStride}Tails{QueryTail}x{KeyTail}x{ValueTail}";

    private static AttentionShape Of(AttentionSettings settings) => new(settings.Heads, settings.HeadWidth, 0, 0, 0, 0, settings.Causal, settings.Score, settings.Pattern)
    {
        KeyHeads = settings.KeyHeads,
        Scale = settings.Scale,
        SoftCap = settings.SoftCap,
        Bias = settings.Bias,
        BiasScale = settings.BiasScale,
        BiasReach = settings.BiasReach,
        Globals = settings.Globals,
    };

    private AttentionShape WithSelfRows()
    {
        int columns = Width + (2 * KeyWidth), stride = Pad(columns);
        return this with { QueryStride = stride, KeyStride = stride, ValueStride = stride, OutputStride = Pad(Width), QueryTail = 0, KeyTail = 0, ValueTail = stride - columns };
    }

    private AttentionShape WithCrossRows()
    {
        int stride = Pad(2 * KeyWidth);
        return this with
        {
            QueryStride = Pad(Width),
            KeyStride = stride,
            ValueStride = stride,
            OutputStride = Pad(Width),
            QueryTail = Pad(Width) - Width,
            KeyTail = 0,
            ValueTail = stride - (2 * KeyWidth),
        };
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    // Part of an identifier: 0.0625 is 0p0625.
    private static string Name(float value) => Number(value).Replace('.', 'p').Replace("-", "m").Replace("+", "");
}

using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>A member of the class of one attention shape.</summary>
internal abstract record AttentionKernel(AttentionShape Shape) : Kernel
{
    public override string ClassName => Shape.ClassName;

    public override string Summary => Shape.DescribeFormula();

    public override string Remarks =>
        "Flash attention (Dao et al. 2022): blocks of 64 keys, an online softmax, no [queries, keys] matrix. A pattern costs what it visits: each\n" +
        "block of keys meets only the queries that see one of them, and of its panels of 16 only those in which a tile of 4 queries sees a key.";

    /// <summary>Part of a text that additive attention has, or nothing.</summary>
    protected string Additive(string text) => Shape.IsAdditive ? text : "";

    /// <summary>Part of a text that top-k attention has, or nothing.</summary>
    protected string TopK(string text) => Shape.IsTopK ? text : "";

    /// <summary>Part of a text that a bias has, or nothing.</summary>
    protected string Biased(string text) => Shape.HasBias ? text : "";

    /// <summary>Part of a text that a bias from a table of distances has, or nothing.</summary>
    protected string Distance(string text) => Shape.Bias == BiasKind.Distance ? text : "";

    /// <summary>Part of a text that marked rows have, or nothing.</summary>
    protected string Marked(string text) => Shape.Globals ? text : "";

    /// <summary>The statement that goes on where no query sees a key of a block behind the first pass.</summary>
    protected string SkipUnseen => Marked("if (pass > 0 && block->FirstQuery > block->LastQuery)\n{\n    continue;\n}\n\n");

    /// <summary>Part of a text that a soft cap has, or nothing.</summary>
    protected string Capped(string text) => Shape.SoftCap > 0 ? text : "";

    /// <summary>The class of the tiles, with its dot.</summary>
    protected string Tiles => HeadKernel.NameOf(Shape.HeadWidth) + ".";

    /// <summary>What the scores are made of beside q and k, as parameters of a kernel: score, bias.</summary>
    protected string TermParameters => Additive("float* score, ") + Distance("float* bias, ") + Marked("int* globals, ");

    /// <summary>The same as arguments and as fields of a struct of arguments.</summary>
    protected string TermFields => Additive("Score, ") + Distance("Bias, ");

    /// <summary>The same as initial values of the fields.</summary>
    protected string TermValues => Additive("Score = score, ") + Distance("Bias = bias, ") + Marked("Globals = globals, ");

    /// <summary>Documentation of the same, where a kernel's first reader finds it.</summary>
    protected string TermDocumentation =>
        Additive($"/// <param name=\"score\">Weights of the score, [{Shape.Heads}, {Shape.HeadWidth}], stride {Shape.PaddedHeadWidth}.</param>\n")
        + Distance($"/// <param name=\"bias\">What is added to the score, [{Shape.Heads}][2·{Shape.BiasReach} + 1]: by head and by distance, from -{Shape.BiasReach} on.</param>\n")
        + Marked("/// <param name=\"globals\">Whether each key row is one that every query sees: 0 or 1.</param>\n");

    /// <summary>Documentation of the same in the kernels after it.</summary>
    protected string TermReminders =>
        Additive("/// <param name=\"score\">As the forward pass read it.</param>\n") + Distance("/// <param name=\"bias\">As the forward pass read it.</param>\n")
        + Marked("/// <param name=\"globals\">As the forward pass read it.</param>\n");

    /// <summary>One head's share of the same, as parameters of a method.</summary>
    protected string HeadParameters => Additive("float* score, ") + Distance("float* bias, ") + Marked("int* globals, ") + (Shape.Bias == BiasKind.Linear ? "float slope, " : "");

    /// <summary>The same as arguments.</summary>
    protected string HeadArguments => Additive("score, ") + Distance("bias, ") + Marked("globals, ") + (Shape.Bias == BiasKind.Linear ? "slope, " : "");

    /// <summary>Statements that find a head's share, each with its line's end.</summary>
    protected string HeadLocals(string from) =>
        Additive($"float* score = {from}Score + (head * Padded);\n") + Distance($"float* bias = {from}Bias + (head * {Shape.BiasSpan});\n")
        + (Shape.Bias == BiasKind.Linear ? "float slope = Slopes[head];\n" : "") + Marked($"int* globals = {from}Globals + key;\n");

    /// <summary>The same as arguments, where score and bias are those of all heads.</summary>
    protected string HeadShares =>
        Additive("score + (head * Padded), ") + Distance($"bias + (head * {Shape.BiasSpan}), ") + Marked("globals + key, ") + (Shape.Bias == BiasKind.Linear ? "Slopes[head], " : "");

    /// <summary>The statement that spreads the bias over the distances of some queries and keys: distances[d] is what a score at distance d gets.</summary>
    protected string FillDistances(string area, string past, string target) => Biased(
        $"{target} = {area} + {past}queries + TileRows;\nFillDistances({(Shape.Bias == BiasKind.Distance ? "bias" : "slope")}, -({past}queries + TileRows), queries + keys + TileRows + Panel, {area});\n");

    /// <summary>Floats of the scratch that it needs, as a summand, or nothing.</summary>
    protected string DistanceFloats => Biased(" + queries + keys + TileRows + Panel");

    /// <summary>The number of the pass as a parameter in front of others, where there are several.</summary>
    protected string PassParameter => Shape.Passes > 1 ? "int pass, " : "";

    /// <summary>The same as an argument.</summary>
    protected string PassArgument => Shape.Passes > 1 ? "pass, " : "";

    /// <summary>Row of key number start of a pass, and rows from one key to the next, as expressions.</summary>
    protected (string First, string Step) KeyRows => (Shape.Pattern.Kind, Shape.RowStep) switch
    {
        (PatternKind.Strided, _) => ("FirstKey(pass) + ((long)start * KeyStep(pass))", "KeyStep(pass)"),
        (_, 1) => ("start", "1"),
        _ => ("(long)start * RowStep", "RowStep"),
    };

    /// <summary>The row of key number start of a pass, for a product with a stride.</summary>
    protected string KeyRow => Shape.Passes == 1 && Shape.RowStep == 1 ? "(long)start" : $"({KeyRows.First})";

    /// <summary>Which head of keys a head of queries reads.</summary>
    protected string KeyHead => Shape.Group == 1 ? "head" : Shape.KeyHeads == 1 ? "0" : "(head / Group)";

    /// <summary>The column at which the keys of a head stand, as a summand.</summary>
    protected string KeyColumn => Shape.Group == 1 ? "column" : $"({KeyHead} * HeadWidth)";

    /// <summary>Floats from a row to the next one in the pattern.</summary>
    protected string Step(string stride) => Shape.RowStep == 1 ? stride : "RowStep * " + stride;

    /// <summary>Floats from a key to the next one of a pass.</summary>
    protected string KeyStepOf(string stride) => KeyRows.Step == "1" ? stride : $"{KeyRows.Step} * {stride}";

    /// <summary>A row, counted in the pattern, of a matrix.</summary>
    protected string Row(string matrix, string row, string stride) => $"{matrix} + ((long){row} * {Step(stride)})";

    /// <summary>The loop over the passes around some statements, where there are several.</summary>
    protected string EachPass(string body) => Shape.Passes == 1
        ? body
        : $$"""
          for (int pass = 0; pass < {{Shape.Passes}}; pass++)
          {
              {{Indented(body, 1)}}
          }
          """;

    /// <summary>
    /// Statements that compute the scores of 4 packed queries, of which some may be missing, for the panels panel..endPanel of the block of keys that
    /// begins at position start.
    /// </summary>
    protected string Score(string queries, string scores, string position, string distances = "distances", string slopes = "") =>
        (Shape.IsAdditive
            ? $"{Tiles}AdditiveScores<V>({queries}, present, block->Keys + (panel * Panel * HeadWidth), endPanel - panel, score, ScoreScale, {scores} + (panel * Panel));"
            : $"{Tiles}Products<V>({queries}, block->Keys + (panel * Panel * HeadWidth), endPanel - panel, {scores} + (panel * Panel));")
        + (AttentionTerms.Serves(Shape)
            ? $"\nAdjust{(slopes.Length > 0 ? "Keep" : "")}<V>({Biased($"{distances} + start + (panel * Panel) - {position}, ")}TileRows, (endPanel - panel) * Panel, {scores} + (panel * Panel){slopes});"
            : "");

    /// <summary>Statements that mask them. Top-k masks always, the others only at the edges of the pattern.</summary>
    protected string Mask(string position, string row, string scores, string thresholds = "thresholds") => Shape.IsTopK
        ? $"{Tiles}MaskTop<V>(block, {position}, panel, endPanel, {thresholds} + {row}, {scores});\n"
        : $"if (block->Masks({position}, {position} + TileRows - 1))\n{{\n    {Tiles}Mask<V>(block, {position}, panel, endPanel, {scores});\n}}\n";

    /// <summary>Kernels that scores and mask need.</summary>
    protected IEnumerable<Kernel> ScoreKernels =>
    [
        new AttentionConstants(Shape), new AttentionPattern(Shape), new HeadPacking(Shape.HeadWidth), new HeadProducts(Shape.HeadWidth),
        new HeadMask(Shape.HeadWidth, Shape.IsTopK), .. Shape.IsAdditive ? [new HeadAdditive(Shape.HeadWidth)] : (Kernel[])[], .. AttentionTerms.Of(Shape),
    ];

    /// <summary>Sets the columns behind the last head to zero, where there are any; the unit of the last head does it.</summary>
    protected string ClearPadding(string last, params (string Start, string Stride, int Columns, string Rows)[] ranges)
    {
        string[] calls = [.. ranges.Where(r => r.Columns > 0).Select(r => $"    {Tiles}ClearBehind({r.Start}, {r.Stride}, {r.Columns}, {r.Rows});")];
        return calls.Length == 0 ? "" : $"\n\nif ({last})\n{{\n{string.Join("\n", calls)}\n}}";
    }

    /// <summary>Writes a method that picks the widest vectors of the machine for a generic body.</summary>
    protected static string Dispatch(string body, string arguments) =>
        $$"""
        if (Vector512.IsHardwareAccelerated)
        {
            {{body}}<Lanes512>({{arguments}});
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            {{body}}<Lanes256>({{arguments}});
        }
        else
        {
            {{body}}<Lanes128>({{arguments}});
        }
        """;

    /// <summary>Indents the lines of a text but the first, for use inside a raw string.</summary>
    public static string Indented(string text, int levels) => Regex.Replace(text.Replace("\n", "\n" + new string(' ', 4 * levels)), "\n +(?=\n|$)", "\n");
}

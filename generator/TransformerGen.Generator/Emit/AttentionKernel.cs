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

    /// <summary>The parameter of additive attention in a list, or nothing.</summary>
    protected string Additive(string text) => Shape.IsAdditive ? text : "";

    /// <summary>The parameter of top-k attention in a list, or nothing.</summary>
    protected string TopK(string text) => Shape.IsTopK ? text : "";

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

    /// <summary>The call that computes the scores of 4 packed queries, of which some may be missing, for the panels panel..endPanel.</summary>
    protected string Score(string queries, string scores) => Shape.IsAdditive
        ? $"AdditiveScores<V>({queries}, present, block->Keys + (panel * Panel * HeadWidth), endPanel - panel, score, {scores} + (panel * Panel));"
        : $"Products<V>({queries}, block->Keys + (panel * Panel * HeadWidth), endPanel - panel, {scores} + (panel * Panel));";

    /// <summary>The call that masks them. Top-k masks always, the others only at the edges of the pattern.</summary>
    protected string Mask(string position, string row, string scores) => Shape.IsTopK
        ? $"Mask<V>(block, {position}, panel, endPanel, thresholds + {row}, {scores});\n"
        : $"if (block->Masks({position}, {position} + TileRows - 1))\n{{\n    Mask<V>(block, {position}, panel, endPanel, {scores});\n}}\n";

    /// <summary>Sets the columns behind the last head to zero, where there are any; the unit of the last head does it.</summary>
    protected static string ClearPadding(params (string Start, string Stride, int Columns, string Rows)[] ranges)
    {
        string[] calls = [.. ranges.Where(r => r.Columns > 0).Select(r => $"    ClearBehind({r.Start}, {r.Stride}, {r.Columns}, {r.Rows});")];
        return calls.Length == 0 ? "" : "\n\nif (head == Heads - 1)\n{\n" + string.Join("\n", calls) + "\n}";
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
    protected static string Indented(string text, int levels) => Regex.Replace(text.Replace("\n", "\n" + new string(' ', 4 * levels)), "\n +(?=\n|$)", "\n");
}

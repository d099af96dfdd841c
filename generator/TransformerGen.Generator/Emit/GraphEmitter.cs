using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TransformerGen.Generator.Emit.Operations;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;

namespace TransformerGen.Generator.Emit;

/// <summary>Writes a planned graph as one class: the places of its values as constants, and one method per stage.</summary>
internal sealed class GraphEmitter
{
    /// <summary>What the statements of a stage may call by name, and where the name comes from; declared where an emitter asked for it.</summary>
    private static readonly (string Name, string Declaration)[] s_locals =
    [
        ("team", "Team team = s.Team;"),
        ("sourceRows", "RowView sourceRows = s.Source.View;"),
        ("targetRows", "RowView targetRows = s.Target.View;"),
        ("sourceLabels", "RowView sourceLabels = s.LabelTokens(s.Source);"),
        ("targetLabels", "RowView targetLabels = s.LabelTokens(s.Target);"),
        ("labels", "LabelView labels = s.Labels.View;"),
        ("source", "Region source = s.SourceArena;"),
        ("target", "Region target = s.TargetArena;"),
        ("label", "Region label = s.LabelArena;"),
        ("sourceSequence", "Region sourceSequence = s.SourceSequenceArena;"),
        ("targetSequence", "Region targetSequence = s.TargetSequenceArena;"),
        ("sourceExpert", "Region sourceExpert = s.SourceExpertArena;"),
        ("targetExpert", "Region targetExpert = s.TargetExpertArena;"),
        ("once", "Region once = s.OnceArena;"),
        ("w", "float* w = s.Values;"),
        ("panels", "float* panels = s.Panels;"),
        ("transposed", "float* transposed = s.TrainingPanels;"),
        ("g", "float* g = s.Gradients;"),
        ("accumulate", "bool accumulate = s.Accumulate;"),
        ("dropout", "DropoutKey dropout = s.Dropout;"),
    ];

    private readonly PlannedGraph _planned;
    private readonly Dictionary<Value, string> _constants = [];
    private readonly HashSet<Parameter> _written = [];

    // Of the stage that is being written.
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public GraphEmitter(PlannedGraph planned, KernelSet kernels)
    {
        (_planned, Kernels) = (planned, kernels);
        NameConstants();
    }

    public KernelSet Kernels { get; }

    /// <summary>The graph's name: its class.</summary>
    public string Name => _planned.Plan.Name;

    /// <summary>Where a value is: source[Source.SelfQkv].</summary>
    public string At(Value value) => $"{Use(Arena(value.Rows))}[{Place(value)}]";

    /// <summary>A value's offset: Source.SelfQkv.</summary>
    public string Place(Value value) => $"{Region(value.Rows)}.{_constants[value]}";

    /// <summary>Where a value is, outside of a stage: workspace.LabelArena[Training.Label.Logits].</summary>
    public string AtWorkspace(Value value) => $"workspace.{Region(value.Rows)}Arena[{Name}.{Place(value)}]";

    /// <summary>Where some columns of a value are.</summary>
    public string At(Columns columns) => columns.First == 0 ? At(columns.Value) : $"{At(columns.Value)} + {columns.First}";

    /// <summary>How many rows: source.Count.</summary>
    public string Count(Value value) => Use(Arena(value.Rows)) + ".Count";

    /// <summary>The tokens behind a value's rows: sourceRows.</summary>
    public string Rows(Value value) => Rows(value.Rows);

    /// <summary>The tokens behind rows. Label rows are some of the side that the graph selects them from.</summary>
    public string Rows(Symbol rows) => rows switch
    {
        Symbol.SourceRows => Use("sourceRows"),
        Symbol.TargetRows => Use("targetRows"),
        Symbol.LabelRows => Use(_planned.Graph.Operations.OfType<Select>().First().X.Rows == Symbol.SourceRows ? "sourceLabels" : "targetLabels"),
        _ => throw new InvalidOperationException($"{rows} have no tokens of their own."),
    };

    /// <summary>A parameter's values: w + Weight.EncoderLayer1SelfQkv.</summary>
    public string Weight(Parameter parameter) => Use("w") + " + Weight." + parameter.Name;

    /// <summary>A parameter's gradient: g + Weight.EncoderLayer1SelfQkv.</summary>
    public string Gradient(Parameter parameter) => Use("g") + " + Weight." + parameter.Name;

    /// <summary>Whether a step is asked for the gradient of any of these parameters: s.Trains(Weight.EncoderLayer1SelfQkv, 384).</summary>
    public static string Trains(params Parameter?[] parameters) => string.Join(
        " || ", parameters.Where(parameter => parameter is not null).Select(parameter => $"s.Trains(Weight.{parameter!.Name}, {parameter.Floats.ToString(CultureInfo.InvariantCulture)})"));

    /// <summary>A weight's panels for x·Wᵀ: panels + Panel.EncoderLayer1SelfQkv.</summary>
    public string Panel(Parameter weight) => Use("panels") + " + Panel." + weight.Name;

    /// <summary>A weight's panels for dy·W.</summary>
    public string TransposedPanel(Parameter weight) => Use("transposed") + " + TransposedPanel." + weight.Name;

    /// <summary>Who computes.</summary>
    public string Team => Use("team");

    /// <summary>The rows whose next token is wanted.</summary>
    public string Labels => Use("labels");

    /// <summary>Dropout of this pass at a site, two arguments: dropout, 3, or with a rate of the site's own dropout.At(0.1f), 3.</summary>
    public string Dropout(DropoutSite site) =>
        Use("dropout") + (site.Rate == _planned.Graph.MainDropout ? "" : $".At({Literal.Of(site.Rate)})") + $", {site.Number.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Whether this pass drops at a site as a whole: dropout.At(0.05f).Skips(3).</summary>
    public string Skips(DropoutSite site) => Dropout(site).Replace(", ", ".Skips(") + ")";

    /// <summary>Whether this is a further micro-batch.</summary>
    public string Accumulate => Use("accumulate");

    /// <summary>Whether a gradient is added to what is there: always behind the step's first writer, and in a further micro-batch.</summary>
    public string Adds(Parameter parameter) => _written.Add(parameter) ? Accumulate : "true";

    /// <summary>Whether this is the step's first writer of a gradient.</summary>
    public bool IsFirst(Parameter parameter) => _written.Add(parameter);

    /// <summary>The class of constants.</summary>
    public void EmitPlaces(SourceWriter writer)
    {
        foreach (IGrouping<Symbol, Value> region in _planned.Plan.Values.GroupBy(v => v.Rows).OrderBy(r => r.Key))
        {
            int size = _planned.Plan.Sizes[region.Key], unshared = _planned.Plan.UnsharedSizes[region.Key];
            writer.Lines(
                $"/// <summary>Places of the {Prose(region.Key)}, in floats per row: {Literal.Prose(size)} in all"
                + (size < unshared ? $", where {Literal.Prose(unshared)} would be needed if nothing shared a place." : "; nothing shares a place.") + "</summary>");
            using (writer.Open("public static class " + Region(region.Key)))
            {
                var seen = new HashSet<string>(StringComparer.Ordinal);
                var lines = new List<(string Text, string Shape)>();
                foreach (Value value in region)
                {
                    if (seen.Add(_constants[value]))
                    {
                        lines.Add(($"public const int {_constants[value]} = {_planned.Plan.Offset(value)};", $"[{Letter(value.Rows)}, {value.Width}]"));
                    }
                }

                int width = lines.Max(l => l.Text.Length) + 1;
                foreach ((string text, string shape) in lines)
                {
                    writer.Lines(text.PadRight(width) + "// " + shape);
                }
            }

            writer.Blank();
        }
    }

    /// <summary>The sizes that the arena is laid out with.</summary>
    public string Sizes()
    {
        int Of(Symbol symbol) => _planned.Plan.Sizes.TryGetValue(symbol, out int size) ? size : 0;
        int[] choices = [.. _planned.Graph.Operations.OfType<Route>().Select(route => route.PerToken).Distinct()];
        string experts = choices.Length switch
        {
            0 => "",
            1 => $", SourceExperts: {Of(Symbol.SourceExpertRows)}, TargetExperts: {Of(Symbol.TargetExpertRows)}, Choices: {choices[0]}",
            _ => throw new InvalidOperationException("All mixtures of experts of a model choose as many experts per row."),
        };
        return $"new ArenaSizes(SourceRows: {Of(Symbol.SourceRows)}, TargetRows: {Of(Symbol.TargetRows)}, LabelRows: {Of(Symbol.LabelRows)}, "
            + $"SourceSequences: {Of(Symbol.SourceSequences)}, TargetSequences: {Of(Symbol.TargetSequences)}, Once: {Of(Symbol.Once)}{experts})";
    }

    /// <summary>One method per stage of the forward pass; returns their names in order.</summary>
    public List<string> EmitForward(SourceWriter writer) => EmitStages(writer, 0, _planned.Graph.ForwardCount, "");

    /// <summary>One method per stage of the backward pass; returns their names in order.</summary>
    public List<string> EmitBackward(SourceWriter writer) => EmitStages(writer, _planned.Graph.ForwardCount, _planned.Graph.Operations.Count, "Backward");

    public Value Output(string name) => _planned.Graph.Outputs[name];

    public IReadOnlyDictionary<string, Value> Outputs => _planned.Graph.Outputs;

    public IEnumerable<Operation> Operations => _planned.Graph.Operations;

    public int Offset(Value value) => _planned.Plan.Offset(value);

    private List<string> EmitStages(SourceWriter writer, int begin, int end, string suffix)
    {
        var names = new List<string>();
        for (int i = begin; i < end;)
        {
            Stage stage = _planned.Graph.Operations[i].Stage;
            var body = new SourceWriter();
            _used.Clear();
            bool first = true;
            for (; i < end && _planned.Graph.Operations[i].Stage == stage; i++)
            {
                if (!first)
                {
                    body.Blank();
                }

                first = false;
                OperationEmitters.Emit(this, _planned.Graph.Operations[i], body);
            }

            string text = body.ToString().TrimEnd('\n'), name = stage.Name + suffix;
            if (names.Count > 0)
            {
                writer.Blank();
            }

            names.Add(name);
            writer.Lines($"// ── {stage.Title}{(suffix.Length > 0 ? ", backward" : "")} ──").Blank();
            writer.Lines(suffix.Length > 0
                ? $"/// <summary>The reverse of <see cref=\"{stage.Name}\"/>, last step first: gradients of its inputs and parameters.</summary>"
                : $"/// <summary>{stage.Formula}.</summary>");
            using (writer.Open($"public static void {name}(Workspace s)"))
            {
                foreach ((string _, string declaration) in s_locals.Where(local => _used.Contains(local.Name)))
                {
                    writer.Lines(declaration);
                }

                if (_used.Count > 0)
                {
                    writer.Blank();
                }

                writer.Lines(text);
            }
        }

        return names;
    }

    /// <summary>Notes that the stage's statements use a name, which then is declared.</summary>
    private string Use(string local)
    {
        _used.Add(local);
        return local;
    }

    /// <summary>A role alone names a place when every value of that role stands at it, else stage and role do.</summary>
    private void NameConstants()
    {
        foreach (IGrouping<(Symbol Rows, string Role), Value> same in _planned.Plan.Values.GroupBy(v => (v.Rows, v.Role)))
        {
            bool oneRole = same.Select(v => (_planned.Plan.Offset(v), v.Width)).Distinct().Count() == 1;
            foreach (Value value in same)
            {
                _constants.Add(value, oneRole ? value.Role : value.Name);
            }
        }
    }

    /// <summary>A region as the statements of a stage call it: sourceSequence.</summary>
    private static string Arena(Symbol symbol) => char.ToLowerInvariant(Region(symbol)[0]) + Region(symbol).Substring(1);

    private static string Region(Symbol symbol) => symbol switch
    {
        Symbol.SourceRows => "Source",
        Symbol.TargetRows => "Target",
        Symbol.LabelRows => "Label",
        Symbol.SourceSequences => "SourceSequence",
        Symbol.TargetSequences => "TargetSequence",
        Symbol.SourceExpertRows => "SourceExpert",
        Symbol.TargetExpertRows => "TargetExpert",
        _ => "Once",
    };

    private static string Prose(Symbol symbol) => symbol switch
    {
        Symbol.SourceRows => "source rows (N tokens of all source sequences)",
        Symbol.TargetRows => "target rows (M tokens of all target sequences)",
        Symbol.LabelRows => "label rows (L rows whose next token is wanted)",
        Symbol.SourceSequences or Symbol.TargetSequences => "sequences (S)",
        Symbol.SourceExpertRows or Symbol.TargetExpertRows => "expert rows (R copies of rows, grouped by expert)",
        _ => "values that exist once",
    };

    private static string Letter(Symbol symbol) => symbol switch
    {
        Symbol.SourceRows => "N",
        Symbol.TargetRows => "M",
        Symbol.LabelRows => "L",
        Symbol.SourceSequences or Symbol.TargetSequences => "S",
        Symbol.SourceExpertRows or Symbol.TargetExpertRows => "R",
        _ => "1",
    };
}

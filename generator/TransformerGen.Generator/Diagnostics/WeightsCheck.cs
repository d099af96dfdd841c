using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Diagnostics;

/// <summary>
/// Compares a model with the checkpoint that the project lists for its config.json. The package's build task has written the checkpoint's names and shapes to
/// a text file; names are matched as the runtime's loading does, with and without the base model's prefix and under all names of tied tensors.
/// </summary>
internal static class WeightsCheck
{
    /// <summary>How the path of the text file ends.</summary>
    public const string FileName = "TransformerGen.tensors.txt";

    /// <summary>First line of the text file.</summary>
    public const string Format = "TransformerGen tensors 1";

    private const int MostNames = 8;

    /// <summary>Checkpoints of the text file.</summary>
    public static IReadOnlyList<ListedWeights> Read(string text)
    {
        var all = new List<ListedWeights>();
        string[] lines = text.Split('\n');
        if (lines[0].TrimEnd('\r') != Format)
        {
            return all;
        }

        foreach (string line in lines.Skip(1).Select(line => line.TrimEnd('\r')))
        {
            int tab = line.IndexOf('\t');
            if (tab < 0)
            {
                continue;
            }

            string key = line.Substring(0, tab), value = line.Substring(tab + 1);
            switch (key)
            {
                case "config":
                    all.Add(new ListedWeights(value));
                    break;
                case "weights":
                    all[all.Count - 1].Path = value;
                    break;
                case "head":
                    all[all.Count - 1].AllowMissingHead = true;
                    break;
                default:
                    all[all.Count - 1].Shapes[value] = key;
                    break;
            }
        }

        return all;
    }

    /// <summary>Reports tensors of a model that its checkpoint lacks or has in another shape, all of them in one diagnostic.</summary>
    public static void Report(ModelSpec spec, string configPath, IReadOnlyList<ListedWeights> listed, BuildSettings settings, AttributeFields fields)
    {
        IReadOnlyList<int> found = ConfigPaths.Find(configPath, settings.ProjectFolder, [.. listed.Select(weights => weights.Config)]);
        if (found.Count != 1)
        {
            return;
        }

        ListedWeights weights = listed[found[0]];
        List<string> problems = Problems(spec, weights);
        if (problems.Count > 0)
        {
            string more = problems.Count > MostNames ? $"; and {Number.Text(problems.Count - MostNames)} more" : "";
            fields.ReportAt(Descriptors.WeightsDoNotFit, AttributeFields.Config, ConfigPaths.FileName(weights.Path), string.Join("; ", problems.Take(MostNames)) + more);
        }
    }

    private static List<string> Problems(ModelSpec spec, ListedWeights weights)
    {
        var problems = new List<string>();
        var parameters = new ParameterTable();
        GraphBuilder.Training(spec, parameters, new CacheLayout(spec));
        HashSet<string> head = HeadTensors.Of(spec);
        ILookup<string, string> aliases = spec.Aliases.ToLookup(alias => alias.Tensor, alias => alias.Alias);
        foreach (Tensor tensor in parameters.All.SelectMany(parameter => parameter.Tensors))
        {
            string expected = $"[{string.Join(", ", tensor.StoredShape.Select(extent => Number.Text(extent)))}]";
            string? stored = Names(tensor.Name, aliases[tensor.Name], spec.Prefix).FirstOrDefault(weights.Shapes.ContainsKey);
            if (stored is not null && weights.Shapes[stored] != expected)
            {
                problems.Add($"{stored} is {weights.Shapes[stored]}, not {expected}");
            }
            else if (stored is null && !tensor.MayBeAbsent && !(weights.AllowMissingHead && head.Contains(tensor.Name)))
            {
                problems.Add($"{tensor.Name} {expected} is missing");
            }
        }

        return problems;
    }

    /// <summary>Names under which a checkpoint may hold a tensor: its own and its aliases', the first BERT's gamma and beta, each with and without the prefix.</summary>
    private static IEnumerable<string> Names(string own, IEnumerable<string> aliases, string prefix)
    {
        foreach (string name in new[] { own, Renamed(own, "LayerNorm.weight", "gamma"), Renamed(own, "LayerNorm.bias", "beta") }.OfType<string>().Concat(aliases))
        {
            yield return name;
            if (prefix.Length > 0)
            {
                yield return name.StartsWith(prefix, StringComparison.Ordinal) ? name.Substring(prefix.Length) : prefix + name;
            }
        }
    }

    private static string? Renamed(string name, string end, string last) =>
        name.EndsWith(end, StringComparison.Ordinal) ? name.Substring(0, name.LastIndexOf('.') + 1) + last : null;
}

/// <summary>A checkpoint of the text file.</summary>
/// <param name="config">Full path of the config.json that it belongs to.</param>
internal sealed class ListedWeights(string config)
{
    public string Config { get; } = config;

    public string Path { get; set; } = "";

    public bool AllowMissingHead { get; set; }

    /// <summary>Shapes by name, such as [5, 4].</summary>
    public Dictionary<string, string> Shapes { get; } = new(StringComparer.Ordinal);
}

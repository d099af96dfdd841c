using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using TransformerGen.Testing;

namespace TransformerGen.Benchmarks.Costs;

/// <summary>
/// Generated code written the other way, to compare the two: layers whose methods are equal but for places (of weights, panels, values, keys, dropout) share one
/// method with those places as parameters. The generator writes a method per layer with its places as constants.
/// </summary>
internal static partial class SharedBodies
{
    /// <summary>The compilation with the layers' bodies shared, and how many methods are gone.</summary>
    public static (Compilation Compilation, int Removed) Of(Compilation compilation)
    {
        int removed = 0;
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            string text = tree.ToString(), shared = Rewrite(text, ref removed);
            if (shared != text)
            {
                compilation = compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(SourceText.From(shared, Encoding.UTF8), InMemoryCompiler.ParseOptions, tree.FilePath));
            }
        }

        return (compilation, removed);
    }

    private static string Rewrite(string text, ref int removed)
    {
        foreach (IGrouping<string, Match> same in Layer().Matches(text).GroupBy(method => method.Groups["kind"].Value + Place().Replace(method.Groups["body"].Value, "?")).ToList())
        {
            Match[] methods = [.. same];
            if (methods.Length == 1)
            {
                continue;
            }

            // Places that differ between the layers become parameters; those that differ alike are one.
            string[][] places = [.. methods.Select(method => Place().Matches(method.Groups["body"].Value).Select(place => place.Value).ToArray())];
            var parameters = new Dictionary<string, int>(StringComparer.Ordinal);
            var arguments = new List<string[]>();
            int at = 0;
            string body = Place().Replace(methods[0].Groups["body"].Value, place =>
            {
                string[] column = [.. places.Select(layer => layer[at])];
                at++;
                if (column.All(value => value == column[0]))
                {
                    return place.Value;
                }

                string key = string.Join(' ', column);
                if (!parameters.TryGetValue(key, out int number))
                {
                    parameters.Add(key, number = arguments.Count);
                    arguments.Add(column);
                }

                return "place" + number;
            });
            string first = methods[0].Groups["name"].Value, name = first + "And" + (methods.Length - 1), indent = methods[0].Groups["indent"].Value;
            for (int i = 0; i < methods.Length; i++)
            {
                string call = $"{indent}public static void {methods[i].Groups["name"].Value}(Workspace s) =>\n{indent}    {name}(s, {string.Join(", ", arguments.Select(column => column[i]))});\n";
                string whole = i > 0 ? call : call + $"\n{indent}private static void {name}(Workspace s, {string.Join(", ", arguments.Select((_, number) => "int place" + number))})\n{body}";
                text = text.Replace(methods[i].Value, whole, StringComparison.Ordinal);
            }

            removed += methods.Length - 1;
        }

        return text;
    }

    // A layer's method, up to the brace at its own indent.
    [GeneratedRegex(@"^(?<indent> +)public static void (?<name>(?<kind>EncoderLayer|DecoderLayer)\d+(?<suffix>\w*))\(Workspace s\)\n(?<body>\k<indent>\{\n.*?^\k<indent>\}\n)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Layer();

    // A named place, or a whole number as an argument; comments are passed by.
    [GeneratedRegex(@"(?<!//.*)(\b(Weight|Panel|TransposedPanel|Source|Target|Label|SourceSequence|TargetSequence|SourceExpert|TargetExpert|Once)\.\w+|(?<=, )\d+(?=[,)]))")]
    private static partial Regex Place();
}

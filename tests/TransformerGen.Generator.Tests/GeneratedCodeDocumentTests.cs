using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>docs/generated-code.md shows what the generator really writes for the model that it names.</summary>
public sealed class GeneratedCodeDocumentTests
{
    [Fact]
    public void Every_line_that_is_shown_is_generated_in_that_order()
    {
        string[][] blocks = [.. Blocks(File.ReadAllLines(Path.Combine(Repository.Root, "docs", "generated-code.md")))];
        Assert.True(blocks.Length > 5, $"docs/generated-code.md has {blocks.Length} blocks of C#.");
        IReadOnlyDictionary<string, string> files = GeneratedModel.Files(GeneratedModel.Generate("using TransformerGen;\n" + string.Join('\n', blocks[0])));
        string[][] texts = [.. files.Values.Select(text => text.Split('\n').Select(line => line.Trim()).ToArray())];
        foreach (string[] block in blocks.Skip(1))
        {
            // The file that gets furthest names the line that is wrong.
            (int Found, string? Missing) best = texts.Select(text => Match(text, block)).MaxBy(match => match.Found);
            Assert.True(best.Missing is null, $"docs/generated-code.md shows a line that no generated file has at this place; write down what is generated now.\n  {best.Missing}");
        }
    }

    [Fact]
    public void A_line_that_is_not_generated_is_found() =>
        Assert.Equal((1, "c"), Match(["a", "b"], ["a", "c"]));

    private static (int Found, string? Missing) Match(string[] text, string[] shown)
    {
        int at = 0;
        for (int i = 0; i < shown.Length; i++)
        {
            at = Array.IndexOf(text, shown[i], at) + 1;
            if (at == 0)
            {
                return (i, shown[i]);
            }
        }

        return (shown.Length, null);
    }

    private static IEnumerable<string[]> Blocks(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i] == "```csharp")
            {
                yield return [.. lines.Skip(i + 1).TakeWhile(line => line != "```").Select(line => line.Trim()).Where(line => line.Length > 0 && line != "…")];
            }
        }
    }
}

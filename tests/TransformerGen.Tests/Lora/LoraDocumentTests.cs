using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Lora;

/// <summary>The page's example compiles.</summary>
public sealed class LoraDocumentTests
{
    [Fact]
    public void The_example_compiles()
    {
        string[] parts = File.ReadAllText(Path.Combine(Repository.Root, "docs", "lora.md")).Split("```");
        string example = parts.First(part => part.StartsWith("csharp\n", StringComparison.Ordinal))["csharp\n".Length..].Replace("Llama", "Model", StringComparison.Ordinal);
        Assert.NotNull(GeneratedModel.Load(
            "using TransformerGen;\nusing TransformerGen.Kernels;\nusing TransformerGen.Lora;\nusing TransformerGen.Model;\nusing TransformerGen.Training;\n\n"
            + "[TransformerModel(\"config.json\")]\npublic sealed partial class Model;\n\ninternal static class Example\n{\n    public static void Run(TrainingBatch batch)\n    {\n" + example + "    }\n}\n",
            File.ReadAllText(Path.Combine(Repository.Fixtures, "llama", "config.json"))));
    }
}

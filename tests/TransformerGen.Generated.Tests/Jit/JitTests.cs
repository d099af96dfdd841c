using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests.Jit;

/// <summary>No generated method is too large for the JIT to optimise.</summary>
public sealed class JitTests(ITestOutputHelper output)
{
    private const int LargestMethod = 30 * 1024;

    [Fact]
    public void The_JIT_gives_up_on_no_generated_method()
    {
        (int exitCode, string text) = ChildProcess.Run(["jit"], ("DOTNET_TieredCompilation", "0"), ("DOTNET_TieredPGO", "0"));
        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        Assert.Contains(" bytes given up", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_generated_method_is_larger_than_30_KB_of_IL()
    {
        using var file = new PEReader(new MemoryStream(JitModels.Compile()));
        MetadataReader metadata = file.GetMetadataReader();
        var sizes = new List<(int Size, string Name)>();
        foreach (MethodDefinition method in metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Where(m => m.RelativeVirtualAddress != 0))
        {
            string type = metadata.GetString(metadata.GetTypeDefinition(method.GetDeclaringType()).Name);
            sizes.Add((file.GetMethodBody(method.RelativeVirtualAddress).GetILReader().Length, $"{type}.{metadata.GetString(method.Name)}"));
        }

        output.WriteLine($"{sizes.Count} methods; the largest: {string.Join(", ", sizes.OrderDescending().Take(5))}");
        Assert.NotEmpty(sizes);
        Assert.All(sizes, s => Assert.True(s.Size <= LargestMethod, $"{s.Name} has {s.Size} bytes of IL, {LargestMethod} are allowed"));
    }
}

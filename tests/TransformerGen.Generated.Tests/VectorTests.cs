using TransformerGen.Testing;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Generated.Tests;

/// <summary>The same assemblies at every vector width: inference, gradients and reference cases in processes whose JIT lacks the wider instructions.</summary>
public sealed class VectorTests(ITestOutputHelper output, VectorTests.Compiled compiled) : IClassFixture<VectorTests.Compiled>
{
    /// <summary>What is switched off, and the widest vectors that remain.</summary>
    public static TheoryData<string, int> Widths => new() { { "EnableAVX512", 256 }, { "EnableAVX2", 128 }, { "EnableHWIntrinsic", 0 } };

    [Theory]
    [MemberData(nameof(Widths))]
    public void Narrow_vectors_agree_with_oracle_and_references(string switchedOff, int widest)
    {
        (int exitCode, string text) = ChildProcess.Run(["vectors"], ("DOTNET_" + switchedOff, "0"), (InMemoryCompiler.FolderVariable, compiled.Folder));
        output.WriteLine(text);
        Assert.True(exitCode == 0, text);
        int width = int.Parse(text.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(width <= widest, $"{switchedOff} is off, and vectors still have {width} bits.");

        // Every process asks for the same sources: the first one compiles them, and the others compile nothing.
        string[] assemblies = [.. Directory.GetFiles(compiled.Folder).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(assemblies);
        Assert.Equal(compiled.Assemblies ??= assemblies, assemblies);
    }

    /// <summary>What the first of the processes compiles, and the others load.</summary>
    public sealed class Compiled : IDisposable
    {
        /// <summary>Where it is.</summary>
        public string Folder { get; } = Directory.CreateTempSubdirectory("vectors").FullName;

        /// <summary>The files that the first process left.</summary>
        public string[]? Assemblies { get; set; }

        /// <summary>Removes the folder.</summary>
        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}

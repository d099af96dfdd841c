using System.IO.Compression;
using System.Runtime.InteropServices;
using Xunit.Abstractions;

namespace TransformerGen.Package.Tests;

/// <summary>The package as a user gets it: restored into a project of its own, built, run and compiled ahead of time.</summary>
public sealed class PackageTests(ConsumerProject project, ITestOutputHelper output) : IClassFixture<ConsumerProject>
{
    private static readonly string[] s_lines = ["loss fell: True", "generated: True", "loaded model agrees: True"];

    [Fact]
    public void The_package_holds_runtime_generator_targets_and_documents()
    {
        AssertNoWarning(project.PackOutput);
        using ZipArchive package = ZipFile.OpenRead(project.Package);
        string[] files = [.. package.Entries.Select(e => e.FullName).Where(n => !n.StartsWith('_') && !n.StartsWith('[') && !n.StartsWith("package/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "LICENSE",
                "README.md",
                "TransformerGen.nuspec",
                "analyzers/dotnet/cs/TransformerGen.CodeFixes.dll",
                "analyzers/dotnet/cs/TransformerGen.Generator.dll",
                "build/TransformerGen.props",
                "build/TransformerGen.targets",
                "buildTransitive/TransformerGen.props",
                "buildTransitive/TransformerGen.targets",
                "lib/net10.0/TransformerGen.dll",
                "lib/net10.0/TransformerGen.xml",
                "tools/netstandard2.0/TransformerGen.Tasks.dll",
            ],
            files);

        using ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(project.Package, ".snupkg"));
        Assert.Contains(symbols.Entries, e => e.FullName == "lib/net10.0/TransformerGen.pdb");
    }

    [Fact]
    public void A_new_project_builds_trains_ten_steps_and_generates()
    {
        DotNet.Outcome build = project.Run("build", "-c", "Release", "-v", "m");
        output.WriteLine(build.Output);
        Assert.True(build.ExitCode == 0, build.Output + build.Errors);
        AssertNoWarning(build.Output);

        DotNet.Outcome run = DotNet.Run(project.Folder, Path.Combine(project.Folder, "bin", "Release", "net10.0", "Consumer.dll"));
        output.WriteLine(run.Output);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.All(s_lines, line => Assert.Contains(line, run.Output, StringComparison.Ordinal));
        Assert.Equal("", run.Errors.Trim());
    }

    [Fact]
    public void The_targets_choose_only_what_the_user_left_open()
    {
        Assert.Equal("true x86-64-v3", Choices("-p:RuntimeIdentifier=linux-x64"));
        Assert.Equal("true native", Choices("-p:RuntimeIdentifier=linux-x64", "-p:IlcInstructionSet=native"));
        Assert.Equal("false ", Choices("-p:RuntimeIdentifier=linux-arm64", "-p:AllowUnsafeBlocks=false"));
        Assert.Equal("true ", Choices("-p:RuntimeIdentifier=linux-x64", "-p:PublishAot=false"));
    }

    [Fact]
    public void A_checkpoint_that_is_listed_is_read_once_and_compared_with_its_model()
    {
        string weights = Path.Combine(project.Folder, "tiny", "model.safetensors"), text = Path.Combine(project.Folder, "obj", "Release", "net10.0", "TransformerGen.tensors.txt");
        try
        {
            // One tensor, and of the wrong shape.
            byte[] file = Safetensors("""{"shared.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""");
            File.WriteAllBytes(weights, file);
            DotNet.Outcome build = project.Run("build", "-c", "Release", "-v", "m");
            Assert.NotEqual(0, build.ExitCode);
            Assert.Contains("error TFG028: The checkpoint 'model.safetensors' does not fit the model: shared.weight is [2, 3], not [16, 32]; decoder.", build.Output, StringComparison.Ordinal);
            Assert.Equal(
                $"TransformerGen tensors 1\nconfig\t{Path.Combine(project.Folder, "tiny", "config.json")}\nweights\t{weights}\n[2, 3]\tshared.weight\n", File.ReadAllText(text));

            DateTime written = File.GetLastWriteTimeUtc(text);
            project.Run("msbuild", "-t:WriteTransformerGenTensors", "-p:Configuration=Release", "-v:m").MustSucceed("msbuild");
            Assert.Equal(written, File.GetLastWriteTimeUtc(text));

            File.WriteAllBytes(weights, file[..^1]);
            DotNet.Outcome damaged = project.Run("msbuild", "-t:WriteTransformerGenTensors", "-p:Configuration=Release", "-v:m");
            Assert.NotEqual(0, damaged.ExitCode);
            Assert.Contains("error TFG029: The checkpoint cannot be checked: model.safetensors holds 23 bytes of data, and its tensors take 24", damaged.Output, StringComparison.Ordinal);
            project.Run("msbuild", "-t:WriteTransformerGenTensors", "-p:Configuration=Release", "-p:TransformerGenCheckWeights=false", "-v:m").MustSucceed("msbuild");
        }
        finally
        {
            File.Delete(weights);
            File.Delete(text);
        }
    }

    [Fact]
    public void Shards_beside_the_config_are_read_by_their_index_and_again_when_one_of_them_changes()
    {
        string folder = Path.Combine(project.Folder, "tiny"), text = Path.Combine(project.Folder, "obj", "Release", "net10.0", "TransformerGen.tensors.txt");
        string index = Path.Combine(folder, "model.safetensors.index.json"), shard = Path.Combine(folder, "model-00001-of-00001.safetensors");
        try
        {
            File.WriteAllText(index, """{"weight_map":{"shared.weight":"model-00001-of-00001.safetensors"}}""");
            File.WriteAllBytes(shard, Safetensors("""{"shared.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"""));
            Check();
            Assert.EndsWith($"weights\t{index}\n[2, 3]\tshared.weight\n", File.ReadAllText(text), StringComparison.Ordinal);

            File.WriteAllBytes(shard, Safetensors("""{"shared.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}"""));
            File.SetLastWriteTimeUtc(shard, DateTime.UtcNow.AddSeconds(2));     // file systems count in whole seconds, some of them
            Check();
            Assert.EndsWith("[3, 2]\tshared.weight\n", File.ReadAllText(text), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(index);
            File.Delete(shard);
            File.Delete(text);
        }

        void Check() => project.Run("msbuild", "-restore", "-t:WriteTransformerGenTensors", "-p:Configuration=Release", "-v:m").MustSucceed("msbuild");
    }

    [NativeFact]
    public void A_native_image_has_no_warning_wide_vectors_and_the_same_results()
    {
        DotNet.Outcome run = RunNative("native");
        Assert.All(s_lines, line => Assert.Contains(line, run.Output, StringComparison.Ordinal));
        Assert.Equal("", run.Errors.Trim());
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            Assert.Contains("vectors: 256", run.Output, StringComparison.Ordinal);
        }
    }

    [NativeFact]
    public void A_native_image_that_was_compiled_for_old_processors_says_so_once()
    {
        if (!System.Runtime.Intrinsics.X86.Avx2.IsSupported || !System.Runtime.Intrinsics.X86.Fma.IsSupported)
        {
            output.WriteLine("This processor has no AVX2 and FMA: there is nothing to warn about.");
            return;
        }

        DotNet.Outcome run = RunNative("native-v2", "-p:IlcInstructionSet=x86-64-v2");
        Assert.All(s_lines, line => Assert.Contains(line, run.Output, StringComparison.Ordinal));
        Assert.Contains("vectors: 128", run.Output, StringComparison.Ordinal);
        string line = Assert.Single(run.Errors.Trim().Split('\n'));
        Assert.StartsWith("warning: TransformerGen: this NativeAOT image was compiled without AVX2 and FMA", line, StringComparison.Ordinal);
    }

    private static byte[] Safetensors(string header)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[24]];
    }

    // As MSBuild writes it: "file(1,2): warning CS0001: ..." or "ILC : Trim analysis warning IL2026: ...".
    private static void AssertNoWarning(string text) => Assert.DoesNotMatch(@"\bwarning [A-Z]+[0-9]+", text);

    private string Choices(params string[] properties)
    {
        DotNet.Outcome evaluated = project.Run(["msbuild", "-restore", "-v:q", "-getProperty:AllowUnsafeBlocks", "-getProperty:IlcInstructionSet", .. properties]);
        Assert.True(evaluated.ExitCode == 0, evaluated.Output + evaluated.Errors);
        using var json = System.Text.Json.JsonDocument.Parse(evaluated.Output);
        System.Text.Json.JsonElement chosen = json.RootElement.GetProperty("Properties");
        return chosen.GetProperty("AllowUnsafeBlocks").GetString() + " " + chosen.GetProperty("IlcInstructionSet").GetString();
    }

    private DotNet.Outcome RunNative(string folder, params string[] properties)
    {
        string published = Path.Combine(project.Folder, "bin", folder);
        DotNet.Outcome publish = project.Run(["publish", "-c", "Release", "--use-current-runtime", "-o", published, "-v", "m", .. properties]);
        output.WriteLine(publish.Output);
        Assert.True(publish.ExitCode == 0, publish.Output + publish.Errors);
        AssertNoWarning(publish.Output);

        DotNet.Outcome run = DotNet.Start(Path.Combine(published, "Consumer"), published);
        output.WriteLine(run.Output + run.Errors);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        return run;
    }
}

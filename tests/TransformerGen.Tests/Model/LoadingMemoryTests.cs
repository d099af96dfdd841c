using System.Globalization;
using TransformerGen.Model;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using TransformerGen.Weights;
using Xunit;
using Xunit.Abstractions;
using static TransformerGen.Tests.Model.LayoutInfo;

namespace TransformerGen.Tests.Model;

/// <summary>Its tests have the process to themselves: what others allocate meanwhile would count.</summary>
[CollectionDefinition(nameof(LoadingMemoryTests), DisableParallelization = true)]
public sealed class LoadingMemoryAlone;

/// <summary>Loading needs the weights as held and little else: not the file, and no tensor a second time.</summary>
[Collection(nameof(LoadingMemoryTests))]
public sealed class LoadingMemoryTests(ITestOutputHelper output)
{
    /// <summary>About 50 MB: as stored, transposed, in groups.</summary>
    private sealed class Large : ILayoutModel
    {
        public static ModelInfo Info() => Of(
            "",
            [],
            Tensor("plain", 4096, 1024),
            Tensor("transposed", 3072, 1024, new TensorLayout { Transposed = true }),
            Tensor("grouped", 3072, 1024, new TensorLayout { Groups = 16, Parts = [64, 64, 64] }),
            Tensor("both", 3072, 1024, new TensorLayout { Groups = 16, Parts = [64, 64, 64], Transposed = true }));
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.BF16)]
    public void Private_memory_grows_by_the_weights_and_at_most_one_tensor(TensorType type)
    {
        using var folder = new TemporaryFolder();
        using (var weights = new ModelWeights(LayoutModel<Large>.Info, LayoutModel<Large>.Pack))
        {
            WeightInitializer.Initialize(weights, 1);
            new LayoutModel<Large>(weights).Save(folder.File("m"), type);
        }

        // Once to compile what loads, so that its code does not count.
        ModelFiles.Load<LayoutModel<Large>>(folder.File("m")).Weights.Dispose();
        long held = LayoutModel<Large>.Info.ValueFloats * (long)sizeof(float), allocated = GC.GetAllocatedBytesForCurrentThread();
        long before = PrivateBytes();
        using ModelWeights loaded = ModelFiles.Load<LayoutModel<Large>>(folder.File("m")).Weights;
        long grown = PrivateBytes() - before;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        output.WriteLine($"{type}: held {held:N0} B, private memory grew by {grown:N0} B, {allocated:N0} B managed");

        // A chunk is 128 KB; the rest is names and shapes.
        Assert.InRange(allocated, 0, 512 * 1024);
        if (OperatingSystem.IsLinux())
        {
            // A tensor here is 12 MB, the file 26 or 52.
            Assert.InRange(grown, 0, held + (12 << 20));
        }
    }

    /// <summary>Memory that is this process's own: not the mapped file.</summary>
    private static long PrivateBytes() => !OperatingSystem.IsLinux() ? 0 : File.ReadLines("/proc/self/smaps_rollup")
        .Where(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal) || line.StartsWith("Swap:", StringComparison.Ordinal))
        .Sum(line => 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}

using TransformerGen.Testing;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Samples;

/// <summary>Models that samples use, beside the checkout.</summary>
internal static class SampleData
{
    /// <summary>The folder of a model, or null where it is missing, which is said.</summary>
    /// <param name="output">Where it is said.</param>
    /// <param name="parts">Its path below the data folder.</param>
    public static string? Find(ITestOutputHelper output, params string[] parts)
    {
        string path = Path.Combine([Repository.Shared, "data", .. parts]);
        if (Directory.Exists(path)) return path;
        output.WriteLine($"Skipped: {path} is not there.");
        return null;
    }
}

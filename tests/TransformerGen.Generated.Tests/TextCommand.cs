using System.Security.Cryptography;
using System.Text;
using TransformerGen.Testing;

namespace TransformerGen.Generated.Tests;

/// <summary>Writes a hash of every generated file of the reference models: each process hashes strings with a seed of its own, and the text must not show it.</summary>
internal static class TextCommand
{
    /// <summary>A line for each file.</summary>
    public static IEnumerable<string> Hashes()
    {
        foreach (string folder in Directory.GetDirectories(Repository.Fixtures, "paper*").Order(StringComparer.Ordinal))
        {
            string config = File.ReadAllText(Path.Combine(folder, "config.json"));
            const string Source = "[TransformerGen.TransformerModel(\"config.json\", CaptureAttention = true, CaptureHiddenStates = true)] public sealed partial class Model;";
            foreach ((string hint, string text) in GeneratedModel.Files(GeneratedModel.Generate(Source, config)).OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                yield return $"{Path.GetFileName(folder)} {hint} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
            }
        }
    }

    public static int Run()
    {
        // Not the text but proof that this process is another: the same string, hashed with its own seed.
        Console.WriteLine("seed " + "TransformerGen".GetHashCode(StringComparison.Ordinal).ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (string line in Hashes())
        {
            Console.WriteLine(line);
        }

        return 0;
    }
}

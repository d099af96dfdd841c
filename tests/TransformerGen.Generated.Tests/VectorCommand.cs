using System.Runtime.Intrinsics;
using TransformerGen.Conformance;
using TransformerGen.Generated.Tests.Operations;
using TransformerGen.Generated.Tests.Specs;
using TransformerGen.Testing;

namespace TransformerGen.Generated.Tests;

/// <summary>Random specs and small reference cases, without training runs, at the vector width that this process has; its first line says which.</summary>
internal static class VectorCommand
{
    private const int Small = 6;

    private static readonly string[] s_cases = ["paper", "paper-additive", "paper-batch-norm", "paper-head-dim"];

    /// <summary>Bits of the widest vectors of this process; 0 where it has none.</summary>
    public static int Width => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

    public static int Run()
    {
        Console.WriteLine($"vectors of {Width} bits");
        bool failed = false;
        foreach (string name in s_cases)
        {
            Verdict verdict = ReferenceCase.Run(Path.Combine(Repository.Fixtures, name), training: false);
            Console.WriteLine($"{verdict.Kind} {name} {verdict.Worst}");
            failed |= verdict.Kind != "PASS";
        }

        Console.WriteLine(RowOperationTests.RunAll(out IReadOnlyList<string> wrong));
        Console.WriteLine(string.Join('\n', wrong));
        failed |= wrong.Count > 0;

        IReadOnlyList<string> lines = RandomSpecTests.RunAll(Small, wide: 1, fresh: 0, out IReadOnlyList<string> failures);
        Console.WriteLine(string.Join('\n', lines.Concat(failures)));
        return failed || failures.Count > 0 ? 1 : 0;
    }
}

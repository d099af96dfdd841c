using System.Diagnostics;
using System.Globalization;
using TransformerGen.Conformance;
using TransformerGen.Testing;

string? folder = null;
string filter = "";
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--filter" && i + 1 < args.Length)
    {
        filter = args[++i];
    }
    else if (folder is null && !args[i].StartsWith('-'))
    {
        folder = args[i];
    }
    else
    {
        Console.Error.WriteLine($"'{args[i]}' is not understood.");
        folder = null;
        break;
    }
}

if (folder is null || !Directory.Exists(folder))
{
    Console.Error.WriteLine(folder is null ? "usage: TransformerGen.Conformance DIR [--filter NAME]" : $"The folder '{folder}' does not exist.");
    return 2;
}

string[] cases =
[
    .. Directory.GetDirectories(folder).Where(p => ReferenceCase.IsCase(p) && Path.GetFileName(p).Contains(filter, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
];
int passed = 0, failed = 0;
var clock = Stopwatch.StartNew();

// Two at a time: most of the work is the C# compiler's.
foreach ((string path, Verdict verdict) in cases.AsParallel().AsOrdered().WithDegreeOfParallelism(2).WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(path => (path, ReferenceCase.Run(path))))
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict.Kind} {Path.GetFileName(path)} {verdict.Worst}"));
    if (verdict.Kind == "PASS")
    {
        passed++;
    }
    else
    {
        failed++;
    }
}

if (passed + failed == 0)
{
    Console.Error.WriteLine(filter.Length > 0 ? $"No case of '{folder}' has '{filter}' in its name." : $"'{folder}' holds no case: a folder with case.json was expected.");
    return 2;
}

Console.Error.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{clock.Elapsed.TotalSeconds:0} s; of two threads the generator took {GeneratedModel.GeneratorTime.TotalSeconds:0} s and the C# compiler {GeneratedModel.CompilerTime.TotalSeconds:0} s"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
return failed == 0 ? 0 : 1;

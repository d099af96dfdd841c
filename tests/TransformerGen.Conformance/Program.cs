using System.Globalization;
using TransformerGen.Conformance;

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

int passed = 0, failed = 0;
foreach (string path in Directory.GetDirectories(folder).Where(p => File.Exists(Path.Combine(p, "case.json"))).Order(StringComparer.Ordinal))
{
    string name = Path.GetFileName(path);
    if (!name.Contains(filter, StringComparison.Ordinal))
    {
        continue;
    }

    Verdict verdict = ReferenceCase.Run(path);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict.Kind} {name} {verdict.Worst}"));
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

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
return failed == 0 ? 0 : 1;

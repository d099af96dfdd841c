using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests;

/// <summary>Real models and texts in the folder beside the checkout; a clone by itself has none.</summary>
internal static class SharedData
{
    /// <summary>Where a file or folder is; a test that asks names it in its attribute.</summary>
    public static string Find(string path) => Path.GetFullPath(Path.Combine(Repository.Shared, path));

    /// <summary>Why a test cannot run: the first path that is missing; null when all are there.</summary>
    public static string? Missing(string[] paths) =>
        paths.Select(Find).FirstOrDefault(path => !Path.Exists(path)) is { } missing ? $"It needs {missing}, which is not there." : null;
}

/// <summary>A test that reads shared data: skipped, saying what is missing, where that is not beside the checkout.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute(params string[] paths) => Skip = SharedData.Missing(paths);
}

/// <summary>The same with the arguments of a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute(params string[] paths) => Skip = SharedData.Missing(paths);
}

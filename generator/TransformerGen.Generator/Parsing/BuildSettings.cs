using Microsoft.CodeAnalysis.Diagnostics;

namespace TransformerGen.Generator.Parsing;

/// <summary>What MSBuild tells the generator; the package's targets make these properties visible.</summary>
/// <param name="ProjectFolder">Null when unknown.</param>
/// <param name="ParameterCap">As written in the project file; null when it is not set.</param>
internal sealed record BuildSettings(string? ProjectFolder, string? ParameterCap)
{
    public static BuildSettings Read(AnalyzerConfigOptions options) => new(Property(options, "ProjectDir"), Property(options, "TransformerGenParameterCap"));

    private static string? Property(AnalyzerConfigOptions options, string name) =>
        options.TryGetValue("build_property." + name, out string? value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}

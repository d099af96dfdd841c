using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>Joins a declaration with its config.json and the project's settings.</summary>
internal static class TargetResolver
{
    /// <summary>The target, null when there is an error; then the fields, if given, have been told.</summary>
    /// <param name="declaration">The class and its attribute.</param>
    /// <param name="paths">Paths of the additional files.</param>
    /// <param name="read">The additional file with an index, read with the head that the declaration chooses.</param>
    /// <param name="settings">Settings of the project.</param>
    /// <param name="fields">Reports problems; null for the generator, which is silent.</param>
    public static ModelTarget? Resolve(
        ModelDeclaration declaration, IReadOnlyList<string> paths, Func<int, ConfigFile> read, BuildSettings settings, AttributeFields? fields)
    {
        ModelSpec? spec = declaration.Spec;
        if (declaration.ConfigPath is string path)
        {
            IReadOnlyList<int> found = ConfigPaths.Find(path, settings.ProjectFolder, paths);
            if (found.Count == 0)
            {
                string where = paths.Count == 0 ? "among none" : settings.ProjectFolder is string folder ? "in " + folder : "among " + Number.Text(paths.Count);
                fields?.ReportAt(Descriptors.FileNotFound, AttributeFields.Config, path, where);
            }
            else if (found.Count > 1)
            {
                fields?.ReportAt(Descriptors.AmbiguousFile, AttributeFields.Config, path, string.Join(", ", found.Select(i => "'" + paths[i] + "'")));
            }

            ConfigFile? file = found.Count == 1 ? read(found[0]) : null;
            spec = file?.Spec;
            if (file?.HeadProblem is { } problem && fields is not null)
            {
                HeadChoice.Report(fields, problem);
            }
        }

        if (spec is null || !ParameterCap.Allows(spec, declaration.ParameterCap, settings, fields))
        {
            return null;
        }

        ModelClass target = declaration.Target;
        return new ModelTarget(target.Namespace, target.ClassName, target.ContainingTypes, target.Accessibility, spec with { Options = declaration.Options })
        {
            HiddenNames = target.HiddenNames,
        };
    }
}

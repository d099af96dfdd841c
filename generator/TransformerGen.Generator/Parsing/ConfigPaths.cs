namespace TransformerGen.Generator.Parsing;

/// <summary>Finds the additional file that an attribute's path means. Text only: an analyzer may not look at the disk.</summary>
internal static class ConfigPaths
{
    /// <summary>
    /// Indices of the files that match. With the project's folder known, the path is relative to it and means one file; without (a compilation in
    /// memory), every file whose path ends with it.
    /// </summary>
    public static IReadOnlyList<int> Find(string path, string? projectFolder, IReadOnlyList<string> files)
    {
        string wanted = Normalize(path);
        if (wanted.Length == 0)
        {
            return [];
        }

        bool whole = IsRooted(wanted) || !string.IsNullOrEmpty(projectFolder);
        if (!IsRooted(wanted) && whole)
        {
            wanted = Normalize(projectFolder + "/" + path);
        }

        IReadOnlyList<int> exact = Matches(StringComparison.Ordinal);
        return exact.Count > 0 ? exact : Matches(StringComparison.OrdinalIgnoreCase);

        IReadOnlyList<int> Matches(StringComparison comparison) =>
            [.. Enumerable.Range(0, files.Count).Where(i => Match(Normalize(files[i]), wanted, whole, comparison))];
    }

    /// <summary>Last part of a path.</summary>
    public static string FileName(string path) => path.Substring(path.LastIndexOfAny(['/', '\\']) + 1);

    private static bool Match(string file, string wanted, bool whole, StringComparison comparison) =>
        file.Equals(wanted, comparison) || (!whole && file.EndsWith("/" + wanted, comparison));

    private static bool IsRooted(string path) => path.Length > 0 && (path[0] == '/' || (path.Length > 1 && path[1] == ':'));

    /// <summary>Forward slashes, without "." and "..".</summary>
    private static string Normalize(string path)
    {
        var parts = new List<string>();
        string slashed = path.Replace('\\', '/');
        foreach (string part in slashed.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[parts.Count - 1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part.Length > 0 && part != ".")
            {
                parts.Add(part);
            }
        }

        return (slashed.StartsWith("/", StringComparison.Ordinal) ? "/" : "") + string.Join("/", parts);
    }
}

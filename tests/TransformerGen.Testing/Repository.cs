namespace TransformerGen.Testing;

/// <summary>Where things lie in a checkout.</summary>
public static class Repository
{
    /// <summary>The folder that holds TransformerGen.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>tests/Fixtures: our own reference cases.</summary>
    public static string Fixtures => Path.Combine(Root, "tests", "Fixtures");

    /// <summary>Folder beside the checkout with large or licensed data; may be missing.</summary>
    public static string Shared => Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "TransformerGen.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("TransformerGen.sln was not found above " + AppContext.BaseDirectory + ".");
    }
}

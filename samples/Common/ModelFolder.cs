namespace Samples;

/// <summary>Finds the folder of a model: what the user named, or where the samples' models lie beside a checkout.</summary>
internal static class ModelFolder
{
    /// <summary>The folder, or null where there is none.</summary>
    /// <param name="named">What the user named; null looks in ../shared/data beside the checkout that holds the program or the current folder.</param>
    /// <param name="usual">Path of the sample's model below ../shared/data.</param>
    /// <param name="problem">What to tell the user where there is none; empty otherwise.</param>
    public static string? Find(string? named, string usual, out string problem)
    {
        problem = "";
        if (named is not null)
        {
            if (Directory.Exists(named) || File.Exists(named)) return named;
            problem = $"There is no model at {Path.GetFullPath(named)}.";
            return null;
        }

        foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (string? folder = Path.TrimEndingDirectorySeparator(start); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                string candidate = Path.GetFullPath(Path.Combine(folder, "..", "shared", "data", usual));
                if (Directory.Exists(candidate)) return candidate;
            }
        }

        problem = $"The model is not there: neither --model was given, nor is there ../shared/data/{usual} beside the checkout.";
        return null;
    }

    /// <summary>Where a model's tokenizer is: its folder.</summary>
    /// <param name="model">A folder, or a file in it.</param>
    public static string Of(string model) => Directory.Exists(model) ? model : Path.GetDirectoryName(Path.GetFullPath(model))!;
}

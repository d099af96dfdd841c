namespace TransformerGen.Model;

/// <summary>Weights do not fit the class that was to read them. The message lists everything that differs, not only the first thing.</summary>
public sealed class ModelMismatchException : IOException
{
    /// <summary>Lines of the message; <see cref="Problems"/> has them all.</summary>
    private const int MostLines = 100;

    /// <summary>An exception without details.</summary>
    public ModelMismatchException()
    {
    }

    /// <summary>An exception with a message of its own.</summary>
    /// <param name="message">The whole message.</param>
    public ModelMismatchException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message of its own and its cause.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="innerException">The cause.</param>
    public ModelMismatchException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal ModelMismatchException(string path, string model, IReadOnlyList<string> problems, string? advice = null)
        : base($"{path} does not fit {model}:\n  {List(problems)}\n{advice ?? "Load it with the class that was compiled from its config.json, or change this class to match."}")
    {
        Problems = problems;
    }

    /// <summary>What differs, one tensor or setting each.</summary>
    public IReadOnlyList<string> Problems { get; } = [];

    private static string List(IReadOnlyList<string> problems) =>
        string.Join("\n  ", problems.Take(MostLines)) + (problems.Count > MostLines ? $"\n  and {problems.Count - MostLines} more" : "");
}

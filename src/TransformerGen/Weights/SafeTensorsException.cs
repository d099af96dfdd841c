namespace TransformerGen.Weights;

/// <summary>A safetensors file cannot be trusted, or does not hold what was asked of it. The message names the file, the tensor, what was found and what was expected.</summary>
public sealed class SafeTensorsException : IOException
{
    private const int LongestQuote = 200;

    /// <summary>An exception without details.</summary>
    public SafeTensorsException()
    {
    }

    /// <summary>An exception with a message of its own.</summary>
    /// <param name="message">The whole message.</param>
    public SafeTensorsException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message of its own and its cause.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="innerException">The cause.</param>
    public SafeTensorsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal SafeTensorsException(string source, string? tensorName, string reason, string found, string expected, Exception? cause = null)
        : base(Compose(source, tensorName, reason, found, expected), cause)
    {
        TensorName = tensorName;
        Found = found;
        Expected = expected;
    }

    /// <summary>The tensor concerned; <see langword="null"/> when it is the file as a whole.</summary>
    public string? TensorName { get; }

    /// <summary>What the file holds; <see langword="null"/> when the message says it all.</summary>
    public string? Found { get; }

    /// <summary>What should have been there; <see langword="null"/> when the message says it all.</summary>
    public string? Expected { get; }

    /// <summary>Text from a file in quotes, cut short so that a hostile name of megabytes makes no message of megabytes.</summary>
    internal static string Quote(string text) =>
        text.Length <= LongestQuote ? $"'{text}'" : $"'{text.AsSpan(0, LongestQuote)}...' ({text.Length} characters)";

    private static string Compose(string source, string? tensorName, string reason, string found, string expected) =>
        tensorName is null
            ? $"{source}: {reason} Found {found}; expected {expected}."
            : $"{source}, tensor {Quote(tensorName)}: {reason} Found {found}; expected {expected}.";
}

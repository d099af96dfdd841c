namespace TransformerGen.Generator.Graph;

/// <summary>Names of what a caller reads of a graph; captured states have others.</summary>
internal static class OutputNames
{
    public const string Logits = nameof(Logits);

    public const string Losses = nameof(Losses);

    /// <summary>The last hidden states.</summary>
    public const string Hidden = nameof(Hidden);

    /// <summary>One vector per sequence.</summary>
    public const string Pooled = nameof(Pooled);

    /// <summary>The place of an output's gradient.</summary>
    public static string Gradient(string output) => output + "Gradient";

    /// <summary>Whether an output is the head's, and no captured state.</summary>
    public static bool IsOfHead(string name) => name is Logits or Losses or Hidden or Pooled;
}

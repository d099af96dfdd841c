namespace TransformerGen.Embeddings;

/// <summary>Checks of options.</summary>
internal static class Require
{
    public static void InRange(bool isSound, string option, object value, string expected)
    {
        if (!isSound)
        {
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be {expected}.");
        }
    }
}

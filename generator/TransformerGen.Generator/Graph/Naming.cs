using System.Text;

namespace TransformerGen.Generator.Graph;

/// <summary>Names for generated code.</summary>
internal static class Naming
{
    /// <summary>encoder_embed_tokens → EncoderEmbedTokens.</summary>
    public static string Pascal(string name)
    {
        var text = new StringBuilder(name.Length);
        bool upper = true;
        foreach (char c in name)
        {
            if (!char.IsLetterOrDigit(c))
            {
                upper = true;
                continue;
            }

            text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return text.ToString();
    }
}

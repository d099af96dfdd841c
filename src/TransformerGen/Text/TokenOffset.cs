namespace TransformerGen.Text;

/// <summary>Where a token stands in the text that was encoded, in UTF-16 units: <c>text[Start..End]</c>.</summary>
/// <param name="Start">The first unit the token covers, or covers a part of.</param>
/// <param name="End">Behind the last one. Tokens that the post-processor adds stand at 0 to 0.</param>
public readonly record struct TokenOffset(int Start, int End);

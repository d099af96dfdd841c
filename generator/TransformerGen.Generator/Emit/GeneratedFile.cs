namespace TransformerGen.Generator.Emit;

/// <summary>A generated source file.</summary>
/// <param name="Hint">Its name, which ends in .g.cs.</param>
/// <param name="Text">Its text, with \n line ends.</param>
internal sealed record GeneratedFile(string Hint, string Text);

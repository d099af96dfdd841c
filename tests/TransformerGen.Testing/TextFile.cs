using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace TransformerGen.Testing;

/// <summary>An additional file in memory.</summary>
/// <param name="path">Its path, which need not exist.</param>
/// <param name="text">Its text.</param>
public sealed class TextFile(string path, string text) : AdditionalText
{
    /// <inheritdoc/>
    public override string Path => path;

    /// <inheritdoc/>
    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
}

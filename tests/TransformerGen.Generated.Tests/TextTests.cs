using System.Globalization;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>The generated text depends on the model alone.</summary>
public sealed class TextTests
{
    [Fact]
    public void Text_is_the_same_in_another_process()
    {
        (int exitCode, string text) = ChildProcess.Run(["text"]);
        Assert.True(exitCode == 0, text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.NotEqual("seed " + "TransformerGen".GetHashCode(StringComparison.Ordinal).ToString(CultureInfo.InvariantCulture), lines[0]);
        Assert.Equal(TextCommand.Hashes(), lines.Skip(1));
        Assert.True(lines.Length > 100, $"{lines.Length} lines.");
    }
}

using System.ComponentModel;
using System.Reflection;
using TransformerGen.Kernels;
using Xunit;

namespace TransformerGen.Tests;

/// <summary>What an editor offers: types that only generated code calls are public, because it is compiled elsewhere, but are not offered.</summary>
public sealed class SurfaceTests
{
    [Fact]
    public void Kernels_and_their_arguments_are_not_offered_by_editors()
    {
        string[] offered = [.. typeof(Team).Assembly.GetExportedTypes()
            .Where(type => !type.IsNested && type.Namespace == typeof(Team).Namespace && type.GetCustomAttribute<EditorBrowsableAttribute>()?.State != EditorBrowsableState.Never)
            .Select(type => type.Name)];
        Assert.Equal([nameof(Team)], offered);
    }

    [Theory]
    [InlineData("Region")]
    [InlineData("RowView")]
    [InlineData("LabelView")]
    [InlineData("ArenaSizes")]
    [InlineData("Sinusoid")]
    public void Views_of_generated_code_are_not_offered_by_editors(string name) =>
        Assert.Equal(EditorBrowsableState.Never, typeof(Team).Assembly.GetType($"TransformerGen.Model.{name}", throwOnError: true)!.GetCustomAttribute<EditorBrowsableAttribute>()?.State);
}

using TransformerGen.Kernels;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>A site's own rate.</summary>
public sealed class DropoutKeyTests
{
    [Fact]
    public void A_site_has_its_own_rate_and_the_pass_decides_whether_anything_is_dropped()
    {
        DropoutKey main = DropoutKey.Create(7, 3, 1, 0.1), own = main.At(0.5);
        Assert.Equal(DropoutKey.Create(7, 3, 1, 0.5), own);
        Assert.Equal(2f, own.Scale);
        Assert.Equal(DropoutKey.None, DropoutKey.None.At(0.5));
        Assert.Equal(0u, main.At(0).Threshold);
        uint row = own.Row(4, 5, 6);
        Assert.InRange(Enumerable.Range(0, 10_000).Count(feature => own.Keeps(row, (uint)feature)), 4_700, 5_300);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_rate_is_a_probability(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DropoutKey.Create(1, 1, 1, 0.1).At(rate));
}

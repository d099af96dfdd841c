using TransformerGen.Model;
using TransformerGen.Tests.Training;
using Xunit;

namespace TransformerGen.Tests.Model;

public class LastTokenTests
{
    [Theory]
    [InlineData(0, new[] { 5, 7 }, 1)]
    [InlineData(0, new[] { 5, 0, 7 }, 2)]
    [InlineData(0, new[] { 5, 7, 0, 0 }, 1)]
    [InlineData(0, new[] { 0, 0 }, 0)]
    [InlineData(-1, new[] { 5, 7, 0 }, 2)]
    public void A_classifier_answers_at_the_last_token_that_is_not_padding(int padId, int[] tokens, int expected) =>
        Assert.Equal(expected, LastToken.Of(ToyModel.Info with { PadId = padId }, tokens));
}

using TransformerGen.Encoders;
using TransformerGen.Model;
using TransformerGen.Tests.Decoding;
using Xunit;

namespace TransformerGen.Tests.Encoders;

/// <summary>A choice that is none is refused at the call, whatever else is asked.</summary>
public sealed class PoolingTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_pooling_without_a_name_is_refused_before_anything_is_computed(int pooling) => FixtureModel.Run("bert-model", new Undefined((Pooling)pooling));

    private sealed class Undefined(Pooling pooling) : IModelTest
    {
        public void Run<TModel>(TModel model)
            where TModel : class, ITransformer<TModel>
        {
            // An id that is none of the model's would be refused as soon as something were computed.
            int[] tokens = [-1];
            Action[] calls =
            [
                () => model.Embed([], pooling),
                () => model.Embed([tokens], pooling),
                () => model.Embed([], [], [], pooling),
                () => model.Embed(tokens, [1], new float[TModel.Info.HiddenWidth], pooling),
                () => ModelEncoding.EmbeddingWidth(TModel.Info, pooling),
            ];
            foreach (Action call in calls)
            {
                ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(call);
                Assert.Equal("pooling", refused.ParamName);
                Assert.Contains("Mean, Cls, LastToken, Pooler", refused.Message, StringComparison.Ordinal);
            }
        }
    }
}

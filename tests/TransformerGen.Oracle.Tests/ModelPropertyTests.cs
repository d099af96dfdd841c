using TransformerGen.Generator.Families;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;

namespace TransformerGen.Oracle.Tests;

/// <summary>What must hold whatever the numbers.</summary>
public sealed class ModelPropertyTests
{
    public static TheoryData<int> Seeds => new(Enumerable.Range(0, 14));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_training_graph_evaluates_like_the_evaluation_graph(int seed)
    {
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(RandomModel.Config(seed), seed);
        batch = batch with { Training = false, Dropout = DropoutKey.None };
        Equal(Interpreter.Run(model.Evaluation, model.Table, batch, parameters).Logits, Interpreter.Run(model.Training, model.Table, batch, parameters, backward: false).Logits);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_encoding_graph_of_an_encoder_gives_the_logits(int seed)
    {
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(RandomModel.Config(seed) with { Architecture = PaperArchitecture.Encoder }, seed);
        Equal(Interpreter.Run(model.Evaluation, model.Table, batch, parameters).Logits, Interpreter.Run(model.Encoding!, model.Table, batch, parameters).Logits);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_sequence_alone_is_a_sequence_in_a_batch(int seed)
    {
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(RandomModel.Config(seed) with { Architecture = PaperArchitecture.EncoderDecoder }, seed);
        batch = batch with { LabelRows = [.. Enumerable.Range(0, 10)], Labels = [], Training = false };
        Matrix together = Interpreter.Run(model.Evaluation, model.Table, batch, parameters).Logits;
        int at = 0;
        for (int s = 0; s < batch.Targets.Count; s++)
        {
            int length = batch.Targets[s].Tokens.Count;
            OracleBatch alone = batch with { Sources = [batch.Sources[s]], Targets = [batch.Targets[s]], LabelRows = [.. Enumerable.Range(0, length)] };
            Equal(new Matrix(length, together.Columns, together.Data[(at * together.Columns)..((at + length) * together.Columns)]), Interpreter.Run(model.Evaluation, model.Table, alone, parameters).Logits);
            at += length;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Gradients_of_a_batch_are_the_sum_of_its_sequences(int seed)
    {
        // Without dropout, whose key is the sequence's place in the batch, and batch norm, which mixes the rows.
        PaperConfig config = RandomModel.Config(seed) with { Architecture = PaperArchitecture.EncoderDecoder, Norm = NormKind.Layer, Dropout = 0 };
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(config, seed);
        batch = batch with { LabelRows = [.. Enumerable.Range(0, 10)], Labels = [.. Enumerable.Range(0, 10).Select(row => (row * 3) % config.Vocab)], Scale = 0.1 };
        IReadOnlyDictionary<string, Matrix> together = Interpreter.Run(model.Training, model.Table, batch, parameters).Gradients;
        var sum = together.ToDictionary(pair => pair.Key, pair => new double[pair.Value.Data.Length], StringComparer.Ordinal);
        int at = 0;
        for (int s = 0; s < batch.Targets.Count; s++)
        {
            int length = batch.Targets[s].Tokens.Count;
            OracleBatch alone = batch with
            {
                Sources = [batch.Sources[s]],
                Targets = [batch.Targets[s]],
                LabelRows = [.. Enumerable.Range(0, length)],
                Labels = [.. batch.Labels.Skip(at).Take(length)],
            };
            foreach ((string tensor, Matrix gradient) in Interpreter.Run(model.Training, model.Table, alone, parameters).Gradients)
            {
                sum[tensor] = [.. sum[tensor].Zip(gradient.Data, (a, b) => a + b)];
            }

            at += length;
        }

        Assert.All(together, pair => Equal(new Matrix(pair.Value.Rows, pair.Value.Columns, sum[pair.Key]), pair.Value));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Fusion_changes_no_gradient(int seed)
    {
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(RandomModel.Config(seed) with { Activation = ActivationKind.Relu }, seed);
        var compiled = new CompiledModel(model.Spec);
        ModelGraph fused = compiled.Training!.Graph;
        int layers = (model.Spec.Encoder?.Layers.Count ?? 0) + (model.Spec.Decoder?.Layers.Count ?? 0);
        Assert.Equal(layers, fused.Operations.OfType<LinearBackwardInput>().Count(product => product.ReluOutput is not null));
        OracleResult expected = Interpreter.Run(model.Training, model.Table, batch, parameters), actual = Interpreter.Run(fused, compiled.Parameters, batch, parameters);
        Assert.Equal(expected.Loss, actual.Loss);
        Assert.Equal(expected.Gradients.Keys.Order(StringComparer.Ordinal), actual.Gradients.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected.Gradients, pair => Equal(pair.Value, actual.Gradients[pair.Key]));
    }

    [Fact]
    public void A_query_without_a_key_gets_zero()
    {
        (OracleModel model, OracleBatch batch, OracleParameters parameters) = Draw(RandomModel.Config(0) with { Architecture = PaperArchitecture.EncoderDecoder, Norm = NormKind.Layer }, 0);
        batch = batch with { Sources = [new OracleSequence([]), .. batch.Sources.Skip(1)] };
        OracleResult result = Interpreter.Run(model.Training, model.Table, batch, parameters);
        Assert.All(result.Values["DecoderLayer1CrossContext"].Row(0).ToArray(), x => Assert.Equal(0, x));
        Assert.All(result.Gradients.Values.SelectMany(gradient => gradient.Data), x => Assert.True(double.IsFinite(x)));
    }

    private static (OracleModel Model, OracleBatch Batch, OracleParameters Parameters) Draw(PaperConfig config, int seed)
    {
        var model = new OracleModel(config.ToSpec());
        return (model, RandomModel.Batch(config, seed), OracleParameters.Random(model.Table, seed));
    }

    private static void Equal(Matrix expected, Matrix actual)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        Assert.All(expected.Data.Zip(actual.Data), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}

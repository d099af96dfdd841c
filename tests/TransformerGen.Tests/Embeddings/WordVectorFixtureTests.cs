using System.Text.Json;
using TransformerGen.Embeddings;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Embeddings;

/// <summary>Losses and gradients against PyTorch's in float64.</summary>
public sealed class WordVectorFixtureTests
{
    private const int Dimension = 6;

    // Ours is float32. A score of six products of numbers up to 3 is off by at most some 2^-21; a gradient entry adds up to five terms that are off by as much,
    // a loss up to 24 of them. So 2e-6 of the largest entry (loss: of the loss) is near what float32 can do, and a wrong term is off by 1e-2 or more.
    private const double Tolerance = 2e-6;

    private static readonly JsonElement Fixture = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Fixtures, "embeddings", "word-vectors.json"))).RootElement;

    [Theory]
    [InlineData("cbow", Word2VecModel.Cbow, Word2VecObjective.NegativeSampling)]
    [InlineData("skip_gram", Word2VecModel.SkipGram, Word2VecObjective.NegativeSampling)]
    [InlineData("cbow_softmax", Word2VecModel.Cbow, Word2VecObjective.FullSoftmax)]
    [InlineData("skip_gram_softmax", Word2VecModel.SkipGram, Word2VecObjective.FullSoftmax)]
    public void Word2vec_agrees_with_the_reference(string name, Word2VecModel model, Word2VecObjective objective)
    {
        JsonElement expected = Fixture.GetProperty(name);
        float[] inputs = Matrix(Fixture, "input_vectors"), outputs = Matrix(Fixture, "output_vectors");
        float[] inputGradient = new float[inputs.Length], outputGradient = new float[outputs.Length];
        Word2VecSample[] samples = [.. Fixture.GetProperty("samples").EnumerateArray().Select(s => new Word2VecSample(s.GetProperty("center").GetInt32(), Ids(s, "context"), Ids(s, "negatives")))];
        double loss = WordVectorLosses.Word2Vec(model, objective, samples, Dimension, inputs, outputs, inputGradient, outputGradient);
        Near(expected.GetProperty("loss").GetDouble(), loss);
        Near(Doubles(expected, "grad_input"), inputGradient);
        Near(Doubles(expected, "grad_output"), outputGradient);
    }

    [Fact]
    public void GloVe_agrees_with_the_reference()
    {
        JsonElement expected = Fixture.GetProperty("glove");
        float[] words = Matrix(Fixture, "input_vectors"), contexts = Matrix(Fixture, "output_vectors");
        CooccurrencePair[] pairs = [.. expected.GetProperty("cooccurrence").EnumerateArray().Select(p => new CooccurrencePair(p[0].GetInt32(), p[1].GetInt32(), p[2].GetDouble()))];
        var gradients = new GloVeGradients(words.Length / Dimension, Dimension);
        double loss = WordVectorLosses.GloVe(
            pairs, expected.GetProperty("x_max").GetDouble(), expected.GetProperty("alpha").GetDouble(), Dimension,
            words, contexts, Matrix(expected, "bias_word"), Matrix(expected, "bias_context"), gradients);
        Near(expected.GetProperty("loss").GetDouble(), loss);
        Near(Doubles(expected, "grad_word"), gradients.Words);
        Near(Doubles(expected, "grad_context"), gradients.Contexts);
        Near(Doubles(expected, "grad_bias_word"), gradients.WordBiases);
        Near(Doubles(expected, "grad_bias_context"), gradients.ContextBiases);
    }

    [Fact]
    public void Misuse_is_explained()
    {
        float[] two = new float[2 * Dimension], three = new float[3 * Dimension];
        var sample = new Word2VecSample(0, [1], [2]);
        Assert.Contains("not four of [V, 6]", Assert.Throws<ArgumentException>(() => WordVectorLosses.Word2Vec(Word2VecModel.Cbow, Word2VecObjective.FullSoftmax, [sample], Dimension, two, three, two, three)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => WordVectorLosses.Word2Vec(Word2VecModel.Cbow, Word2VecObjective.NegativeSampling, [sample], Dimension, two, two, new float[12], new float[12]));
        Assert.Throws<ArgumentException>(() => WordVectorLosses.GloVe([new(0, 1, 0)], 100, 0.75, Dimension, two, two, new float[2], new float[2], new GloVeGradients(2, Dimension)));
    }

    private static void Near(double expected, double actual) => Assert.InRange(Math.Abs(actual - expected), 0, Tolerance * Math.Abs(expected));

    private static void Near(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double allowed = Tolerance * Math.Max(1, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= allowed, $"Entry {i}: {actual[i]}, expected {expected[i]}.");
        }
    }

    private static int[] Ids(JsonElement parent, string name) => [.. parent.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static double[] Doubles(JsonElement parent, string name) =>
        [.. parent.GetProperty(name).EnumerateArray().SelectMany(row => row.ValueKind == JsonValueKind.Array ? row.EnumerateArray().Select(x => x.GetDouble()) : [row.GetDouble()])];

    private static float[] Matrix(JsonElement parent, string name) => [.. Doubles(parent, name).Select(x => (float)x)];
}

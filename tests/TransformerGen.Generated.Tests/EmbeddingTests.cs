using System.Reflection;
using TransformerGen.Embeddings;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>The embedding of a generated model: ids in, and what the same tokens give as one-hot rows.</summary>
public sealed class EmbeddingTests
{
    private const string Table = "shared.weight", Positions = "encoder.embed_positions.weight";

    private static readonly string s_config = File.ReadAllText(Path.Combine(Repository.Fixtures, "paper-learned-positions", "config.json"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_hot_rows_times_the_table_are_the_looked_up_rows(bool scaled) => Run(nameof(OneHot), scaled);

    [Fact]
    public void A_model_started_from_word_vectors_looks_them_up() => Run(nameof(Started), false);

    private static void Run(string method, bool scaled)
    {
        string config = s_config.Replace("\"scale_embeddings\": true", scaled ? "\"scale_embeddings\": true" : "\"scale_embeddings\": false", StringComparison.Ordinal);
        typeof(EmbeddingTests).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(GeneratedModel.FromConfig(config, "CaptureHiddenStates = true"))
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [scaled], null);
    }

    private static void OneHot<TModel>(bool scaled)
        where TModel : class, ICapturing<TModel>
    {
        using ModelWeights weights = Fresh<TModel>();
        int width = weights.Find(Table).Columns, vocabulary = weights.Find(Table).Rows;
        float[] table = weights.View(Table).ToArray();
        float scale = scaled ? MathF.Sqrt(width) : 1;

        // [V, V] times [V, d], plainly: all terms but one are zero, so that the sums are exact and the comparison is to the bit.
        float[] product = new float[vocabulary * width];
        for (int token = 0; token < vocabulary; token++)
        {
            float[] oneHot = new float[vocabulary];
            oneHot[token] = 1;
            for (int column = 0; column < width; column++)
            {
                float sum = 0;
                for (int k = 0; k < vocabulary; k++)
                {
                    sum += oneHot[k] * table[(k * width) + column];
                }

                product[(token * width) + column] = sum * scale;
            }
        }

        Assert.Equal(product, LookUp<TModel>(weights, width, vocabulary));
    }

    private static void Started<TModel>(bool scaled)
        where TModel : class, ICapturing<TModel>
    {
        Assert.False(scaled);
        using ModelWeights weights = Fresh<TModel>();
        int width = weights.Find(Table).Columns, vocabulary = weights.Find(Table).Rows;
        WordCorpus corpus = WordCorpus.Create([["to", "be", "or", "not", "to", "be"]], 1);
        var trainer = new Word2VecTrainer(corpus, new Word2VecOptions { Dimension = width });
        trainer.Fit();
        float[] expected = weights.View(Table).ToArray();
        trainer.Vectors()["not"].CopyTo(expected.AsSpan(7 * width));
        trainer.Vectors()["be"].CopyTo(expected.AsSpan(60 * width));
        Assert.Equal(2, trainer.Vectors().WriteTo(weights, Table, new Dictionary<string, int> { ["not"] = 7, ["be"] = 60, ["question"] = 8 }));
        Assert.Equal(expected, LookUp<TModel>(weights, width, vocabulary));

        // The shared table is the output projection, too: its panels must have followed.
        using ModelWeights loaded = new(TModel.Info, TModel.Pack);
        weights.Values.Span.CopyTo(loaded.Values.Span);
        loaded.Pack(Team.Alone);
        Assert.Equal(loaded.Panels.Span.ToArray(), weights.Panels.Span.ToArray());
    }

    private static ModelWeights Fresh<TModel>()
        where TModel : class, ICapturing<TModel>
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        WeightInitializer.Initialize(weights, seed: 5);

        // Without positions the encoder's input is the embedding alone.
        weights.Set(Positions, new float[weights.View(Positions).Length]);
        return weights;
    }

    /// <summary>What enters the encoder's first layer for each id of the vocabulary, [V, d].</summary>
    private static unsafe float[] LookUp<TModel>(ModelWeights weights, int width, int vocabulary)
        where TModel : class, ICapturing<TModel>
    {
        CapturedState state = TModel.States.Single(s => s.Name == "encoder_hidden_states.0");
        using var workspace = new Workspace(weights, Team.Alone);
        const int Longest = 20;
        for (int first = 0, slot = 0; first < vocabulary; first += Longest, slot++)
        {
            workspace.Source.Add([.. Enumerable.Range(first, Math.Min(Longest, vocabulary - first))], slot: slot);
            workspace.Target.Add([1], slot: slot, sourceSlot: slot);
            workspace.Labels.Add(slot);
        }

        TModel.Evaluate(workspace);
        float[] rows = new float[vocabulary * width];
        int stride = (width + 15) / 16 * 16;
        for (int r = 0; r < vocabulary; r++)
        {
            new ReadOnlySpan<float>(workspace.SourceArena[state.Offset] + (r * stride), width).CopyTo(rows.AsSpan(r * width));
        }

        return rows;
    }
}

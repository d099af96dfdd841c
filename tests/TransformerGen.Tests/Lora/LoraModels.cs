using System.Collections.Concurrent;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Tests.Training;
using TransformerGen.Training;

namespace TransformerGen.Tests.Lora;

/// <summary>Classes of fixtures, compiled once; every test loads weights of its own, which it may change.</summary>
internal static class LoraModels
{
    private static readonly ConcurrentDictionary<string, Lazy<Type>> s_types = new(StringComparer.Ordinal);

    /// <summary>The fixture with the adapter.</summary>
    public static string Adapter => Path.Combine(Repository.Fixtures, "lora-llama");

    /// <summary>Runs an action for the class of a fixture.</summary>
    public static void Run(string fixture, IModelAction action) => GeneratedCall.Run(
        s_types.GetOrAdd(fixture, _ => new Lazy<Type>(() => GeneratedModel.FromConfig(File.ReadAllText(Path.Combine(Repository.Fixtures, fixture, "config.json"))))).Value, action);

    /// <summary>A fixture's model.</summary>
    public static TModel Load<TModel>(string fixture)
        where TModel : class, ITransformer<TModel> => ModelFiles.Load<TModel>(Path.Combine(Repository.Fixtures, fixture));

    /// <summary>Texts of random tokens.</summary>
    public static TrainingBatch Texts(ModelInfo info, int seed, int count)
    {
        var random = new Random(seed);
        var batch = new TrainingBatch(info);
        for (int i = 0; i < count; i++)
        {
            batch.AddText([.. Enumerable.Range(0, random.Next(3, 14)).Select(_ => random.Next(3, info.Vocabulary))]);
        }

        return batch;
    }

    /// <summary>Fills B, which begins at zero, so that every gradient is of interest.</summary>
    public static void FillB(TransformerGen.Lora.LoraAdapter adapter, int seed)
    {
        var random = new Random(seed);
        foreach (ParameterInfo parameter in adapter.Weights.Info.Parameters.Where(p => p.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
        {
            adapter.Weights.Set(parameter.Name, [.. Enumerable.Range(0, parameter.Rows * parameter.Columns).Select(_ => (float)(random.NextDouble() - 0.5))]);
        }
    }

    /// <summary>All values of a model, to the bit.</summary>
    public static float[] Bits(ModelWeights weights) => weights.Values.Span.ToArray();
}

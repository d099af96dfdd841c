using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using TransformerGen.Model;
using TransformerGen.Testing;

namespace TransformerGen.Tests.Decoding;

/// <summary>What a test does with a generated class, whichever it is.</summary>
internal interface IModelTest
{
    void Run<TModel>(TModel model)
        where TModel : class, ITransformer<TModel>;
}

/// <summary>Classes generated in memory from the configurations of our fixtures, with the fixtures' weights.</summary>
internal static class FixtureModel
{
    private static readonly ConcurrentDictionary<string, Lazy<object>> s_models = new(StringComparer.Ordinal);

    /// <summary>Runs a test with the model of a fixture; models are compiled once and shared.</summary>
    public static void Run(string fixture, IModelTest test)
    {
        string folder = Path.Combine(Repository.Fixtures, fixture);
        object model = s_models.GetOrAdd(fixture, _ => new Lazy<object>(() =>
            Invoke(
                typeof(ModelFiles).GetMethod(nameof(ModelFiles.Load), [typeof(string), typeof(global::TransformerGen.Kernels.Team), typeof(LoadOptions)])!,
                GeneratedModel.FromConfig(File.ReadAllText(Path.Combine(folder, "config.json"))), null, folder, null, null)!)).Value;
        Invoke(typeof(IModelTest).GetMethod(nameof(IModelTest.Run))!, model.GetType(), test, model);
    }

    private static object? Invoke(MethodInfo generic, Type model, object? instance, params object?[] arguments)
    {
        try
        {
            return generic.MakeGenericMethod(model).Invoke(instance, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }
}

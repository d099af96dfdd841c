using System.Reflection;
using TransformerGen.Model;

namespace TransformerGen.Tests.Training;

/// <summary>Something to do with a generated class that is known as a type only.</summary>
internal interface IModelAction
{
    void Run<TModel>()
        where TModel : class, ITrainable<TModel>;
}

internal static class GeneratedCall
{
    /// <summary>Runs an action for a type that was compiled in memory; what it throws comes out as it is.</summary>
    public static void Run(Type model, IModelAction action) =>
        typeof(IModelAction).GetMethod(nameof(IModelAction.Run))!.MakeGenericMethod(model).Invoke(action, BindingFlags.DoNotWrapExceptions, null, null, null);
}

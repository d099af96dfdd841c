using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace TransformerGen.Generator.Tests;

/// <summary>Walks what the pipeline caches and looks for anything that would keep a whole compilation alive.</summary>
internal static class CachedModel
{
    /// <summary>Fails when an output of a tracked step leads to a symbol, a syntax node, a location or a compilation.</summary>
    public static void AssertHoldsNoCompilation(GeneratorDriverRunResult run)
    {
        foreach (string name in GeneratorDriverFixture.StepNames)
        {
            if (run.Results[0].TrackedSteps.TryGetValue(name, out var steps))
            {
                foreach ((object value, _) in steps.SelectMany(step => step.Outputs))
                {
                    AssertHoldsNoCompilation(value);
                }
            }
        }
    }

    /// <summary>Fails when an object leads to a symbol, a syntax node, a location or a compilation.</summary>
    public static void AssertHoldsNoCompilation(object root)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Walk(root, root.GetType().Name);

        void Walk(object? value, string path)
        {
            if (value is null || value is string || value.GetType().IsPrimitive || value.GetType().IsEnum || !seen.Add(value))
            {
                return;
            }

            Assert.False(
                value is ISymbol or Compilation or SyntaxNode or SyntaxTree or SyntaxToken or SyntaxReference or Location or SemanticModel or AttributeData or Diagnostic,
                $"{path} holds a {value.GetType().Name}.");
            if (value is IEnumerable items)
            {
                int index = 0;
                foreach (object? item in items)
                {
                    Walk(item, $"{path}[{index++}]");
                }
            }

            for (Type? type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            {
                foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    Walk(field.GetValue(value), path + "." + field.Name);
                }
            }
        }
    }
}

using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Tests;

/// <summary>No operation without its rules.</summary>
public sealed class RuleTests
{
    // Inference only: nothing is trained through a cache.
    private static readonly Type[] s_untrained = [typeof(CacheAppend), typeof(CachedAttention)];

    private static IEnumerable<Type> Operations =>
        typeof(Operation).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);

    [Fact]
    public void Every_operation_has_an_oracle_rule() =>
        Assert.Equal(Operations.Select(type => type.Name).Order(StringComparer.Ordinal), OracleRules.Operations.Select(type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_forward_operation_has_a_gradient_rule()
    {
        // What accompanies a forward operation, backward or looking on, names it.
        Type[] forward = [.. Operations.Where(type => type.GetProperty("Forward") is null).Except(s_untrained)];
        Assert.Equal(forward.Select(type => type.Name).Order(StringComparer.Ordinal), GradientRules.Operations.Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_operation_without_a_rule_fails_by_name()
    {
        var stage = new Stage("Test", "Test", "");
        var graph = new ModelGraph();
        graph.Add(new Unknown(stage));
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Interpreter.Run(graph, new ParameterTable(), new OracleBatch(), new OracleParameters()));
        Assert.Contains("Unknown has no oracle rule", exception.Message, StringComparison.Ordinal);
    }

    private sealed class Unknown(Stage stage) : Operation(stage)
    {
        public override IEnumerable<Value> Inputs => [];

        public override IEnumerable<Value> Outputs => [];

        public override void Check() => Require(true, "");
    }
}

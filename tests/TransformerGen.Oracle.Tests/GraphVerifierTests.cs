using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Tests;

/// <summary>What the verifier must refuse, and that names stay unique in every model.</summary>
public sealed class GraphVerifierTests
{
    [Fact]
    public void A_value_is_not_read_after_another_has_taken_its_place()
    {
        var graph = new OperationGraph();
        (Linear linear, Value dy, Value existing, Value dx) = InPlace(graph);
        graph.Graph.Add(new LinearBackwardInput(linear, dy, existing, dx));
        graph.Graph.Add(new Add(graph.Stage, existing, dx, null, graph.Output("Late", dx)));
        Refuses(graph, "reads input1X1 [TargetRows, 5] after LinearBackwardInput");
    }

    [Fact]
    public void A_value_that_a_caller_reads_is_not_replaced()
    {
        var graph = new OperationGraph();
        (Linear linear, Value dy, Value existing, Value dx) = InPlace(graph);
        graph.Graph.Add(new LinearBackwardInput(linear, dy, existing, dx));
        graph.Graph.Keep("existing", existing);
        Refuses(graph, "which a caller wants to read");
    }

    [Fact]
    public void Two_values_do_not_have_one_name()
    {
        var graph = new OperationGraph();
        Value x = graph.Input(5);
        graph.Graph.Add(new Add(graph.Stage, x, x, null, graph.Output("Sum", x)));
        graph.Graph.Add(new Add(graph.Stage, x, x, null, graph.Output("Sum", x)));
        Refuses(graph, "whose name another value has");
    }

    [Fact]
    public void Parameters_and_tensors_have_names_of_their_own()
    {
        for (int seed = 0; seed < RandomModel.Seeds; seed++)
        {
            ParameterTable table = new OracleModel(RandomModel.Config(seed).ToSpec()).Table;
            Assert.Equal(table.All.Count, table.All.Select(parameter => parameter.Name).Distinct().Count());
            string[] tensors = [.. table.All.SelectMany(parameter => parameter.Tensors).Select(tensor => tensor.Name)];
            Assert.Equal(tensors.Length, tensors.Distinct().Count());
        }
    }

    private static (Linear Linear, Value DY, Value Existing, Value DX) InPlace(OperationGraph graph)
    {
        Value existing = graph.Input(5), y = graph.Output("Y", existing, 4);
        var linear = graph.Graph.Add(new Linear(graph.Stage, existing, graph.Parameter("weight", 4, 5), null, ActivationKind.None, y, null));
        return (linear, y, existing, graph.Output("DX", existing));
    }

    private static void Refuses(OperationGraph graph, string because)
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => GraphVerifier.Verify(graph.Graph));
        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
    }
}

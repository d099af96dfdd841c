using TransformerGen.Generator.Families;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Tests;

/// <summary>
/// A plan is right when no value is overwritten while somebody still wants it. Checked step by step on every graph of every random model, without looking at how
/// the plan was made: whoever writes a place ends the value that was there.
/// </summary>
public sealed class MemoryPlanTests
{
    public static TheoryData<int> Seeds => new(Enumerable.Range(0, RandomModel.Seeds));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_value_is_overwritten_while_it_is_wanted(int seed)
    {
        ModelSpec spec = RandomModel.Config(seed).ToSpec();
        foreach (bool share in (bool[])[true, false])
        {
            var model = new CompiledModel(spec with { Options = spec.Options with { ShareMemory = share } });
            foreach (PlannedGraph planned in new[] { model.Training, model.Encoding, model.Decoding, model.Evaluation }.OfType<PlannedGraph>())
            {
                Check(planned.Graph, planned.Plan);
            }
        }
    }

    [Fact]
    public void Sharing_saves_memory()
    {
        ModelSpec spec = (RandomModel.Config(0) with { Architecture = PaperArchitecture.EncoderDecoder }).ToSpec();
        MemoryPlan plan = new CompiledModel(spec).Training!.Plan;
        Assert.All(plan.Sizes, size => Assert.True(size.Value <= plan.UnsharedSizes[size.Key]));
        Assert.True(plan.Sizes[Symbol.TargetRows] < plan.UnsharedSizes[Symbol.TargetRows]);
    }

    /// <summary>Four times the layers, at most five times the work: a model of 1,000 layers is planned as it is typed.</summary>
    [Fact]
    public void Work_of_planning_grows_with_the_layers()
    {
        int Visits(int layers) => new CompiledModel(
            (RandomModel.Config(0) with { Architecture = PaperArchitecture.EncoderDecoder, EncoderLayers = layers, DecoderLayers = layers }).ToSpec()).Training!.Plan.Visits;
        int few = Visits(64), many = Visits(256);
        Assert.InRange(few, 64, 200_000);
        Assert.True(many <= 5 * few, $"{few} visits for 64 + 64 layers, {many} for 256 + 256.");
    }

    private static void Check(ModelGraph graph, MemoryPlan plan)
    {
        var present = new HashSet<Value>();
        foreach (Operation operation in graph.Operations)
        {
            string who = $"{plan.Name}, {operation.GetType().Name} in {operation.Stage.Name}";
            Assert.All(operation.Inputs, input => Assert.True(present.Contains(input), $"{who}: {input} has been overwritten"));
            Value[] outputs = [.. operation.Outputs];
            foreach (Value output in outputs)
            {
                Assert.True(plan.Offset(output) >= 0 && plan.Offset(output) + output.Stride <= plan.Sizes[output.Rows], $"{who}: {output} lies outside its region");
                Assert.Equal(0, plan.Offset(output) % Padding.Floats);
                foreach (Value other in outputs.Where(other => other != output))
                {
                    Assert.False(Overlap(plan, output, other), $"{who}: {output} and {other} lie in one place");
                }

                foreach (Value input in operation.Inputs.Where(input => Overlap(plan, input, output)))
                {
                    Assert.True(
                        operation.InPlace.Concat(operation.MayReuse).Contains((input, output)) && plan.Offset(input) == plan.Offset(output),
                        $"{who}: {output} overlaps {input}, which the operation reads");
                }
            }

            Assert.All(operation.InPlace, pair => Assert.Equal(plan.Offset(pair.Input), plan.Offset(pair.Output)));
            present.RemoveWhere(value => outputs.Any(output => Overlap(plan, value, output)));
            present.UnionWith(outputs);
        }

        Assert.All(graph.Outputs, output => Assert.True(present.Contains(output.Value), $"{plan.Name}: the output {output.Key} has been overwritten"));
    }

    private static bool Overlap(MemoryPlan plan, Value a, Value b) =>
        a.Rows == b.Rows && plan.Offset(a) < plan.Offset(b) + b.Stride && plan.Offset(b) < plan.Offset(a) + a.Stride;
}

using TransformerGen.Testing;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>
/// The graphs of decoder-only Hugging Face models against transformers in float64. What the reference itself rounds to float32 (stored numbers, rotary
/// frequencies, softmax, norms in some families) stays within what plain float32 differs by, which each case states; 1e-6 is the rounding of the stored numbers
/// amplified through the layers.
/// </summary>
public sealed class CausalFixtureTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Cases => [.. CausalFixture.Folders.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_hidden_states_and_attentions_are_the_reference(string name)
    {
        CausalFixture fixture = CausalFixture.Read(name);
        var model = new OracleModel(fixture.Spec);
        OracleResult result = Interpreter.Run(model.Evaluation, model.Table, fixture.Batch(), fixture.Parameters);
        int layers = fixture.Spec.Decoder!.Layers.Count;
        double worst = Near(fixture.Packed("logits"), result.Logits, "logits", Allowed(fixture, "logits"));
        if (fixture.Names.Contains("hidden_states.0"))
        {
            for (int i = 0; i <= layers; i++)
            {
                Matrix expected = fixture.Packed($"hidden_states.{i}");
                worst = Math.Max(worst, Near(expected, result.Outputs[$"decoder_hidden_states.{i}"], $"hidden_states.{i}", Allowed(fixture, "hidden_states") * Math.Max(1, expected.Data.Max(Math.Abs))));
            }
        }

        for (int i = 0; i < layers && fixture.Names.Contains("attentions.0"); i++)
        {
            Reference.NearAttention(fixture[$"attentions.{i}"], result.Probabilities[i], $"attentions.{i}", Allowed(fixture, "attentions"));
        }

        output.WriteLine($"{worst:E2}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient_are_the_reference(string name)
    {
        CausalFixture fixture = CausalFixture.Read(name);
        var model = new OracleModel(fixture.Spec);
        OracleResult result = Interpreter.Run(model.Training, model.Table, fixture.TrainingBatch(), fixture.Parameters);
        Assert.Equal(fixture.Case.GetProperty("loss").GetDouble(), result.Loss, Allowed(fixture, "loss"));
        string[] expected = [.. fixture.Names.Where(tensor => tensor.StartsWith("grad.", StringComparison.Ordinal)).Select(tensor => tensor[5..]).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, result.Gradients.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(expected, model.Trainable.Order(StringComparer.Ordinal));
        double top = expected.Max(tensor => fixture["grad." + tensor].Data.Max(Math.Abs)), worst = 0, allowed = Allowed(fixture, "grad");
        foreach (string tensor in expected)
        {
            double[] gradient = fixture["grad." + tensor].Data;
            double scale = Math.Max(gradient.Max(Math.Abs), 0.01 * top);
            double error = Reference.Distance(gradient, result.Gradients[tensor].Data) / scale;
            worst = Math.Max(worst, error);
            Assert.True(error <= allowed, $"grad.{tensor}: {error:E2} of {scale:E2}, {allowed:E2} allowed");
        }

        output.WriteLine($"loss {result.Loss - fixture.Case.GetProperty("loss").GetDouble():E2}, gradients {worst:E2}");
    }

    private static double Allowed(CausalFixture fixture, string group) => Math.Max(Tolerance, 2 * fixture.Float32Error(group));

    private static double Near(Matrix expected, Matrix actual, string name, double allowed)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        double error = Reference.Distance(expected.Data, actual.Data);
        Assert.True(error <= allowed, $"{name}: {error:E2}, {allowed:E2} allowed");
        return error;
    }
}

using System.Text.Json;
using TransformerGen.Testing;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>
/// The graphs against a plain PyTorch implementation in float64, whose results are stored as floats. What is left is the rounding of those floats, and of √D and ε
/// to floats in the spec: both below 1e-7 relative. 1e-6 leaves room for their amplification through the layers; the bounds for float32 code are 20 times wider.
/// </summary>
public sealed class PaperFixtureTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Cases => new(Names);

    /// <summary>The long and the wide cases would take a minute.</summary>
    public static TheoryData<string> QuickCases => new(Names.Where(name => !name.StartsWith("paper-long", StringComparison.Ordinal) && name != "paper-wide"));

    private static IEnumerable<string> Names => Directory.GetDirectories(Repository.Fixtures, "paper*").Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_hidden_states_and_attentions_are_the_reference(string name)
    {
        PaperFixture fixture = PaperFixture.Read(name);
        var model = new OracleModel(fixture.Spec);
        OracleResult result = Interpreter.Run(model.Evaluation, model.Table, fixture.Batch(), fixture.Parameters);
        Near(fixture.Packed("logits", fixture.Side), result.Logits, "logits");
        int compared = 0;
        foreach (string state in fixture.Names.Where(state => state.Contains("_hidden_states.", StringComparison.Ordinal)))
        {
            Near(fixture.Packed(state, state.StartsWith("encoder", StringComparison.Ordinal) ? "src" : "tgt"), result.Outputs[state], state);
            compared++;
        }

        Assert.Equal(compared, result.Outputs.Count - 1);
        bool hasAttentions = fixture.Spec.MaxLength < 100; // The long cases store none.
        Assert.True(!hasAttentions || AttentionNames(fixture).Count() == result.Probabilities.Count, "one attention per sublayer");
        foreach ((string attention, int index) in AttentionNames(fixture).Select((attention, index) => (attention, index)))
        {
            Reference.NearAttention(fixture[attention], result.Probabilities[index], attention, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient_are_the_reference(string name)
    {
        PaperFixture fixture = PaperFixture.Read(name);
        var model = new OracleModel(fixture.Spec);
        OracleResult result = Interpreter.Run(model.Training, model.Table, fixture.TrainingBatch(), fixture.Parameters);
        Assert.Equal(fixture.Case.GetProperty("loss").GetDouble(), result.Loss, Tolerance);
        string[] expected = [.. fixture.Names.Where(tensor => tensor.StartsWith("grad.", StringComparison.Ordinal)).Select(tensor => tensor[5..]).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, result.Gradients.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(expected, model.Trainable.Order(StringComparer.Ordinal));
        double top = expected.Max(tensor => fixture["grad." + tensor].Data.Max(Math.Abs)), worst = 0;
        foreach (string tensor in expected)
        {
            double[] gradient = fixture["grad." + tensor].Data;
            double scale = Math.Max(gradient.Max(Math.Abs), 0.01 * top);
            double error = Reference.Distance(gradient, result.Gradients[tensor].Data) / scale;
            worst = Math.Max(worst, error);
            Assert.True(error <= Tolerance, $"grad.{tensor}: {error:E2} of {scale:E2}");
        }

        output.WriteLine($"loss {result.Loss - fixture.Case.GetProperty("loss").GetDouble():E2}, gradients {worst:E2}");
    }

    /// <summary>Adam amplifies: where a gradient is nearly zero its step is not. Hence ten times the room, still ten times less than what float32 is allowed.</summary>
    [Theory]
    [MemberData(nameof(QuickCases))]
    public void Steps_of_Adam_end_in_the_reference_weights_and_running_statistics(string name)
    {
        PaperFixture fixture = PaperFixture.Read(name);
        var model = new OracleModel(fixture.Spec);
        OracleParameters parameters = fixture.Parameters.Copy();
        var adam = new Adam(fixture.Case.GetProperty("train"), fixture.Spec.Width);
        JsonElement[] losses = [.. fixture.Case.GetProperty("train").GetProperty("losses").EnumerateArray()];
        for (int step = 1; step <= losses.Length; step++)
        {
            OracleResult result = Interpreter.Run(model.Training, model.Table, fixture.TrainingBatch(step % 2 == 1 ? "input" : "input2"), parameters);
            double loss = losses[step - 1].GetDouble();
            Assert.True(Math.Abs(loss - result.Loss) <= 1e-5 * loss, $"step {step}: loss {result.Loss}, not {loss}");
            adam.Step(step, parameters, result);
        }

        double worst = 0;
        foreach (string tensor in fixture.Names.Where(tensor => tensor.StartsWith("trained.", StringComparison.Ordinal)))
        {
            double error = Reference.Distance(fixture[tensor].Data, parameters[tensor[8..]].Data);
            worst = Math.Max(worst, error);
            Assert.True(error <= 1e-5, $"{tensor}: {error:E2}");
        }

        output.WriteLine($"weights {worst:E2}");
    }

    // In the order of the forward pass.
    private static IEnumerable<string> AttentionNames(PaperFixture fixture)
    {
        int Count(string prefix) => fixture.Names.Count(tensor => tensor.StartsWith(prefix, StringComparison.Ordinal));
        bool crosses = Count("cross_attentions.") > 0;
        return Enumerable.Range(0, Count("encoder_attentions.")).Select(layer => $"encoder_attentions.{layer}")
            .Concat(Enumerable.Range(0, Count("decoder_attentions.")).SelectMany(layer => crosses
                ? new[] { $"decoder_attentions.{layer}", $"cross_attentions.{layer}" }
                : [$"decoder_attentions.{layer}"]));
    }

    private void Near(Matrix expected, Matrix actual, string name)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        double error = Reference.Distance(expected.Data, actual.Data), scale = Math.Max(1, expected.Data.Max(Math.Abs));
        output.WriteLine($"{name} {error / scale:E2}");
        Assert.True(error <= Tolerance * scale, $"{name}: {error:E2} of {scale:E2}");
    }
}

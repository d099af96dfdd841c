using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;
using Xunit.Abstractions;

namespace TransformerGen.Oracle.Tests;

/// <summary>
/// The Specs of encoders and encoder-decoders against transformers in float64, whose results are stored as floats: 1e-6 as in <see cref="PaperFixtureTests"/>, and
/// for models whose activations or scores grow large (T5 scales nothing) a multiple of what plain float32 is off by there, divided by 20.
/// </summary>
public sealed class EncoderFamilyTests(ITestOutputHelper output)
{
    private const string Probe = "probe";

    private static readonly string[] s_types =
    [
        "bert-", "roberta", "xlm-", "camembert", "distilbert", "mpnet", "electra", "albert", "modernbert", "longformer", "bart", "mbart", "marian", "pegasus", "m2m_100", "t5", "mt5",
    ];

    public static TheoryData<string> Cases => new(Names);

    private static IEnumerable<string> Names => Directory.GetDirectories(Repository.Fixtures).Select(folder => Path.GetFileName(folder))
        .Where(name => s_types.Any(type => name.StartsWith(type, StringComparison.Ordinal))).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_hidden_states_and_attentions_are_the_reference(string name)
    {
        HubFixture fixture = HubFixture.Read(name);
        var model = new OracleModel(Probed(fixture.Spec));
        OracleResult result = Interpreter.Run(model.Evaluation, model.Table, fixture.Batch(), Parameters(fixture));
        if (fixture.Names.Contains("pooler_output"))
        {
            Near(fixture, fixture["pooler_output"].ToMatrix(), result.Values["OutputStep1"], "pooler_output", "pooler_output");
        }

        bool decodes = fixture.Spec.Decoder is not null;
        foreach (string state in fixture.Names.Where(state => state.Contains("hidden_states.", StringComparison.Ordinal)))
        {
            bool target = state.StartsWith("decoder", StringComparison.Ordinal);
            Near(fixture, Packed(fixture[state], fixture.RealRows(target)), result.Outputs[decodes ? state : "encoder_" + state], state, "hidden_states");
        }

        int index = 0;
        foreach (string attention in Attentions(fixture))
        {
            Reference.NearAttention(fixture[attention], result.Probabilities[index++], attention, Tolerance(fixture, "attentions"));
        }

        if (fixture.Names.Contains("logits"))
        {
            StoredTensor logits = fixture["logits"];
            Near(fixture, logits.Shape.Length == 2 ? logits.ToMatrix() : Packed(logits, fixture.RealRows(decodes)), result.Logits, "logits", "logits");
        }

        if (fixture.Kind == "question-answering")
        {
            Matrix both = result.Logits;
            foreach ((string span, int column) in ((string, int)[])[("start_logits", 0), ("end_logits", 1)])
            {
                double[] padded = fixture[span].Data;
                Near(fixture, new Matrix(both.Rows, 1, [.. fixture.RealRows(false).Select(row => padded[row])]), new Matrix(both.Rows, 1, [.. Enumerable.Range(0, both.Rows).Select(row => both[row, column])]), span, span);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient_are_the_reference(string name)
    {
        HubFixture fixture = HubFixture.Read(name);
        if (fixture.Kind is "model" or "question-answering")
        {
            output.WriteLine("skipped: its loss is not one over label rows");
            return;
        }

        var model = new OracleModel(fixture.Spec);
        OracleResult result = Interpreter.Run(model.Training, model.Table, fixture.TrainingBatch(), Parameters(fixture));
        double loss = fixture.Case.GetProperty("loss").GetDouble();
        Assert.True(Math.Abs(loss - result.Loss) <= Tolerance(fixture, "loss"), $"loss {result.Loss}, not {loss}");
        string[] expected = [.. fixture.Names.Where(tensor => tensor.StartsWith("grad.", StringComparison.Ordinal)).Select(tensor => tensor[5..]).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, model.Trainable.Order(StringComparer.Ordinal));
        double top = expected.Max(tensor => fixture["grad." + tensor].Data.Max(Math.Abs)), worst = 0;
        foreach (string tensor in expected)
        {
            double[] gradient = fixture["grad." + tensor].Data;
            double[] actual = result.Gradients.TryGetValue(tensor, out Matrix? matrix) ? matrix.Data : new double[gradient.Length];
            double scale = Math.Max(gradient.Max(Math.Abs), 0.01 * top), error = Reference.Distance(gradient, actual) / scale;
            worst = Math.Max(worst, error);
            Assert.True(error <= Tolerance(fixture, "grad"), $"grad.{tensor}: {error:E2} of {scale:E2}");
        }

        output.WriteLine($"gradients {worst:E2}");
    }

    /// <summary>A bare model under one class whose weights are zero: its hidden states, and its pooler as that head's step.</summary>
    private static ModelSpec Probed(ModelSpec spec) => spec.Head.Kind != HeadKind.Hidden
        ? spec
        : spec with { Head = spec.Head with { Kind = HeadKind.Classes, Classes = 1, Output = ProjectionSpec.Of(bias: false, (Probe, 1)) } };

    private static OracleParameters Parameters(HubFixture fixture)
    {
        var parameters = new OracleParameters();
        foreach ((string name, StoredTensor tensor) in fixture.Stored)
        {
            parameters[name] = tensor.ToMatrix();
        }

        parameters[Probe + ".weight"] = new Matrix(1, fixture.Spec.Width);
        return parameters;
    }

    private static double Tolerance(HubFixture fixture, string group) =>
        Math.Max(1e-6, fixture.Case.GetProperty("float32_error").TryGetProperty(group, out System.Text.Json.JsonElement error) ? error.GetDouble() / 20 : 0);

    private static Matrix Packed(StoredTensor padded, int[] rows)
    {
        int columns = padded.Shape[^1];
        return new Matrix(rows.Length, columns, [.. rows.SelectMany(row => padded.Data[(row * columns)..((row + 1) * columns)])]);
    }

    // In the order of the forward pass.
    private static IEnumerable<string> Attentions(HubFixture fixture)
    {
        int Count(string prefix) => fixture.Names.Count(tensor => tensor.StartsWith(prefix, StringComparison.Ordinal));
        return Enumerable.Range(0, Count("attentions.")).Select(layer => $"attentions.{layer}")
            .Concat(Enumerable.Range(0, Count("encoder_attentions.")).Select(layer => $"encoder_attentions.{layer}"))
            .Concat(Enumerable.Range(0, Count("decoder_attentions.")).SelectMany(layer => new[] { $"decoder_attentions.{layer}", $"cross_attentions.{layer}" }));
    }

    private void Near(HubFixture fixture, Matrix expected, Matrix actual, string name, string group)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        double error = Reference.Distance(expected.Data, actual.Data), scale = Math.Max(1, expected.Data.Max(Math.Abs));
        output.WriteLine($"{name} {error / scale:E2}");
        Assert.True(error <= Tolerance(fixture, group) * scale, $"{name}: {error:E2} of {scale:E2}");
    }
}

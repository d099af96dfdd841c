using Microsoft.CodeAnalysis;
using TransformerGen.Encoders;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Oracle;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Spans of a padded batch with its padding: loss and gradients against the oracle; and the tokens that Longformer's heads make global by themselves.</summary>
public sealed class PaddedSpanTests
{
    private const int Pad = 1, Separator = 2;

    // Three rows of 9: two with padding (1), a word of id 1 in the middle of one, padding of another id behind it, and an answer in the padding.
    private static readonly int[][] s_rows = [[0, 7, 8, 2, 9, 3, 4, 2, 2], [0, 5, 2, 6, 1, 2, 1, 1, 1], [0, 2, 3, 2, 1, 9, 1, 1, 1]];
    private static readonly int[] s_lengths = [9, 6, 4], s_starts = [4, 3, 1], s_ends = [6, 7, 3];

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("mpnet")]
    [InlineData("longformer")]
    public void Included_padding_agrees_with_the_oracle(string family)
    {
        ModelSpec spec = Spec(family, "QuestionAnswering");
        var report = new SpecReport();
        Invoke(nameof(Spans), spec, report);
        Assert.Empty(report.Failures);
    }

    [Fact]
    public void Sequence_classification_of_longformer_makes_the_first_token_global()
    {
        var report = new SpecReport();
        Invoke(nameof(Classes), Spec("longformer", "SequenceClassification"), report);
        Assert.Empty(report.Failures);
    }

    internal static void Spans<TModel>(ModelSpec spec, SpecReport report)
        where TModel : class, ITrainable<TModel>
    {
        var compiled = new CompiledModel(spec);
        OracleParameters parameters = OracleParameters.Random(compiled.Parameters, 5);
        bool skips = spec.Encoder!.Embedding.SkipsPadding;
        OracleSequence[] sources =
        [
            .. s_rows.Select((row, s) => new OracleSequence(row, 0, s, s)
            {
                Padding = row.Length - s_lengths[s], UnplacedId = skips ? Pad : -1, Globals = Globals(spec, row),
            }),
        ];
        var batch = new OracleBatch
        {
            Sources = sources,
            LabelRows = [.. Enumerable.Range(0, 27)],
            Labels = [.. s_rows.SelectMany((row, s) => row.Select((_, i) => (i == s_starts[s] ? 1 : 0) + (i == s_ends[s] ? 2 : 0)))],
            Scale = 1.0 / 3,
            Training = true,
        };
        OracleResult expected = Interpreter.Run(compiled.Training!.Graph, compiled.Parameters, batch, parameters);
        (double loss, float[][] gradients) = Differentiate<TModel>(parameters, Team.Alone);
        report.Near("loss", [(float)loss], new Matrix(1, 1, [expected.Loss]), 1);
        double least = 0.01 * expected.Gradients.Values.SelectMany(g => g.Data).Max(Math.Abs);
        TransformerGen.Model.ParameterInfo[] trained = [.. TModel.Info.Parameters.Where(p => !p.IsBuffer)];
        for (int i = 0; i < trained.Length; i++)
        {
            report.Near("gradient of " + trained[i].Name, gradients[i], expected.Gradients[trained[i].Name], least);
        }

        using var two = new Team(2);
        (double again, float[][] together) = Differentiate<TModel>(parameters, two);
        report.Check("loss at 2 threads", loss.Equals(again));
        for (int i = 0; i < trained.Length; i++)
        {
            report.Same($"gradient of {trained[i].Name} at 2 threads", together[i], gradients[i]);
        }

        Dropped<TModel>(report, parameters);
        Refusals(TModel.Info);
    }

    internal static void Classes<TModel>(ModelSpec spec, SpecReport report)
        where TModel : class, ITrainable<TModel>
    {
        var compiled = new CompiledModel(spec);
        OracleParameters parameters = OracleParameters.Random(compiled.Parameters, 5);
        OracleResult Said(params int[] globals) => Interpreter.Run(
            compiled.Encoding!.Graph,
            compiled.Parameters,
            new OracleBatch { Sources = [new OracleSequence(s_rows[0]) { Globals = globals.ToHashSet() }], LabelRows = [0] },
            parameters);
        TModel model = Create<TModel>(parameters, Team.Alone);
        var logits = new float[TModel.Info.Classes];
        model.Forward(s_rows[0], [9], [], logits);
        report.Near("logits", logits, Said(0).Logits, 0.1);
        report.Same("logits of lists", model.Forward([s_rows[0]])[0], logits);
        bool[] marks = [.. Enumerable.Range(0, 9).Select(i => i is 2 or 5)];
        model.Forward(s_rows[0], [9], [], marks, logits);
        report.Near("logits with global tokens of the caller's", logits, Said(2, 5).Logits, 0.1);
        report.Same("padded logits", model.ForwardPadded(new PaddedBatch([1, .. s_rows[0]], [false, .. Enumerable.Repeat(true, 9)], 1, globals: [false, .. marks])), logits);
        var probabilities = new float[logits.Length];
        model.ClassProbabilities(s_rows[0], [9], probabilities, globals: marks);
        report.Check("probabilities of the same logits", Math.Abs(probabilities[0] - (1 / (1 + Math.Exp(logits[1] - logits[0])))) < 1e-6);
        Assert.Contains("8 marks of global tokens for 9 tokens", Assert.Throws<ArgumentException>(() => model.Forward(s_rows[0], [9], [], marks.AsSpan(1), new float[logits.Length])).Message, StringComparison.Ordinal);
    }

    // Without its padding a row is the sequence alone; what is cut off takes padding first.
    private static void Dropped<TModel>(SpecReport report, OracleParameters parameters)
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>(parameters, Team.Alone);
        using var trainer = new Trainer<TModel>(model);
        TrainingBatch padded = new(TModel.Info), alone = new(TModel.Info), cut = new(TModel.Info), longer = new(TModel.Info);
        padded.AddPaddedSpans(Padded(), s_starts, s_ends);
        for (int s = 0; s < 3; s++)
        {
            alone.AddSpan(s_rows[s].AsSpan(0, s_lengths[s]), s_starts[s], s_ends[s]);
        }

        int[] filling = [.. Enumerable.Repeat(Pad, TModel.Info.MaxLength)];
        longer.AddSpan([.. s_rows[2], .. filling], 1, 3, truncate: true, padding: 5 + filling.Length);
        cut.AddSpan([.. s_rows[2], .. filling[..^9]], 1, 3, padding: 5 + filling.Length - 9);
        report.Check("padding that is dropped", trainer.Evaluate(padded).Equals(trainer.Evaluate(alone)));
        report.Check("padding that is cut off", trainer.Evaluate(longer).Equals(trainer.Evaluate(cut)));
    }

    private static void Refusals(ModelInfo info)
    {
        var batch = new TrainingBatch(info);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.AddSpan([0, 2, 5], 1, 1, padding: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.AddSpan([0, 2, 5], 1, 1, padding: -1));
        Assert.Contains("begins with padding", Assert.Throws<ArgumentException>(() => batch.AddPaddedSpans(new PaddedBatch([1, 0, 2], [false, true, true], 1), [1], [1], includePadding: true)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddPaddedSpans(new PaddedBatch([1, 0, 2], [false, true, true], 1), [1], []));
        if (info.Globals == GlobalTokens.None)
        {
            Assert.Contains("no global tokens", Assert.Throws<ArgumentException>(() => batch.AddSpan([0, 2, 5], 1, 1, globals: [true, false, false])).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains("no separator (id 2)", Assert.Throws<ArgumentException>(() => batch.AddSpan([0, 5, 5], 1, 1)).Message, StringComparison.Ordinal);
            Assert.Contains("Token 2 is padding", Assert.Throws<ArgumentException>(() => batch.AddSpan([0, 2, 5], 1, 1, globals: [true, false, true], padding: 1)).Message, StringComparison.Ordinal);
            batch.AddSpan([0, 5, 5], 1, 1, globals: [false, true, false]);
            batch.Clear();
        }

        Assert.Equal(0, batch.Sequences);
    }

    private static (double Loss, float[][] Gradients) Differentiate<TModel>(OracleParameters parameters, Team team)
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>(parameters, team);
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { Dropout = 0 }, team);
        TrainingBatch batch = new(TModel.Info), copy = new(TModel.Info);
        batch.AddPaddedSpans(Padded(), s_starts, s_ends, includePadding: true);
        for (int s = 0; s < 3; s++)
        {
            copy.AddFrom(batch, s);
        }

        return (trainer.ForwardBackward(copy), [.. TModel.Info.Parameters.Where(p => !p.IsBuffer).Select(p => trainer.Gradient(p.Name).ToArray())]);
    }

    private static PaddedBatch Padded()
    {
        int[] ids = [.. s_rows.SelectMany(row => row)];
        bool[] valid = [.. s_rows.SelectMany((row, s) => row.Select((_, i) => i < s_lengths[s]))];
        return new PaddedBatch(ids, valid, 3);
    }

    private static HashSet<int> Globals(ModelSpec spec, int[] row) => spec.Globals.Kind == GlobalsKind.Question ? [.. Enumerable.Range(0, Array.IndexOf(row, Separator))] : [];

    private static TModel Create<TModel>(OracleParameters parameters, Team team)
        where TModel : class, ITransformer<TModel>
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        foreach (TransformerGen.Model.ParameterInfo parameter in TModel.Info.Parameters)
        {
            new TensorView(weights.Values, parameter).Write([.. parameters[parameter.Name].Data.Select(x => (float)x)]);
        }

        weights.Pack(team);
        return TModel.Wrap(weights);
    }

    private static void Invoke(string method, ModelSpec spec, SpecReport report) => typeof(PaddedSpanTests).GetMethod(method, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!
        .MakeGenericMethod(SpecRun.Compile(("Model", spec)).GetType("Model", true)!)
        .Invoke(null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [spec, report], null);

    private static ModelSpec Spec(string family, string task)
    {
        string name = family switch { "bert" => "Bert", "roberta" => "Roberta", "mpnet" => "MPNet", _ => "Longformer" };
        string text = $$"""
            {
              "model_type": "{{family}}", "architectures": ["{{name}}For{{task}}"], "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20,
              "vocab_size": 10, "max_position_embeddings": 24, "pad_token_id": 1{{(family == "longformer" ? ", \"attention_window\": 4, \"sep_token_id\": 2" : "")}}
            }
            """;
        var problems = new List<Diagnostic>();
        ModelSpec? spec = ConfigFile.Read("config.json", text, problems).Spec;
        Assert.True(spec is not null, string.Join("\n", problems));
        return spec!;
    }
}

using System.Reflection;
using TransformerGen.Encoders;
using TransformerGen.Generated.Tests.Specs.Hub;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Generated.Tests.Specs;

/// <summary>Encoder-decoders that answer about a sequence, and bare ones: what they take, and what they refuse and how.</summary>
public sealed class MirroredSequenceTests
{
    private const int Pad = 1, End = 2;

    private const string Sizes =
        "\"d_model\": 8, \"encoder_layers\": 1, \"decoder_layers\": 1, \"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 8, \"decoder_ffn_dim\": 8, "
        + "\"vocab_size\": 20, \"max_position_embeddings\": 16, \"pad_token_id\": 1, \"decoder_start_token_id\": 2, \"eos_token_id\": 2, \"dropout\": 0.0, \"activation_dropout\": 0.0";

    [Theory]
    [InlineData("bart", "ForSequenceClassification", nameof(Classes))]
    [InlineData("mbart", "ForSequenceClassification", nameof(Classes))]
    [InlineData("mbart", "ForSequenceClassification", nameof(OnlyPadding))]
    [InlineData("bart", "ForQuestionAnswering", nameof(Spans))]
    [InlineData("marian", "Model", nameof(Bare))]
    public void Sequences_are_taken_or_refused(string type, string ending, string check)
    {
        SpecCase spec = new("", HubSpec.Read($"{{\"model_type\": \"{type}\", \"architectures\": [\"Some{ending}\"], {Sizes}}}"), [3], [3], 0f, 1);
        Type model = SpecRun.Compile(("Model", spec.Model)).GetType("Model", true)!;
        typeof(MirroredSequenceTests).GetMethod(check, BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(model).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [], null);
    }

    private static void Classes<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>();
        int[][] sequences = [[5, 6, End], [7, End, 8, 9]];
        Assert.Equal(2, model.Classify(sequences).Length);
        Assert.Contains("no end token", Assert.Throws<ArgumentException>(() => model.Classify([[5, 6]])).Message, StringComparison.Ordinal);
        Assert.Contains("the source itself", Assert.Throws<NotSupportedException>(() => model.Forward(sequences, sequences)).Message, StringComparison.Ordinal);

        // The answer is read off at the end token: what stands behind it is seen by the encoder alone.
        var batch = new TrainingBatch(TModel.Info);
        batch.AddLabelled(sequences[0], 1);
        batch.AddLabelled(sequences[1], TrainingBatch.Ignored);
        Assert.Equal((2, 14, 1), (batch.Sequences, batch.Tokens, batch.CountedLabels));
        Assert.Contains("no end token", Assert.Throws<ArgumentException>(() => batch.AddLabelled([5, 6], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("no end token", Assert.Throws<ArgumentException>(() => batch.AddLabelled([5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, End], 0, truncate: true)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => batch.AddPair([5], [6], [0]));
        Assert.Equal((2, 14), (batch.Sequences, batch.Tokens));
    }

    private static void OnlyPadding<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>();
        var batch = new TrainingBatch(TModel.Info);
        Assert.Contains("id of padding", Assert.Throws<ArgumentException>(() => model.Forward([[Pad, Pad]])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddLabelled([Pad, Pad], 0));
        Assert.Equal(0, batch.Tokens);
    }

    private static void Spans<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>();
        AnswerSpan answer = model.FindSpan([5, 6, 7, End], 1..3);
        Assert.InRange(answer.Start, 1, 2);

        // Padding is hidden from the decoder by the encoder alone: the logits of the tokens are those without it, and its own are part of the softmax.
        float Loss(params int[] padding)
        {
            using var trainer = new Trainer<TModel>(Create<TModel>());
            var batch = new TrainingBatch(TModel.Info);
            batch.AddSpan([5, 6, 7, End, .. padding], 1, 2, padding: padding.Length);
            Assert.Equal(8 + padding.Length, batch.Tokens);
            Assert.Equal(trainer.ForwardBackward(batch), trainer.Evaluate(batch), 1e-5);
            return (float)trainer.Evaluate(batch);
        }

        Assert.True(Loss(Pad, Pad) > Loss());
    }

    private static void Bare<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        TModel model = Create<TModel>();
        int[][] sources = [[5, 6, End], [7, End]], targets = [[3], [4, 5, 6]];
        Assert.Equal([8, 24], model.HiddenStates(sources, targets).Select(states => states.Length));
        Assert.Throws<ArgumentException>(() => model.HiddenStates(sources, [[3]]));
        Assert.Contains("sources and targets", Assert.Throws<NotSupportedException>(() => model.Embed(sources)).Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => model.Forward(sources, targets));
        var batch = new TrainingBatch(TModel.Info);
        batch.AddSequences(sources[0], targets[0]);
        Assert.Equal(4, batch.Tokens);
        Assert.Contains("AddSequences", Assert.Throws<InvalidOperationException>(() => batch.AddPair([5], [6], [0])).Message, StringComparison.Ordinal);
        Assert.Contains("AddSequences", Assert.Throws<InvalidOperationException>(() => batch.AddSequence([5])).Message, StringComparison.Ordinal);
    }

    private static TModel Create<TModel>()
        where TModel : class, ITransformer<TModel>
    {
        var weights = new ModelWeights(TModel.Info, TModel.Pack);
        WeightInitializer.Initialize(weights, 3, null);
        weights.Pack(Team.Alone);
        return TModel.Wrap(weights);
    }
}

using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

public sealed unsafe class TrainingBatchTests
{
    private static readonly ModelInfo s_pair = ToyModel.Info with { HasEncoder = true, MaxLength = 4 };
    private static readonly ModelInfo s_decoder = ToyModel.Info with { MaxLength = 4 };
    private static readonly ModelInfo s_encoder = ToyModel.Info with { HasEncoder = true, HasDecoder = false, MaxLength = 4 };

    [Fact]
    public void A_translation_is_fed_begin_and_target_and_should_say_target_and_end()
    {
        var batch = new TrainingBatch(s_pair);
        batch.AddTranslation([5, 6, 7], [8, 9]);
        batch.AddTranslation([5], []);
        Assert.Equal("source 5 6 7|5 target 1 8 9|1 labels 0:8 1:9 2:2 3:2", Text(batch));
        Assert.Equal((2, 8, 4), (batch.Sequences, batch.Tokens, batch.CountedLabels));
    }

    [Fact]
    public void A_text_predicts_each_token_from_those_before()
    {
        var batch = new TrainingBatch(s_decoder);
        batch.AddText([5, 6, 7, 8, 9]);
        batch.AddText([5, 6]);
        Assert.Equal("source  target 5 6 7 8|5 labels 0:6 1:7 2:8 3:9 4:6", Text(batch));
    }

    [Fact]
    public void Labels_that_do_not_count_are_left_out()
    {
        var batch = new TrainingBatch(s_encoder);
        batch.Add([3, 4, 5], [-100, 9, -100]);
        batch.Add([6], [-100]);
        batch.Add([7], [10]);
        Assert.Equal("source 3 4 5|6|7 target  labels 1:9 4:10", Text(batch));
        Assert.Equal(2, batch.CountedLabels);
    }

    [Fact]
    public void Truncation_cuts_both_sides_and_a_cut_target_has_no_end()
    {
        var batch = new TrainingBatch(s_pair);
        batch.AddTranslation([3, 4, 5, 6, 7], [8, 9, 10, 11], truncate: true);
        batch.AddTranslation([3], [8, 9, 10], truncate: true);
        batch.AddPair([3, 4, 5, 6, 7], [1, 8, 9, 10, 11], [8, 9, 10, 11, 2], truncate: true);
        Assert.Equal("source 3 4 5 6|3|3 4 5 6 target 1 8 9 10|1 8 9 10|1 8 9 10 labels 0:8 1:9 2:10 3:11 4:8 5:9 6:10 7:2 8:8 9:9 10:10 11:11", Text(batch));
        var text = new TrainingBatch(s_decoder);
        text.AddText([3, 4, 5, 6, 7, 8], truncate: true);
        Assert.Equal("source  target 3 4 5 6 labels 0:4 1:5 2:6 3:7", Text(text));
    }

    [Fact]
    public void Padded_and_packed_are_the_same()
    {
        var packed = new TrainingBatch(s_pair);
        packed.AddPair([3, 4], [1, 5, 6], [5, 6, 2]);
        packed.AddPair([7, 8, 9], [1], [-100]);
        var padded = new TrainingBatch(s_pair);
        padded.AddPadded(
            new PaddedBatch([3, 4, 99, 5, 5, 5, 7, 8, 9], [true, true, false, true, false, false, true, true, true], 3),
            new PaddedBatch([1, 5, 6, 9, 9, 9, -7, -7, 1], [true, true, true, false, false, false, false, false, true], 3),
            [5, 6, 2, 0, 0, 0, 77, 77, -100]);
        Assert.Equal(Text(packed), Text(padded));

        var single = new TrainingBatch(s_decoder);
        single.AddPadded(new PaddedBatch([3, 4, 0, 5, 0, 0], [true, true, false, true, false, false], 2), [4, -100, -100, 6, 0, 0]);
        Assert.Equal("source  target 3 4|5 labels 0:4 2:6", Text(single));
    }

    [Fact]
    public void Sequences_are_copied_from_other_batches()
    {
        var examples = new TrainingBatch(s_pair);
        examples.AddTranslation([3, 4], [5]);
        examples.AddTranslation([6], [7, 8]);
        var batch = new TrainingBatch(s_pair);
        batch.AddFrom(examples, 1);
        batch.AddFrom(examples, 0);
        Assert.Equal("source 6|3 4 target 1 7 8|1 5 labels 0:7 1:8 2:2 3:5 4:2", Text(batch));
        Assert.Equal(5, batch.CountedLabels);
        Assert.Throws<ArgumentException>(() => batch.AddFrom(new TrainingBatch(s_decoder), 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_leaves_the_batch_as_it_was()
    {
        var batch = new TrainingBatch(s_pair);
        batch.AddTranslation([3], [4]);
        string before = Text(batch);
        Exception tooLong = Assert.Throws<ArgumentException>(() => batch.AddTranslation([3, 4, 5, 6, 7], [4]));
        Assert.Contains("has 5 tokens", tooLong.Message, StringComparison.Ordinal);
        Assert.Contains("at most 4", tooLong.Message, StringComparison.Ordinal);
        Assert.Contains("truncate: true", tooLong.Message, StringComparison.Ordinal);
        Assert.Contains("has 5 tokens (the begin token included)", Assert.Throws<ArgumentException>(() => batch.AddTranslation([3], [4, 5, 6, 7])).Message, StringComparison.Ordinal);
        Assert.Contains("Token 1 is 23; the ids of Toy are 0 to 22", Assert.Throws<ArgumentException>(() => batch.AddTranslation([3, 23], [4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddTranslation([3], [-1]));
        Assert.Contains("Label 0 is -1", Assert.Throws<ArgumentException>(() => batch.AddPair([3], [1], [-1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => batch.AddPair([3], [1, 4], [4]));
        Assert.Throws<ArgumentException>(() => batch.AddTranslation([], [4]));
        Assert.Throws<InvalidOperationException>(() => batch.Add([3], [4]));
        Assert.Throws<InvalidOperationException>(() => batch.AddText([3, 4]));
        Assert.Equal(before, Text(batch));

        Assert.Throws<InvalidOperationException>(() => new TrainingBatch(s_encoder).AddText([3, 4]));
        Assert.Throws<InvalidOperationException>(() => new TrainingBatch(s_decoder).AddTranslation([3], [4]));
        Assert.Throws<ArgumentException>(() => new TrainingBatch(s_decoder).AddText([3]));
        Assert.Throws<ArgumentException>(() => new TrainingBatch(s_decoder).AddPadded(new PaddedBatch([3, 4], [true, true], 1), [4]));
        Assert.Contains("padding between", Assert.Throws<ArgumentException>(() => new TrainingBatch(s_decoder).AddPadded(new PaddedBatch([3, 4, 5], [true, false, true], 1), [4, 4, 4])).Message, StringComparison.Ordinal);
    }

    private static string Text(TrainingBatch batch)
    {
        using var weights = new ModelWeights(ToyModel.Info, ToyModel.Pack);
        using var workspace = new Workspace(weights, Team.Alone);
        batch.Load(workspace);
        string Rows(RowSet rows) => string.Join('|', Enumerable.Range(0, rows.Sequences).Select(s =>
        {
            Assert.Equal((s, s, 0), (rows.Slots[s], rows.SourceSlots[s], rows.Past[s]));
            return string.Join(' ', Enumerable.Range(rows.Offsets[s], rows.Offsets[s + 1] - rows.Offsets[s]).Select(r => rows.Tokens[r]));
        }));
        LabelSet labels = workspace.Labels;
        Assert.Equal(batch.CountedLabels, labels.Count);
        return $"source {Rows(workspace.Source)} target {Rows(workspace.Target)} labels {string.Join(' ', Enumerable.Range(0, labels.Count).Select(l => $"{labels.Rows[l]}:{labels.Labels[l]}"))}";
    }
}

using System.Text.Json;
using TransformerGen.Decoding;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Decoding;

public class LogitsProcessorTests
{
    private static readonly JsonElement Fixture = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Fixtures, "generation", "processors.json"))).RootElement;

    public static TheoryData<int> Cases() => new(Enumerable.Range(0, Fixture.GetProperty("cases").GetArrayLength()));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reference_outputs_are_reproduced(int index)
    {
        JsonElement @case = Fixture.GetProperty("cases")[index];
        LogitsProcessorList list = [];
        foreach (JsonElement processor in @case.GetProperty("processors").EnumerateArray()) list.Add(Create(processor));
        for (int row = 0; row < 2; row++)
        {
            int[] ids = Ints(Fixture.GetProperty("input_ids")[row]);
            float[] logits = [.. Fixture.GetProperty("logits")[row].EnumerateArray().Select(v => v.GetSingle())];
            double[] expected = [.. @case.GetProperty("output")[row].EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NegativeInfinity : v.GetDouble())];
            list.Process(ids, logits);
            for (int token = 0; token < expected.Length; token++)
            {
                if (double.IsInfinity(expected[token])) Assert.Equal(float.NegativeInfinity, logits[token]);
                else Assert.Equal(expected[token], logits[token], 2e-6);    // two roundings of values below 9
            }
        }
    }

    [Fact]
    public void Every_kind_of_the_fixture_is_known() => Assert.Equal(14, Cases().Count);

    private static ILogitsProcessor Create(JsonElement processor)
    {
        JsonElement a = processor.GetProperty("arguments");
        return processor.GetProperty("name").GetString() switch
        {
            "temperature" => new TemperatureProcessor(a[0].GetDouble()),
            "top_k" => new TopKProcessor(a[0].GetInt32()),
            "top_p" => new TopPProcessor(a[0].GetDouble()),
            "min_p" => new MinPProcessor(a[0].GetDouble()),
            "typical_p" => new TypicalPProcessor(a[0].GetDouble()),
            "epsilon_cutoff" => new EpsilonCutoffProcessor(a[0].GetDouble()),
            "eta_cutoff" => new EtaCutoffProcessor(a[0].GetDouble()),
            "repetition_penalty" => new RepetitionPenaltyProcessor(a[0].GetDouble()),
            "no_repeat_ngram_size" => new NoRepeatNgramProcessor(a[0].GetInt32()),
            "min_length" => new MinLengthProcessor(a[0].GetInt32(), [a[1].GetInt32()]),
            "sequence_bias" => new SequenceBiasProcessor(a[0].EnumerateArray().Select(b => ((IReadOnlyList<int>)Ints(b[0]), b[1].GetSingle()))),
            "bad_words" => new BadWordsProcessor(a[0].EnumerateArray().Select(Ints), a[1].GetInt32()),
            "suppress_tokens" => new SuppressTokensProcessor(Ints(a[0])),
            string other => throw new InvalidDataException("Unknown processor " + other),
            null => throw new InvalidDataException("A processor without a name"),
        };
    }

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];

    private static float[] RandomLogits(int seed, int vocabulary)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(random.NextDouble() * 16 - 8))];
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    [InlineData(0.999)]
    [InlineData(1.0)]
    public void Top_p_is_the_definition_at_any_size(double p)
    {
        TopPProcessor processor = new(p);
        foreach (int vocabulary in (int[])[3, 50, 1001])
        {
            float[] logits = RandomLogits(vocabulary, vocabulary), actual = [.. logits];
            processor.Process([], actual);
            double sum = logits.Sum(x => Math.Exp(x)), cumulative = 0;
            int[] ascending = [.. Enumerable.Range(0, vocabulary).OrderBy(i => logits[i])];
            foreach (int i in ascending)
            {
                cumulative += Math.Exp(logits[i]) / sum;
                bool removed = cumulative <= 1 - p && i != ascending[^1];
                Assert.Equal(removed ? float.NegativeInfinity : logits[i], actual[i]);
            }
        }
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void Typical_p_is_the_definition_at_any_size(double mass)
    {
        foreach (int vocabulary in (int[])[3, 50, 1001])
        {
            float[] logits = RandomLogits(vocabulary + 1, vocabulary), actual = [.. logits];
            new TypicalPProcessor(mass).Process([], actual);
            double sum = logits.Sum(x => Math.Exp(x)), cumulative = 0;
            double[] p = [.. logits.Select(x => Math.Exp(x) / sum)];
            double entropy = p.Sum(x => -x * Math.Log(x));
            HashSet<int> kept = [];
            foreach (int i in Enumerable.Range(0, vocabulary).OrderBy(i => Math.Abs(-Math.Log(p[i]) - entropy)))
            {
                if (cumulative >= mass) break;
                cumulative += p[i];
                kept.Add(i);
            }
            Assert.Equal(logits.Select((x, i) => kept.Contains(i) ? x : float.NegativeInfinity), actual);
        }
    }

    [Fact]
    public void Top_k_is_the_definition_and_keeps_ties()
    {
        foreach (int k in (int[])[1, 2, 7, 64, 1000, 1001, 5000])
        {
            float[] logits = RandomLogits(1, 1001), actual = [.. logits];
            new TopKProcessor(k).Process([], actual);
            float threshold = logits.OrderDescending().Take(k).Last();
            Assert.Equal(logits.Select(x => x < threshold ? float.NegativeInfinity : x), actual);
        }
        float[] tied = [1, 3, 2, 3, 2, 2, 0];
        new TopKProcessor(3).Process([], tied);
        Assert.Equal([float.NegativeInfinity, 3, 2, 3, 2, 2, float.NegativeInfinity], tied);
    }

    [Theory]
    [InlineData(1, new[] { 4, 2, 4 }, new[] { 2, 4 })]
    [InlineData(2, new[] { 4, 2, 4 }, new[] { 2 })]
    [InlineData(3, new[] { 1, 2, 3, 1, 2, 0, 1, 2 }, new[] { 0, 3 })]
    [InlineData(2, new[] { 1, 1, 1 }, new[] { 1 })]
    [InlineData(4, new[] { 1, 2, 1 }, new int[0])]
    [InlineData(2, new[] { 1 }, new int[0])]
    public void No_ngram_occurs_twice(int size, int[] ids, int[] forbidden)
    {
        float[] logits = new float[6];
        new NoRepeatNgramProcessor(size).Process(ids, logits);
        Assert.Equal(forbidden, Enumerable.Range(0, 6).Where(t => float.IsNegativeInfinity(logits[t])));
    }

    [Fact]
    public void Sequences_longer_than_the_row_are_left_alone_and_the_end_token_cannot_be_bad()
    {
        float[] logits = new float[6];
        new BadWordsProcessor([[1, 2], [3], [5], [4, 1, 0]], 5).Process([1], logits);
        Assert.Equal([3], Enumerable.Range(0, 6).Where(t => float.IsNegativeInfinity(logits[t])));
        Array.Clear(logits);
        new BadWordsProcessor([[1, 2], [3], [5], [4, 1, 0]], 5).Process([2, 4, 1], logits);
        Assert.Equal([0, 2, 3], Enumerable.Range(0, 6).Where(t => float.IsNegativeInfinity(logits[t])));
    }

    [Fact]
    public void A_forced_token_stands_at_its_length_only()
    {
        ForcedTokenProcessor processor = new(2, 1);
        float[] logits = [1, 2, 3];
        processor.Process([0], logits);
        Assert.Equal([1, 2, 3], logits);
        processor.Process([0, 0], logits);
        Assert.Equal([float.NegativeInfinity, 0, float.NegativeInfinity], logits);
    }

    [Fact]
    public void Filters_live_with_what_other_filters_removed()
    {
        float[] logits = [float.NegativeInfinity, 1, 0.5f, float.NegativeInfinity, -9];
        foreach (ILogitsProcessor processor in (ILogitsProcessor[])[new TopPProcessor(0.99), new MinPProcessor(0.1), new TypicalPProcessor(0.99), new EpsilonCutoffProcessor(0.1), new EtaCutoffProcessor(0.1), new TopKProcessor(3)])
        {
            float[] actual = [.. logits];
            processor.Process([], actual);
            Assert.Equal(1, actual[1]);
            Assert.Equal(float.NegativeInfinity, actual[0]);
            Assert.DoesNotContain(actual, float.IsNaN);
        }
    }

    [Fact]
    public void No_processor_allocates_once_warm()
    {
        LogitsProcessorList list = [
            new RepetitionPenaltyProcessor(1.2), new NoRepeatNgramProcessor(2), new BadWordsProcessor([[4], [12, 7]], 2), new MinLengthProcessor(12, [2]),
            new SuppressTokensProcessor([1]), new TemperatureProcessor(0.8), new TopKProcessor(300), new TopPProcessor(0.95), new MinPProcessor(0.001),
            new TypicalPProcessor(0.9), new EpsilonCutoffProcessor(1e-4), new EtaCutoffProcessor(1e-4), new ForcedTokenProcessor(5, 3)];
        float[] source = RandomLogits(3, 2000), logits = new float[2000];
        int[] ids = [5, 6, 7, 5, 6];        // not a literal in the loop: unoptimised code makes an object for that
        long before = 0;
        for (int run = 0; run < 20; run++)
        {
            if (run == 1) before = GC.GetAllocatedBytesForCurrentThread();
            source.CopyTo(logits, 0);
            list.Process(ids, logits);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.Contains("-1", Assert.Throws<ArgumentOutOfRangeException>(() => new TemperatureProcessor(-1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TopKProcessor(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TopPProcessor(1.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MinPProcessor(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TypicalPProcessor(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EpsilonCutoffProcessor(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RepetitionPenaltyProcessor(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NoRepeatNgramProcessor(0));
        Assert.Throws<ArgumentException>(() => new BadWordsProcessor([[]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RepetitionPenaltyProcessor(2).Process([9], new float[4]));
    }
}

using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Tests;

/// <summary>Prefill, steps and everything between behind a cache give the logits of the whole sequence at once.</summary>
public sealed class CachedDecodingTests
{
    // The same sums in the same order; only zeros of masked keys come and go.
    private const double Tolerance = 1e-12;

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, RandomModel.Seeds).Where(seed => RandomModel.Config(seed).HasDecoder));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_models_decode_the_same(int seed)
    {
        PaperConfig config = RandomModel.Config(seed);
        var model = new OracleModel(config.ToSpec());
        Check(model, RandomModel.Batch(config, seed), OracleParameters.Random(model.Table, seed));
    }

    [Theory]
    [MemberData(nameof(PaperFixtureTests.Cases), MemberType = typeof(PaperFixtureTests))]
    public void Reference_models_decode_the_same(string name)
    {
        PaperFixture fixture = PaperFixture.Read(name);
        if (fixture.Spec.Decoder is not null)
        {
            Check(new OracleModel(fixture.Spec), fixture.Batch(), fixture.Parameters);
        }
    }

    [Fact]
    public void A_beam_that_splits_goes_on_from_a_copy_and_one_that_goes_back_overwrites()
    {
        PaperConfig config = RandomModel.Config(0) with { Architecture = PaperArchitecture.EncoderDecoder, Norm = NormKind.Layer };
        var model = new OracleModel(config.ToSpec());
        OracleParameters parameters = OracleParameters.Random(model.Table, 1);
        int[] source = [3, 4, 5, 6];
        var cache = new OracleCache();
        Interpreter.Run(model.Encoding!, model.Table, OracleBatch.Of([source], []) with { LabelRows = [] }, parameters, cache);
        Matrix Decode(params OracleSequence[] targets) =>
            Interpreter.Run(model.Decoding!, model.Table, new OracleBatch { Targets = targets, LabelRows = [targets[0].Tokens.Count - 1] }, parameters, cache).Logits;
        Matrix Whole(params int[] target) => Interpreter.Run(
            model.Evaluation, model.Table, OracleBatch.Of([source], [target]) with { LabelRows = [target.Length - 1] }, parameters).Logits;
        Decode(new OracleSequence([1, 7, 8], Past: 0, Slot: 0));
        cache.CopySlot(0, 3);
        Near(Whole(1, 7, 8, 9), Decode(new OracleSequence([9], Past: 3, Slot: 0)));
        Near(Whole(1, 7, 8, 10), Decode(new OracleSequence([10], Past: 3, Slot: 3)));
        Near(Whole(1, 5, 6), Decode(new OracleSequence([5, 6], Past: 1, Slot: 3)));
    }

    private static void Check(OracleModel model, OracleBatch batch, OracleParameters parameters)
    {
        batch = batch with { Training = false, LabelRows = [.. Enumerable.Range(0, batch.Targets.Sum(target => target.Tokens.Count))], Labels = [] };
        Matrix whole = Interpreter.Run(model.Evaluation, model.Table, batch, parameters).Logits;
        var cache = new OracleCache();
        if (model.Encoding is { } encoding)
        {
            Interpreter.Run(encoding, model.Table, batch with { Targets = [], LabelRows = [] }, parameters, cache);
        }

        // Different numbers of new tokens for different sequences: 2, 1, 2, 1 ... or 1, 2, 1, 2 ...
        int[] past = new int[batch.Targets.Count];
        for (int call = 0; Enumerable.Range(0, past.Length).Any(s => past[s] < batch.Targets[s].Tokens.Count); call++)
        {
            var (targets, rows) = (new List<OracleSequence>(), new List<int>());
            for (int s = past.Length - 1; s >= 0; s--)
            {
                int[] tokens = [.. batch.Targets[s].Tokens.Skip(past[s]).Take(1 + ((call + s) % 2))];
                if (tokens.Length > 0)
                {
                    targets.Add(new OracleSequence(tokens, past[s], Slot: s, SourceSlot: s));
                    rows.AddRange(Enumerable.Range(batch.Targets.Take(s).Sum(target => target.Tokens.Count) + past[s], tokens.Length));
                    past[s] += tokens.Length;
                }
            }

            Matrix step = Interpreter.Run(
                model.Decoding!, model.Table, new OracleBatch { Targets = targets, LabelRows = [.. Enumerable.Range(0, rows.Count)] }, parameters, cache).Logits;
            Near(new Matrix(rows.Count, whole.Columns, [.. rows.SelectMany(row => whole.Row(row).ToArray())]), step);
        }
    }

    private static void Near(Matrix expected, Matrix actual)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        Assert.All(expected.Data.Zip(actual.Data), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }
}

using TransformerGen.Decoding;

namespace TransformerGen.Tests.Decoding;

/// <summary>A language model small enough to be obvious: a state per row, and logits as a function of it.</summary>
internal abstract class ToyModel
{
    public abstract int Vocabulary { get; }

    public abstract ulong Begin(int sentence);

    public abstract ulong Append(ulong state, int token);

    public abstract void Logits(ulong state, Span<float> logits);

    public float[] LogitsAfter(int sentence, IEnumerable<int> prefix)
    {
        float[] logits = new float[Vocabulary];
        Logits(prefix.Aggregate(Begin(sentence), Append), logits);
        return logits;
    }
}

/// <summary>Logits in [-3, 3] that are a hash of sentence and whole prefix; some tokens are more likely.</summary>
internal sealed class HashModel(ulong seed, int vocabulary, int favoured = -1, float favour = 0) : ToyModel
{
    public override int Vocabulary => vocabulary;

    public override ulong Begin(int sentence) => SamplingRandom.Mix(seed * 31 + (ulong)sentence + 1);

    public override ulong Append(ulong state, int token) => SamplingRandom.Mix(state ^ ((ulong)token + 0x1234567));

    public override void Logits(ulong state, Span<float> logits)
    {
        for (int token = 0; token < vocabulary; token++)
        {
            ulong bits = SamplingRandom.Mix(state + (ulong)token * 0x9E3779B97F4A7C15);
            logits[token] = (float)((bits >> 11) * (6.0 / (1UL << 53)) - 3) + (token == favoured ? favour : 0);
        }
    }
}

/// <summary>Logits are a row of a table, chosen by the last token.</summary>
internal sealed class MarkovModel(float[][] table) : ToyModel
{
    public override int Vocabulary => table[0].Length;

    public override ulong Begin(int sentence) => 0;

    public override ulong Append(ulong state, int token) => (ulong)token;

    public override void Logits(ulong state, Span<float> logits) => table[(int)state].CopyTo(logits);
}

/// <summary>Runs a toy model as a session. A mutable struct, so that an algorithm that works on a copy fails.</summary>
internal struct ToySession(ToyModel model, int maxRows = 64, int maxLength = 256) : IDecodingSession
{
    private readonly ulong[] states = new ulong[maxRows];
    private readonly ulong[] previous = new ulong[maxRows];
    private readonly int[] lengths = new int[maxRows];
    private readonly int[] previousLengths = new int[maxRows];
    private readonly float[] logits = new float[maxRows * model.Vocabulary];
    private readonly Counters counters = new();

    /// <summary>What the session was asked to do, visible from outside of the struct.</summary>
    public sealed class Counters
    {
        public int Tokens { get; set; }

        public List<int> RowsAtStep { get; } = new(1024);
    }

    public readonly Counters Work => counters;

    public readonly int Vocabulary => model.Vocabulary;

    public readonly int MaxLength => maxLength;

    public readonly int MaxRows => maxRows;

    public int Rows { get; private set; }

    public void Begin(ReadOnlySpan<int> sentences)
    {
        Check(sentences.Length <= maxRows, "too many rows");
        Rows = sentences.Length;
        for (int row = 0; row < Rows; row++) states[row] = model.Begin(sentences[row]);
        Array.Clear(lengths);
    }

    public void Step(ReadOnlySpan<int> tokens, ReadOnlySpan<int> counts)
    {
        Check(counts.Length == Rows, "counts and rows differ");
        int at = 0;
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < counts[row]; i++) states[row] = model.Append(states[row], tokens[at++]);
            lengths[row] += counts[row];
            Check(lengths[row] <= maxLength, "a row is too long");
            if (counts[row] > 0) model.Logits(states[row], Logits(row));
            else Logits(row).Fill(float.NaN);
        }
        Check(at == tokens.Length, "tokens and counts differ");
        counters.Tokens += at;
        if (counters.RowsAtStep.Count < 1024) counters.RowsAtStep.Add(Rows);
    }

    public void Reorder(ReadOnlySpan<int> parents)
    {
        Check(parents.Length <= Rows, "rows may only shrink");
        states.CopyTo(previous, 0);
        lengths.CopyTo(previousLengths, 0);
        for (int row = 0; row < parents.Length; row++)
        {
            Check(parents[row] >= 0 && parents[row] < Rows, "no such parent");
            (states[row], lengths[row]) = (previous[parents[row]], previousLengths[parents[row]]);
        }
        Rows = parents.Length;
        Array.Fill(logits, float.NaN);
    }

    public readonly Span<float> Logits(int row) => logits.AsSpan(row * model.Vocabulary, model.Vocabulary);

    private static void Check(bool holds, string message)
    {
        if (!holds) throw new InvalidOperationException("Contract of IDecodingSession: " + message);
    }
}

using TransformerGen.Decoding;

namespace TransformerGen.Tests.Decoding;

/// <summary>Beam search in double for one sentence, written as the rules are told: slow and without a cache.</summary>
internal static class BeamReference
{
    public static List<(int[] Ids, double Score)> Search(ToyModel model, int sentence, int[] prompt, GenerationOptions o, int? maxLength = null)
    {
        int limit = Math.Min(o.MaxNewTokens, (maxLength ?? int.MaxValue / 2) - prompt.Length + 1);
        // Beams start as copies of the prompt of which only one counts.
        var running = Enumerable.Range(0, o.Beams).Select(b => (Ids: prompt, Sum: b == 0 ? 0.0 : -1e9)).ToList();
        List<(int[] Ids, double Score)> hypotheses = [];
        for (int length = 1; length <= limit; length++)
        {
            // Rank the best 2 x num_beams continuations by summed log-probability.
            var continuations = running
                .SelectMany(beam => LogProbabilities(model, sentence, beam.Ids, prompt.Length, limit, o).Select((p, token) => (Ids: (int[])[.. beam.Ids, token], Sum: beam.Sum + p)))
                .OrderByDescending(c => c.Sum)
                .Take(Math.Max(2, 1 + o.Ends.Count) * o.Beams).ToList();
            bool Ends((int[] Ids, double Sum) c) => o.Ends.Contains(c.Ids[^1]) || length == limit;

            // One that ends becomes a hypothesis only if it is among the first num_beams. The worst of num_beams is replaced.
            foreach (var c in continuations.Take(o.Beams).Where(Ends))
                if (!double.IsNegativeInfinity(c.Sum)) hypotheses.Add((c.Ids, c.Sum / Math.Pow(length, o.LengthPenalty)));
            hypotheses = [.. hypotheses.OrderByDescending(h => h.Score).Take(o.Beams)];

            // The best num_beams that do not end run on.
            running = [.. continuations.Where(c => !Ends(c)).Take(o.Beams)];

            // Stop when num_beams hypotheses exist and ...
            if (running.Count == 0) break;
            if (hypotheses.Count == o.Beams && (o.EarlyStopping || running[0].Sum / Math.Pow(length, o.LengthPenalty) <= hypotheses[^1].Score)) break;
        }
        return [.. hypotheses.Take(o.ReturnSequences)];
    }

    private static double[] LogProbabilities(ToyModel model, int sentence, int[] ids, int promptLength, int limit, GenerationOptions o)
    {
        double[] x = [.. model.LogitsAfter(sentence, ids).Select(v => (double)v)];
        double max = x.Max(), log = Math.Log(x.Sum(v => Math.Exp(v - max)));
        double[] p = [.. x.Select(v => v - max - log)];
        foreach (int id in ids.Distinct()) p[id] = p[id] < 0 ? p[id] * o.RepetitionPenalty : p[id] / o.RepetitionPenalty;
        int n = o.NoRepeatNgramSize;
        for (int start = 0; n > 0 && start + n <= ids.Length; start++)
            if (ids.AsSpan(start, n - 1).SequenceEqual(ids.AsSpan(ids.Length - n + 1))) p[ids[start + n - 1]] = double.NegativeInfinity;
        int generated = ids.Length - promptLength;
        if (ids.Length < o.MinLength || generated < o.MinNewTokens)
            foreach (int end in o.Ends) p[end] = double.NegativeInfinity;
        int? forced = ids.Length == 1 ? o.ForcedBeginToken : generated == limit - 1 ? o.ForcedEndToken : null;
        return forced is { } token ? [.. p.Select((_, i) => i == token ? 0 : double.NegativeInfinity)] : p;
    }
}

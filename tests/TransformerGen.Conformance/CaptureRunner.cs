using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Conformance;

/// <summary>Compares hidden states and attentions of a build that captures them.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
internal static class CaptureRunner<TModel>
    where TModel : class, ICapturing<TModel>
{
    /// <summary>Runs everything that the case holds.</summary>
    public static unsafe void Run(ReferenceCase reference, Comparison comparison)
    {
        using var team = new Team(2);
        using var workspace = new Workspace(ModelFiles.Load<TModel>(reference.ModelFolder, team).Weights, team);
        var batch = new CaseBatch(reference, "input", TModel.Info);
        batch.Fill(workspace);
        TModel.Evaluate(workspace);
        double allowed = Math.Max(2e-5, 8 * reference.Float32Error("hidden_states"));
        foreach (CapturedState state in TModel.States)
        {
            string name = SingleStack(state.Name);
            float[] expected = reference.Floats(name);
            RowSet rows = state.IsSource ? workspace.Source : workspace.Target;
            float* start = (state.IsSource ? workspace.SourceArena : workspace.TargetArena)[state.Offset];
            int stride = (state.Width + 15) / 16 * 16, columns = expected.Length / state.Width / rows.Sequences;
            var actual = new float[expected.Length];
            for (int r = 0; r < rows.Count; r++)
            {
                int at = (rows.SequenceOf[r] * columns) + rows.Positions[r];
                new ReadOnlySpan<float>(start + ((long)r * stride), state.Width).CopyTo(actual.AsSpan(at * state.Width));
            }

            comparison.Add(name, actual, expected, allowed * Math.Max(1, expected.Max(MathF.Abs)));
        }

        allowed = Math.Max(2e-5, 8 * reference.Float32Error("attentions", "hidden_states"));
        var counts = new Dictionary<string, int>();
        for (int i = 0; i < TModel.Attentions.Count; i++)
        {
            CapturedAttention attention = TModel.Attentions[i];
            string kind = attention.QueriesAreSource != attention.KeysAreSource ? "cross_attentions" : attention.QueriesAreSource ? "encoder_attentions" : "decoder_attentions";
            int layer = counts.TryGetValue(kind, out int count) ? count : 0;
            counts[kind] = layer + 1;
            string name = SingleStack($"{kind}.{layer}");
            if (!reference.Expected.Tensors.ContainsKey(name))
            {
                continue;
            }

            float[] expected = reference.Floats(name);
            comparison.Add(
                name,
                Padded(workspace.Capture[i], attention, attention.QueriesAreSource ? workspace.Source : workspace.Target, attention.KeysAreSource ? workspace.Source : workspace.Target),
                expected,
                allowed * Math.Max(1, expected.Max(MathF.Abs)));
        }
    }

    /// <summary>The name in a case: where there is one stack alone, Hugging Face does not say which.</summary>
    private static string SingleStack(string name) =>
        TModel.Info.ModelType != "transformer" && !(TModel.Info.HasEncoder && TModel.Info.HasDecoder) ? name[(name.IndexOf('_', StringComparison.Ordinal) + 1)..] : name;

    /// <summary>[B, H, Tq, Tk] with zeros at padding.</summary>
    private static unsafe float[] Padded(ReadOnlySpan<float> packed, CapturedAttention attention, RowSet queries, RowSet keys)
    {
        int heads = attention.Heads, longestQuery = queries.Longest, longestKey = keys.Longest;
        var padded = new float[queries.Sequences * heads * longestQuery * longestKey];
        int from = 0;
        for (int s = 0; s < queries.Sequences; s++)
        {
            int rows = queries.Offsets[s + 1] - queries.Offsets[s], columns = keys.Offsets[s + 1] - keys.Offsets[s];
            for (int h = 0; h < heads; h++)
            {
                for (int q = 0; q < rows; q++, from += columns)
                {
                    packed.Slice(from, columns).CopyTo(padded.AsSpan(((((s * heads) + h) * longestQuery) + q) * longestKey));
                }
            }
        }

        return padded;
    }
}

using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Conformance;

/// <summary>Compares logits, loss and gradients of the build that a user gets with a case.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
internal static class CaseRunner<TModel>
    where TModel : class, ITrainable<TModel>
{
    /// <summary>Runs everything that the case holds.</summary>
    public static void Run(ReferenceCase reference, Comparison comparison)
    {
        using var team = new Team(2);
        using ModelWeights weights = new(TModel.Info, TModel.Pack);
        reference.LoadWeights(weights, team);
        weights.EnableTraining(team);
        using var workspace = new Workspace(weights, team);
        Logits(reference, comparison, workspace);
        Gradients(reference, comparison, workspace);
    }

    /// <summary>Rows of logits at their padded places, [B, T, V], padding zero.</summary>
    public static unsafe float[] Padded(Workspace workspace, CaseBatch batch, int sequences)
    {
        int vocabulary = TModel.Info.Vocabulary, stride = (vocabulary + 15) / 16 * 16;
        var padded = new float[sequences * batch.Columns * vocabulary];
        RowSet rows = TModel.Info.HasDecoder ? workspace.Target : workspace.Source;
        for (int r = 0; r < rows.Count; r++)
        {
            int at = (rows.SequenceOf[r] * batch.Columns) + rows.Positions[r];
            new ReadOnlySpan<float>(workspace.Logits + ((long)r * stride), vocabulary).CopyTo(padded.AsSpan(at * vocabulary));
        }

        return padded;
    }

    private static void Logits(ReferenceCase reference, Comparison comparison, Workspace workspace)
    {
        var batch = new CaseBatch(reference, "input", TModel.Info);
        batch.Fill(workspace, everyRow: true);
        CaseBatch.Forward<TModel>(workspace);
        int sequences = (TModel.Info.HasDecoder ? batch.Target : batch.Source).Count;
        comparison.Add("logits", Padded(workspace, batch, sequences), reference.Floats("logits"), Math.Max(2e-5, 8 * reference.Float32Error("logits")));
    }

    private static unsafe void Gradients(ReferenceCase reference, Comparison comparison, Workspace workspace)
    {
        using var gradients = new NativeBuffer(TModel.Info.ValueFloats);
        new CaseBatch(reference, "input", TModel.Info).Fill(workspace, everyRow: false);
        workspace.Gradients = gradients.Start;
        workspace.Smoothing = (float)reference.Json.GetProperty("label_smoothing").GetDouble();
        workspace.LossScale = 1f / workspace.Labels.Count;
        double loss = TModel.Forward(workspace) / workspace.Labels.Count;
        TModel.Backward(workspace);
        comparison.Add("loss", Math.Abs(loss - reference.Json.GetProperty("loss").GetDouble()), Math.Max(2e-5, 8 * reference.Float32Error("loss")));

        string[] names = [.. reference.Expected.Tensors.Keys.Where(n => n.StartsWith("grad.", StringComparison.Ordinal))];
        double largest = names.Max(n => reference.Floats(n).Max(MathF.Abs));
        double allowed = Math.Max(2e-5, 8 * reference.Float32Error("grad"));
        foreach (string name in names)
        {
            float[] expected = reference.Floats(name);
            float[] actual = new TensorView(gradients, workspace.Weights.Find(name["grad.".Length..])).ToArray();
            comparison.Add(name, actual, expected, allowed * Math.Max(expected.Max(MathF.Abs), 0.01 * largest));
        }
    }
}

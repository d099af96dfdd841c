using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit.Operations;

internal static class AttentionEmitter
{
    public static void Emit(GraphEmitter graph, Attention op, SourceWriter writer)
    {
        AttentionForwardKernel kernel = graph.Kernels.Need(new AttentionForwardKernel(Shape(op), op.LogSumExp is not null, op.Dropout is not null));
        writer.Lines($"// {Formula(op.Settings, op.Dropout)} within each sequence{(op.Settings.Causal ? ", no query sees a later key" : "")}; the matrix of all pairs never exists.");
        string kept = op.LogSumExp is null ? "" : ", " + graph.At(op.LogSumExp);
        writer.Lines($"{kernel.ClassName}.{kernel.Method}({graph.Team}, {Operands(graph, op)}, {Terms(graph, op.Score, op.Bias)}{Globals(graph, op)}{graph.At(op.Y)}{kept}{Dropout(graph, op.Dropout)});");
    }

    public static void Emit(GraphEmitter graph, AttentionBackward op, SourceWriter writer)
    {
        Attention forward = op.Forward;
        AttentionBackwardKernel kernel = graph.Kernels.Need(new AttentionBackwardKernel(Shape(forward), forward.Dropout is not null));
        string gradients = "";
        if (forward.Score is { } score)
        {
            gradients = $", {graph.Gradient(score)}, {graph.Adds(score)}, {graph.At(op.ScoreParts!)}";
        }

        if (op.DBias is { } dBias)
        {
            gradients += $", {graph.At(dBias.Gradient)}, {(dBias.Before is null ? "false" : "true")}, {graph.At(dBias.Parts)}";
        }

        writer.Lines("// d(attention): the scores are computed again, block by block.");
        writer.Lines($"{kernel.ClassName}.{kernel.Method}(");
        writer.Lines($"    {graph.Team}, {Operands(graph, forward)}, {Terms(graph, forward.Score, forward.Bias)}{Globals(graph, forward)}{graph.At(forward.Y)}, {graph.At(forward.LogSumExp!)},");
        writer.Lines($"    {graph.At(op.DY)}, {graph.At(op.DQ)}, {graph.At(op.DK)}, {graph.At(op.DV)}{gradients}{Dropout(graph, forward.Dropout)});");
    }

    public static void Emit(GraphEmitter graph, CacheAppend op, SourceWriter writer)
    {
        CacheLayer cache = op.Cache;
        CacheAppendKernel kernel = graph.Kernels.Need(new CacheAppendKernel(cache.KeyHeads, cache.HeadWidth, op.K.Value.Stride, op.V.Value.Stride));
        string rows = graph.Rows(op.K.Value);
        writer.Lines("// The new rows' keys and values join the cache.");
        writer.Lines(
            $"{kernel.ClassName}.Append({graph.Team}, {rows}.Sequences, {rows}.Offsets, {rows}.Past, {rows}.Slots, {Place(cache)}, {graph.At(op.K)}, {graph.At(op.V)});");
    }

    public static void Emit(GraphEmitter graph, CachedAttention op, SourceWriter writer)
    {
        bool isCross = op.Cache.IsSource;
        AttentionSettings settings = op.Settings;
        AttentionShape shape = isCross ? AttentionShape.Cross(settings) : AttentionShape.Self(settings);
        AttentionCachedKernel kernel = graph.Kernels.Need(new AttentionCachedKernel(shape, isCross));
        string rows = graph.Rows(op.Q.Value), slots = isCross ? "SourceSlots" : "Slots";
        writer.Lines($"// {Formula(settings, null)} over {(isCross ? "the source's keys" : "all cached positions")}.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.Method}({graph.Team}, {rows}.Sequences, {rows}.Offsets, {rows}.Past, {rows}.{slots}, {Place(op.Cache)}, {graph.At(op.Q)}, {Terms(graph, op.Score, op.Bias)}{graph.At(op.Y)});");
    }

    public static void Emit(GraphEmitter graph, CaptureProbabilities op, SourceWriter writer)
    {
        Attention forward = op.Forward;
        AttentionProbabilitiesKernel kernel = graph.Kernels.Need(new AttentionProbabilitiesKernel(Shape(forward)));
        string queries = graph.Rows(forward.Q.Value), keys = graph.Rows(forward.K.Value);
        writer.Lines("// The captured probabilities: e^(score - log Σ e^score).");
        writer.Lines(
            $"{kernel.ClassName}.Probabilities({queries}.Sequences, {queries}.Offsets, {keys}.Offsets, {keys}.KeyEnds, {graph.At(forward.Q)}, {graph.At(forward.K)}, {Terms(graph, forward.Score, forward.Bias)}{Globals(graph, forward)}"
            + $"{graph.At(forward.LogSumExp!)}, s.Capture.Add({forward.Settings.Heads}, {queries}, {keys}));");
    }

    public static void Emit(GraphEmitter graph, GlobalAttention op, SourceWriter writer)
    {
        GlobalAttentionKernel kernel = graph.Kernels.Need(new GlobalAttentionKernel(AttentionShape.Self(op.Settings), op.LogSumExp is not null, op.Dropout is not null));
        string rows = graph.Rows(op.X), kept = op.LogSumExp is null ? "" : ", " + graph.At(op.LogSumExp);
        writer.Lines("// Rows of global tokens get attention to every key of their sequence instead.");
        writer.Lines(
            $"{kernel.ClassName}.{kernel.Method}({graph.Team}, {rows}.Sequences, {rows}.Offsets, {rows}.KeyEnds, {rows}.Globals, {graph.At(op.Q)}, {graph.At(op.K)}, {graph.At(op.V)}, {graph.At(op.X)}, {graph.At(op.Y)}{kept}{Dropout(graph, op.Dropout)});");
    }

    public static void Emit(GraphEmitter graph, GlobalAttentionBackward op, SourceWriter writer)
    {
        GlobalAttention forward = op.Forward;
        GlobalAttentionBackwardKernel kernel = graph.Kernels.Need(new GlobalAttentionBackwardKernel(AttentionShape.Self(forward.Settings), forward.Dropout is not null));
        string rows = graph.Rows(op.DY);
        Columns dq = new(op.DQkv, forward.Q.First), dk = new(op.DQkv, forward.K.First), dv = new(op.DQkv, forward.V.First);
        writer.Lines("// d(global attention): from the rows of global tokens, which send nothing to the local attention.");
        writer.Lines($"{kernel.ClassName}.{kernel.Method}(");
        writer.Lines($"    {graph.Team}, {rows}.Sequences, {rows}.Offsets, {rows}.KeyEnds, {rows}.Globals, {graph.At(forward.Q)}, {graph.At(forward.K)}, {graph.At(forward.V)}, {graph.At(forward.Y)}, {graph.At(forward.LogSumExp!)},");
        writer.Lines($"    {graph.At(op.DY)}, {graph.At(op.DX)}, {graph.At(dq)}, {graph.At(dk)}, {graph.At(dv)}{Dropout(graph, forward.Dropout)});");
    }

    private static AttentionShape Shape(Attention op) => op.Q.Value == op.K.Value ? AttentionShape.Self(op.Settings) : AttentionShape.Cross(op.Settings);

    private static string Operands(GraphEmitter graph, Attention op)
    {
        string queries = graph.Rows(op.Q.Value), keys = graph.Rows(op.K.Value);
        return $"{queries}.Sequences, {queries}.Offsets, {keys}.Offsets, {keys}.KeyEnds, {graph.At(op.Q)}, {graph.At(op.K)}, {graph.At(op.V)}";
    }

    private static string Terms(GraphEmitter graph, Parameter? score, Value? bias) =>
        (score is null ? "" : graph.Weight(score) + ", ") + (bias is null ? "" : graph.At(bias) + ", ");

    private static string Globals(GraphEmitter graph, Attention op) => op.Settings.Globals ? graph.Rows(op.K.Value) + ".Globals, " : "";

    private static string Dropout(GraphEmitter graph, DropoutSite? site) => site is null ? "" : ", " + graph.Dropout(site);

    private static string Place(CacheLayer cache) => $"s.{(cache.IsSource ? "SourceCache" : "SelfCache")}, {cache.KeyOffset}, {cache.ValueOffset}";

    private static string Formula(AttentionSettings settings, DropoutSite? dropout)
    {
        string softmax = settings.Score == ScoreKind.Additive ? "softmax(v·tanh(q + k))" : $"softmax({AttentionShape.Self(settings).DescribeScore().Replace("q·k / √", "Q·Kᵀ/√").Replace("q·k", "Q·Kᵀ")})";
        return (dropout is null ? softmax : $"dropout({softmax})") + "·V";
    }
}

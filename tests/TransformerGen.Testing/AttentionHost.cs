using System.Reflection;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Testing;

/// <summary>The compiled kernels of one attention shape.</summary>
internal sealed unsafe class AttentionHost
{
    /// <summary>Which dropout of the model they are.</summary>
    public const int Site = 5;

    private AttentionHost(AttentionShape shape, bool dropout, Type api)
    {
        (Shape, Dropout) = (shape, dropout);
        Forward = Bind<ForwardKernel>(api, "Forward");
        ForwardLight = Bind<ForwardKernel>(api, "ForwardLight");
        Backward = Bind<BackwardKernel>(api, "Backward");
        Append = Bind<AppendKernel>(api, "Append");
        ForwardCached = Bind<CachedKernel>(api, "ForwardCached");
        ForwardCachedCross = Bind<CachedKernel>(api, "ForwardCachedCross");
        Probabilities = Bind<ProbabilitiesKernel>(api, "Probabilities");
    }

    public delegate void ForwardKernel(Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* score, float* bias, float* output, float* logSumExp, DropoutKey dropout);

    public delegate void BackwardKernel(
        Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* score, float* bias, float* output, float* logSumExp, float* dOutput,
        float* dq, float* dk, float* dv, float* dScore, bool add, float* parts, float* dBias, float* biasParts, DropoutKey dropout);

    public delegate void AppendKernel(Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* k, float* v);

    public delegate void CachedKernel(
        Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, float* q, float* score, float* bias, float* output);

    public delegate void ProbabilitiesKernel(int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* score, float* bias, float* logSumExp, float* destination);

    public AttentionShape Shape { get; }

    /// <summary>Whether forward and backward drop probabilities.</summary>
    public bool Dropout { get; }

    public ForwardKernel Forward { get; }

    public ForwardKernel ForwardLight { get; }

    public BackwardKernel Backward { get; }

    public AppendKernel Append { get; }

    public CachedKernel ForwardCached { get; }

    public CachedKernel ForwardCachedCross { get; }

    public ProbabilitiesKernel Probabilities { get; }

    /// <summary>The generated text of some shapes' kernels and of public methods in front of them.</summary>
    public static string Source(IReadOnlyList<AttentionShape> shapes, bool dropout = false)
    {
        var kernels = new KernelSet();
        foreach (AttentionShape shape in shapes)
        {
            kernels.Need(new AttentionForwardKernel(shape, false));
            kernels.Need(new AttentionForwardKernel(shape, true, dropout));
            kernels.Need(new AttentionBackwardKernel(shape, dropout));
            kernels.Need(new AttentionCachedKernel(shape, false));
            if (!shape.HasBias)
            {
                kernels.Need(new AttentionCachedKernel(shape, true));
            }

            kernels.Need(new AttentionProbabilitiesKernel(shape));
            kernels.Need(AppendOf(shape));
        }

        var writer = new SourceWriter();
        writer.Lines("using System;\nusing System.Runtime.CompilerServices;\nusing System.Runtime.Intrinsics;\nusing TransformerGen.Kernels;\nusing TransformerGen.Model;\n#nullable enable\n");
        writer.Lines("#pragma warning disable CS1591 // the host is the test's own, not a product");
        using (writer.Open("public static unsafe partial class Host"))
        {
            kernels.Emit(writer);
            foreach (AttentionShape shape in shapes)
            {
                bool distance = shape.Bias == BiasKind.Distance;
                string name = shape.ClassName, score = (shape.IsAdditive ? "score, " : "") + (distance ? "bias, " : "");
                string dScore = (shape.IsAdditive ? ", dScore, add, parts" : "") + (distance ? ", dBias, add, biasParts" : "");
                string suffix = dropout ? "Dropout" : "", key = dropout ? $", dropout, {Site}" : "";
                const string Rows = "Team team, int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* v, float* score, float* bias, ";
                const string Cached = "Team team, int sequences, int* offsets, int* past, int* slots, KeyValueCache cache, int keyOffset, int valueOffset, ";
                const string CachedNames = "team, sequences, offsets, past, slots, cache, keyOffset, valueOffset, ";
                string names = $"team, sequences, queryOffsets, keyOffsets, keyEnds, q, k, v, {score}";
                writer.Blank().Lines(
                    $$"""
                    public static class Api{{name}}
                    {
                        public static void Forward({{Rows}}float* output, float* logSumExp, DropoutKey dropout) => {{name}}.ForwardKeep{{suffix}}({{names}}output, logSumExp{{key}});
                        public static void ForwardLight({{Rows}}float* output, float* logSumExp, DropoutKey dropout) => {{name}}.Forward({{names}}output);
                        public static void Backward({{Rows}}float* output, float* logSumExp, float* dOutput, float* dq, float* dk, float* dv, float* dScore, bool add, float* parts, float* dBias, float* biasParts, DropoutKey dropout) => {{name}}.Backward{{suffix}}({{names}}output, logSumExp, dOutput, dq, dk, dv{{dScore}}{{key}});
                        public static void Append({{Cached}}float* k, float* v) => {{AppendOf(shape).ClassName}}.Append({{CachedNames}}k, v);
                        public static void ForwardCached({{Cached}}float* q, float* score, float* bias, float* output) => {{name}}.ForwardCached({{CachedNames}}q, {{score}}output);
                        public static void ForwardCachedCross({{Cached}}float* q, float* score, float* bias, float* output) => {{name}}.{{(shape.HasBias ? "ForwardCached" : "ForwardCachedCross")}}({{CachedNames}}q, {{score}}output);
                        public static void Probabilities(int sequences, int* queryOffsets, int* keyOffsets, int* keyEnds, float* q, float* k, float* score, float* bias, float* logSumExp, float* destination) => {{name}}.Probabilities(sequences, queryOffsets, keyOffsets, keyEnds, q, k, {{score}}logSumExp, destination);
                    }
                    """);
            }
        }

        return writer.ToString();
    }

    /// <summary>Compiles the kernels of some shapes in one go.</summary>
    public static IReadOnlyList<AttentionHost> Compile(IReadOnlyList<AttentionShape> shapes, bool dropout = false)
    {
        string source = Source(shapes, dropout);
        if (Environment.GetEnvironmentVariable("TRANSFORMERGEN_DUMP") is { Length: > 0 } file)
        {
            File.WriteAllText(file, source);
        }

        Assembly assembly = InMemoryCompiler.Load(InMemoryCompiler.Create("Attention" + Guid.NewGuid().ToString("N"), source));
        return [.. shapes.Select(s => new AttentionHost(s, dropout, assembly.GetType("Host+Api" + s.ClassName, true)!))];
    }

    private static CacheAppendKernel AppendOf(AttentionShape shape) => new(shape.KeyHeads, shape.HeadWidth, shape.KeyStride, shape.ValueStride);

    private static TDelegate Bind<TDelegate>(Type api, string method)
        where TDelegate : Delegate => api.GetMethod(method)!.CreateDelegate<TDelegate>();
}

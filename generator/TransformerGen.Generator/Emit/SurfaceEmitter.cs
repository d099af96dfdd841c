using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>What a user of the class sees: its documentation, how it is made, loaded and saved, and what is fixed about it.</summary>
internal static class SurfaceEmitter
{
    public static void Emit(SourceWriter writer, ModelTarget target, CompiledModel model)
    {
        ModelSpec spec = target.Spec;
        string name = target.ClassName, plain = name.TrimStart('@');
        Documentation(writer, spec, model);
        string contract = (model.Training is null ? $"ITransformer<{name}>" : $"ITrainable<{name}>") + (model.Evaluation is null ? "" : $", ICapturing<{name}>");
        using (writer.Open($"partial class {name} : {contract}, IDisposable"))
        {
            using (writer.Open($"private {name}(ModelWeights weights)"))
            {
                writer.Lines("Weights = weights;");
            }

            writer.Blank();
            writer.Lines("/// <summary>What is fixed about the model: sizes, ids, and the place of every tensor.</summary>");
            using (writer.Open("public static ModelInfo Info { get; } = new()"))
            {
                writer.Lines(
                    $""""
                    Name = "{plain}",
                    ModelType = "{spec.ModelType}",
                    ConfigJson = """
                    """");
                using (writer.Indent())
                {
                    writer.Lines(spec.ConfigJson.TrimEnd('\n'));
                    writer.Lines("\"\"\",");
                }

                writer.Lines(
                    $"""
                    Vocabulary = {spec.Vocabulary},
                    Width = {spec.Width},
                    MaxLength = {spec.MaxLength},
                    PadId = {spec.PadId},
                    BeginId = {spec.BeginId},
                    EndIds = [{string.Join(", ", spec.EndIds)}],
                    HasEncoder = {Bool(spec.Encoder is not null)},
                    HasDecoder = {Bool(spec.Decoder is not null)},
                    HasBatchNorm = {Bool(HasBatchNorm(model))},
                    Dropout = {Literal.Of(spec.Dropout)},
                    {Head(model)}ValueFloats = {model.Parameters.Floats},
                    PanelFloats = {model.Parameters.PanelFloats},
                    TrainingPanelFloats = {model.Parameters.TransposedPanelFloats},
                    SelfCacheLayers = [{string.Join(", ", model.Caches.SelfLayers.Select(l => $"new({l.KeyHeads}, {l.HeadWidth})"))}],
                    CrossCacheFloats = {model.Caches.SourceFloats},
                    BaseModelPrefix = "{spec.Prefix}",
                    IgnoredTensors = [{string.Join(", ", spec.IgnoredTensors.Select(t => $"\"{t}\""))}],
                    Parameters =
                    [
                    """);
                using (writer.Indent())
                {
                    ParametersEmitter.EmitTensors(writer, spec, model.Parameters);
                }

                writer.Lines("],");
            }

            writer.Lines(";");
            writer.Blank();
            writer.Lines(
                $$"""
                /// <summary>The parameters: row-major values, and the packed panels that are derived from them.</summary>
                public ModelWeights Weights { get; }

                /// <summary>A model with fresh weights: every tensor as its <see cref="ParameterInfo.Initialization"/> says.</summary>
                /// <param name="seed">The same seed gives the same weights.</param>
                /// <param name="team">Who derives the packed panels; null is the calling thread alone.</param>
                public static {{name}} Create(ulong seed, Team? team = null)
                {
                    {{name}} model = CreateEmpty();
                    global::TransformerGen.Training.WeightInitializer.Initialize(model.Weights, seed, team);
                    return model;
                }

                /// <summary>Reads a saved model: F32, F64, F16 and BF16 tensors, checked against this class before anything is used.</summary>
                /// <param name="path">A folder with model.safetensors or its shards, an index of shards, or a .safetensors file.</param>
                /// <param name="team">Who derives the packed panels; null is the calling thread alone.</param>
                /// <param name="options">What the checkpoint may lack; null is nothing.</param>
                /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of them are named.</exception>
                public static {{name}} Load(string path, Team? team = null, LoadOptions? options = null) => ModelFiles.Load<{{name}}>(path, team, options);

                /// <summary>Reads a saved model from a stream that holds a safetensors file.</summary>
                /// <param name="stream">The stream; it is read up to its end and stays open.</param>
                /// <param name="team">Who derives the packed panels; null is the calling thread alone.</param>
                /// <param name="options">What the checkpoint may lack; null is nothing.</param>
                /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of them are named.</exception>
                public static {{name}} Load(global::System.IO.Stream stream, Team? team = null, LoadOptions? options = null) => ModelFiles.Load<{{name}}>(stream, team, options);

                /// <summary>Reads a saved model from a safetensors file in memory.</summary>
                /// <param name="memory">The whole file.</param>
                /// <param name="team">Who derives the packed panels; null is the calling thread alone.</param>
                /// <param name="options">What the checkpoint may lack; null is nothing.</param>
                /// <exception cref="ModelMismatchException">Tensors are missing, unexpected or misshapen; all of them are named.</exception>
                public static {{name}} Load(global::System.ReadOnlyMemory<byte> memory, Team? team = null, LoadOptions? options = null) => ModelFiles.Load<{{name}}>(memory, team, options);

                /// <summary>Whether a saved model can be loaded; only its headers are read.</summary>
                /// <param name="path">As of <see cref="Load(string, Team?, LoadOptions?)"/>.</param>
                /// <param name="reasons">What differs; empty when it can.</param>
                public static bool IsCompatible(string path, out IReadOnlyList<string> reasons) => ModelFiles.IsCompatible<{{name}}>(path, out reasons);

                /// <summary>Writes config.json and model.safetensors, each completely or not at all, so that transformers loads them.</summary>
                /// <param name="folder">The folder; it is made where it is missing.</param>
                /// <param name="type">How numbers are stored: F32, F16 or BF16.</param>
                /// <param name="maxShardBytes">Most bytes of weights in one file; more become shards and an index.</param>
                public void Save(
                    string folder,
                    global::TransformerGen.Weights.TensorType type = global::TransformerGen.Weights.TensorType.F32,
                    long maxShardBytes = global::TransformerGen.Weights.SafeTensorsShards.DefaultShardBytes) =>
                    ModelFiles.Save(this, folder, type, maxShardBytes);

                /// <summary>A model whose weights are all zero, for a caller who sets them.</summary>
                public static {{name}} CreateEmpty() => new(new ModelWeights(Info, Pack<{{name}}>));

                /// <inheritdoc/>
                static {{name}} ITransformer<{{name}}>.Wrap(ModelWeights weights) => new(weights);

                /// <summary>Frees the weights.</summary>
                public void Dispose() => Weights.Dispose();

                private static void Pack<TModel>(ModelWeights weights, int first, int limit)
                    where TModel : class, ITransformer<TModel> => TModel.Pack(weights, first, limit);
                """);
        }
    }

    /// <summary>Whether some norm has running statistics; not every tensor that is never trained is one.</summary>
    private static bool HasBatchNorm(CompiledModel model) =>
        new[] { model.Training, model.Encoding, model.Decoding, model.Evaluation }.OfType<PlannedGraph>()
            .SelectMany(planned => planned.Graph.Operations).OfType<AddNorm>().Any(norm => norm.Norm.Kind == NormKind.Batch);

    /// <summary>What the head answers, where it is not logits over the vocabulary for every token.</summary>
    private static string Head(CompiledModel model)
    {
        ModelSpec spec = model.Spec;
        HeadSpec head = spec.Head;
        var lines = new List<string>();
        int types = new[] { spec.Encoder, spec.Decoder }.Max(stack => stack?.Embedding.Types?.Rows ?? 0);
        if (types > 0)
        {
            lines.Add($"TokenTypes = {types}");
        }

        if (spec.Encoder?.Embedding is { SkipsPadding: true, PaddingRow: var unplaced })
        {
            lines.Add($"UnplacedId = {unplaced}");
        }

        if (spec.Globals.Kind != GlobalsKind.None)
        {
            lines.Add($"Globals = GlobalTokens.{spec.Globals.Kind}");
            lines.Add($"SeparatorId = {spec.Globals.Separator}");
        }

        if (head.Kind != HeadKind.Language)
        {
            string kind = head.Kind switch
            {
                HeadKind.Classes => "Classes",
                HeadKind.Span => "Spans",
                _ => "HiddenStates",
            };
            lines.Add($"Output = OutputKind.{kind}");
            lines.Add($"Rows = OutputRows.{head.Rows}");
            if (head.Targets != TargetOrigin.Given)
            {
                lines.Add($"Targets = TargetOrigin.{head.Targets}");
            }

            lines.Add($"Loss = OutputLoss.{head.Loss}");
            lines.Add($"Classes = {head.Classes}");
            Dictionary<string, Graph.Value> outputs = (model.Decoding ?? model.Encoding)!.Graph.Outputs;
            int Width(string name) => outputs.TryGetValue(name, out Graph.Value? value) ? value.Width : 0;
            if (head.Kind == HeadKind.Hidden)
            {
                lines.Add($"HiddenWidth = {Width(Graph.OutputNames.Hidden)}");
                lines.Add($"PooledWidth = {Width(Graph.OutputNames.Pooled)}");
            }

            if (head.ClassNames.Count > 0)
            {
                lines.Add($"ClassNames = [{string.Join(", ", head.ClassNames.Select(Literal.Of))}]");
            }
        }

        return string.Concat(lines.Select(line => line + ",\n"));
    }

    private static void Documentation(SourceWriter writer, ModelSpec spec, CompiledModel model)
    {
        long count = model.Parameters.All.SelectMany(p => p.Tensors).Where(t => !t.IsBuffer).Sum(t => (long)t.Rows * t.Columns);
        writer.Lines("/// <summary>");
        writer.Lines($"/// Transformer (Vaswani et al. 2017): width {spec.Width}, vocabulary {Literal.Prose(spec.Vocabulary)}, at most {Literal.Prose(spec.MaxLength)} tokens.");
        writer.Lines("/// <code>");
        foreach (StackSpec stack in new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>())
        {
            writer.Lines($"/// {stack.Name} {stack.Layers.Count} × [ {string.Join(" → ", stack.Layers[0].Residuals.Select(Describe))} ]");
        }

        writer.Lines($"/// parameters {Literal.Prose(count)} ({Bytes(4 * count)})");
        foreach ((PlannedGraph? graph, string what) in ((PlannedGraph?, string)[])[(model.Training, "training"), (model.Encoding, "encoding"), (model.Decoding, "decoding")])
        {
            if (graph is not null)
            {
                writer.Lines($"/// {what}: {DescribeArena(graph.Plan)}; forward {DescribeFlops(graph.Graph)}");
            }
        }

        writer.Lines("/// </code>");
        writer.Lines("/// </summary>");
    }

    private static string Describe(ResidualSpec residual)
    {
        string branches = string.Join(" ∥ ", residual.Branches.Select(branch =>
            (branch.NormBefore is null ? "" : "norm → ") + Describe(branch.Function) + (branch.NormAfter is null ? "" : " → norm")));
        return branches + (residual.NormAfter is null ? " → add" : " → add &amp; norm");
    }

    private static string Describe(SublayerSpec sublayer) => sublayer switch
    {
        AttentionSpec { Source: AttentionSource.Encoder } a => $"cross-attention {Heads(a)}",
        AttentionSpec a => $"{(a.Causal ? "masked " : "")}self-attention {Heads(a)}",
        FeedForwardSpec f => $"feed-forward → {f.Inner}, {(f.Gated ? "gated " : "")}{f.Activation}",
        ExpertsSpec e => $"{e.PerToken} of {e.Count} experts → {e.Inner}, gated {e.Activation}",
        _ => sublayer.GetType().Name,
    };

    private static string Heads(AttentionSpec a) => $"{a.Heads} × {a.HeadWidth}{(a.KeyHeads == a.Heads ? "" : $" over {a.KeyHeads} key heads")}";

    private static string DescribeArena(MemoryPlan plan)
    {
        string Part(Symbol symbol, string per) => plan.Sizes.TryGetValue(symbol, out int floats) && floats > 0 ? $"{Bytes(4L * floats)} per {per}" : "";
        return string.Join(
            ", ", new[] { Part(Symbol.SourceRows, "source token"), Part(Symbol.TargetRows, "target token"), Part(Symbol.LabelRows, "label") }.Where(p => p.Length > 0));
    }

    private static string DescribeFlops(ModelGraph graph)
    {
        var flops = new Dictionary<Symbol, long>();
        foreach (Linear linear in graph.Operations.OfType<Linear>())
        {
            flops.TryGetValue(linear.X.Rows, out long sum);
            flops[linear.X.Rows] = sum + (2L * linear.X.Width * linear.Y.Width);
        }

        string Name(Symbol symbol) => symbol == Symbol.SourceRows ? "source token" : symbol == Symbol.TargetRows ? "target token" : "label";
        return string.Join(", ", flops.OrderBy(f => f.Key).Select(f => $"{Literal.Prose(f.Value / 1000)} kFLOP per {Name(f.Key)}")) + " in products";
    }

    private static string Bytes(long bytes) => bytes >= 1 << 20 ? $"{Literal.Prose(bytes / (1 << 20))} MiB" : bytes >= 1 << 10 ? $"{Literal.Prose(bytes / (1 << 10))} KiB" : $"{bytes} B";

    private static string Bool(bool value) => value ? "true" : "false";
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>Parts of a Spec that many families share, by transformers' usual names.</summary>
internal static class HubModels
{
    /// <summary>A decoder without its stack: ids, sizes, how fresh weights start.</summary>
    public static ModelSpec Causal(HubConfig config, int width, int vocabulary, int maxLength, string prefix, int? pad = null, int? begin = 1, int? end = 2) => new()
    {
        ModelType = "",
        Width = width,
        Vocabulary = vocabulary,
        MaxLength = maxLength,
        PadId = config.Id("pad_token_id", vocabulary, pad),
        BeginId = config.Id("bos_token_id", vocabulary, begin, anywhere: true),
        EndIds = config.Ids("eos_token_id", vocabulary, end),
        Head = new HeadSpec(HeadKind.Language, vocabulary, null),
        Initializer = Initializer(config),
        Prefix = prefix,
        ConfigJson = "",
    };

    /// <summary>An encoder without its stack.</summary>
    public static ModelSpec Encoder(HubConfig config, int width, int vocabulary, int maxLength, string prefix, int? pad) =>
        Causal(config, width, vocabulary, maxLength, prefix, pad, begin: null, end: null);

    /// <summary>Normal with initializer_range (or a key of another name), matrices and embeddings.</summary>
    public static InitializerSpec Initializer(HubConfig config, double ordinary = 0.02, string key = "initializer_range")
    {
        float deviation = (float)config.Positive(key, ordinary);
        return new InitializerSpec(deviation, deviation);
    }

    public static EquatableList<LayerSpec> Layers(int count, Func<int, LayerSpec> layer) => new(Enumerable.Range(0, count).Select(layer));

    /// <summary>x ← x + dropout(f(norm(x))) for each.</summary>
    public static LayerSpec PreNorm(float dropout, params (NormSpec Norm, SublayerSpec Function)[] parts) => new(new EquatableList<ResidualSpec>(
        parts.Select(part => ResidualSpec.Of(new BranchSpec(part.Function) { NormBefore = part.Norm, Dropout = dropout }))));

    /// <summary>x ← x + Σ dropout(f(norm(x))), all of the same x.</summary>
    public static LayerSpec Parallel(float dropout, params (NormSpec Norm, SublayerSpec Function)[] parts) => new(new EquatableList<ResidualSpec>(
        [ResidualSpec.Of([.. parts.Select(part => new BranchSpec(part.Function) { NormBefore = part.Norm, Dropout = dropout })])]));

    /// <summary>x ← norm(x + dropout(f(x))) for each.</summary>
    public static LayerSpec PostNorm(float dropout, params (NormSpec Norm, SublayerSpec Function)[] parts) => new(new EquatableList<ResidualSpec>(
        parts.Select(part => PostNorm(part.Norm, part.Function, dropout))));

    /// <summary>x ← norm(x + dropout(f(x))).</summary>
    public static ResidualSpec PostNorm(NormSpec norm, SublayerSpec function, float dropout) => ResidualSpec.Of(new BranchSpec(function) { Dropout = dropout }) with { NormAfter = norm };

    /// <summary>Self-attention of a decoder with q_proj, k_proj, v_proj and o_proj.</summary>
    public static AttentionSpec Attention(string name, int heads, int keyHeads, int headWidth, bool bias, int width, bool? outputBias = null, string output = "o_proj") => new(
        AttentionSource.Self,
        heads,
        keyHeads,
        headWidth,
        Causal: true,
        ProjectionSpec.Of(bias, (name + ".q_proj", heads * headWidth), (name + ".k_proj", keyHeads * headWidth), (name + ".v_proj", keyHeads * headWidth)),
        ProjectionSpec.Of(outputBias ?? bias, (name + "." + output, width)));

    /// <summary>Feed-forward with gate_proj, up_proj and down_proj.</summary>
    public static FeedForwardSpec Gated(string name, int inner, int width, ActivationKind activation, bool bias = false) => new(
        ProjectionSpec.Of(bias, (name + ".gate_proj", inner), (name + ".up_proj", inner)), ProjectionSpec.Of(bias, (name + ".down_proj", width)), inner, activation, Gated: true);

    /// <summary>The last product by the names of its weight and bias.</summary>
    public static ProjectionSpec Output(string weight, string? bias, int classes) => new(
        new EquatableList<TensorSpec>([new TensorSpec(weight, classes)]), bias is null ? null : new EquatableList<TensorSpec>([new TensorSpec(bias, classes)]));
}

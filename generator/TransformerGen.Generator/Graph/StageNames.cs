using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>What layers and their parts are called in generated code.</summary>
internal static class StageNames
{
    /// <summary>DecoderLayer1 for the first.</summary>
    public static string Layer(StackSpec stack, int index) => $"{Naming.Pascal(stack.Name)}Layer{index + 1}";

    /// <summary>Self, Cross, FeedForward, Experts.</summary>
    public static string Role(SublayerSpec sublayer) => sublayer switch
    {
        AttentionSpec { Source: AttentionSource.Encoder } => "Cross",
        AttentionSpec => "Self",
        FeedForwardSpec => "FeedForward",
        ExpertsSpec => "Experts",
        _ => throw new InvalidOperationException($"The sublayer {sublayer.GetType().Name} has no name."),
    };
}

using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>What layers and their parts are called in generated code.</summary>
internal static class StageNames
{
    /// <summary>DecoderLayer1 for the first.</summary>
    public static string Layer(StackSpec stack, int index) => $"{Naming.Pascal(stack.Name)}Layer{index + 1}";

    /// <summary>2 for the second step of its kind in a layer, and so on; empty for the first.</summary>
    public static string Suffix(LayerSpec layer, int index)
    {
        string role = Role(layer.Residuals[index].Branches[0].Function);
        int before = layer.Residuals.Take(index).Count(residual => Role(residual.Branches[0].Function) == role);
        return before == 0 ? "" : $"{before + 1}";
    }

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

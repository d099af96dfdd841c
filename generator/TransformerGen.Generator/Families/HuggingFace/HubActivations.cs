using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>Activations by the names of transformers' ACT2FN.</summary>
internal static class HubActivations
{
    private static readonly Dictionary<string, ActivationKind> s_all = new(StringComparer.Ordinal)
    {
        ["relu"] = ActivationKind.Relu,
        ["gelu"] = ActivationKind.Gelu,
        ["gelu_python"] = ActivationKind.Gelu,
        ["gelu_new"] = ActivationKind.GeluTanh,
        ["gelu_python_tanh"] = ActivationKind.GeluTanh,
        ["gelu_fast"] = ActivationKind.GeluTanh,
        ["gelu_pytorch_tanh"] = ActivationKind.GeluTanh,
        ["gelu_accurate"] = ActivationKind.GeluTanh,
        ["quick_gelu"] = ActivationKind.QuickGelu,
        ["silu"] = ActivationKind.Silu,
        ["swish"] = ActivationKind.Silu,
        ["tanh"] = ActivationKind.Tanh,
        ["sigmoid"] = ActivationKind.Sigmoid,
    };

    public static IEnumerable<string> Words => s_all.Keys.OrderBy(word => word, StringComparer.Ordinal);

    /// <summary>Null for an unknown name.</summary>
    public static ActivationKind? Find(string word) => s_all.TryGetValue(word, out ActivationKind kind) ? kind : null;
}

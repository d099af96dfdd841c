using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The table of sinusoidal positions, computed once when the model is first used.</summary>
internal static class PositionsEmitter
{
    public static PositionKind Kind(ModelSpec spec)
    {
        PositionKind encoder = spec.Encoder?.Embedding.Positions ?? PositionKind.None, decoder = spec.Decoder?.Embedding.Positions ?? PositionKind.None;
        return IsSinusoidal(encoder) ? encoder : IsSinusoidal(decoder) ? decoder : PositionKind.None;
    }

    public static void Emit(SourceWriter writer, ModelSpec spec)
    {
        PositionKind kind = Kind(spec);
        if (kind == PositionKind.None)
        {
            return;
        }

        string order = kind == PositionKind.Sinusoidal ? "interleaved" : "all sines, then all cosines";
        writer.Lines($"/// <summary>PE(p, 2i) = sin(p / 10000^(2i / {spec.Width})), PE(p, 2i + 1) = cos of the same ({order}; paper, section 3.5). [{spec.MaxLength}, {spec.Width}]</summary>");
        using (writer.Open("private static unsafe class Positions"))
        {
            writer.Lines($"private static readonly NativeBuffer s_table = Sinusoid.Create({spec.MaxLength}, {spec.Width}, interleaved: {(kind == PositionKind.Sinusoidal ? "true" : "false")});");
            writer.Blank();
            writer.Lines("public static float* Table => s_table.Start;");
        }
    }

    private static bool IsSinusoidal(PositionKind kind) => kind is PositionKind.Sinusoidal or PositionKind.SinusoidalHalf;
}

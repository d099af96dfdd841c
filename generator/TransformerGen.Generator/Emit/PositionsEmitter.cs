using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Emit;

/// <summary>The table of sinusoidal positions, computed once when the model is first used.</summary>
internal static class PositionsEmitter
{
    /// <summary>Writes the table that a model's embeddings read, if one does.</summary>
    /// <returns>Whether there is one.</returns>
    public static bool Emit(SourceWriter writer, CompiledModel model) => Emit(
        writer,
        new[] { model.Training, model.Encoding, model.Decoding, model.Evaluation }.OfType<PlannedGraph>().SelectMany(planned => planned.Graph.Operations),
        model.Spec.MaxLength);

    /// <summary>Writes the table that some operations read, if one does.</summary>
    public static bool Emit(SourceWriter writer, IEnumerable<Operation> operations, int maxLength)
    {
        List<Embed> embeds = operations.OfType<Embed>().Where(embed => embed.Positions is not (PositionKind.None or PositionKind.Learned)).ToList();
        if (embeds.Count == 0)
        {
            return false;
        }

        Embed embed = embeds[0];
        if (embeds.Any(other => other.Positions != embed.Positions || other.Y.Width != embed.Y.Width))
        {
            throw new System.InvalidOperationException("The embeddings of one model have one kind of sinusoidal positions.");
        }

        int rows = checked(maxLength + embeds.Max(e => e.PositionOffset)), width = embed.Y.Width;
        string order = embed.Positions == PositionKind.Sinusoidal ? "interleaved" : "all sines, then all cosines";
        string table = embed.Positions == PositionKind.SinusoidalFairseq
            ? $"Sinusoid.CreateFairseq({rows}, {width})"
            : $"Sinusoid.Create({rows}, {width}, interleaved: {(embed.Positions == PositionKind.Sinusoidal ? "true" : "false")})";
        writer.Lines(embed.Positions == PositionKind.SinusoidalFairseq
            ? $"/// <summary>PE(p, i) = sin(p · 10000^(-i / {(width / 2) - 1})), then as many cosines (fairseq). [{rows}, {width}]</summary>"
            : $"/// <summary>PE(p, 2i) = sin(p / 10000^(2i / {width})), PE(p, 2i + 1) = cos of the same ({order}; paper, section 3.5). [{rows}, {width}]</summary>");
        using (writer.Open("private static unsafe class Positions"))
        {
            writer.Lines($"private static readonly NativeBuffer s_table = {table};");
            writer.Blank();
            writer.Lines("public static float* Table => s_table.Start;");
        }

        return true;
    }
}

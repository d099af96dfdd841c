using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>How the columns of a product are cut into panels, and how many rows a register tile over such a panel has.</summary>
/// <param name="Rows">Rows of a tile.</param>
/// <param name="Vectors">Vectors across a panel.</param>
/// <param name="Last">Vectors across the last panel; equal to <paramref name="Vectors"/> when the columns divide evenly.</param>
internal sealed record LinearPanels(int Rows, int Vectors, int Last)
{
    private const int Wide = 16;

    /// <summary>Rounds a width up to whole 512-bit vectors: the row stride of every matrix.</summary>
    public static int Pad(int width) => (width + Wide - 1) & ~(Wide - 1);

    /// <summary>
    /// The panels for this many columns. 32 registers hold 24 sums, the panel's vectors and one value of the left operand: 6×4, 8×3 or 12×2,
    /// the first that divides the columns. Narrower machines have 16 registers: 6×2, which divides every padded width.
    /// </summary>
    public static LinearPanels For(int columns, Lanes lanes)
    {
        if (lanes.Count < Wide)
        {
            return new LinearPanels(6, 2, 2);
        }

        int vectors = Pad(columns) / Wide;
        return vectors switch
        {
            1 => new LinearPanels(12, 1, 1),
            _ when vectors % 4 == 0 => new LinearPanels(6, 4, 4),
            _ when vectors % 3 == 0 => new LinearPanels(8, 3, 3),
            _ when vectors % 2 == 0 => new LinearPanels(12, 2, 2),
            _ => new LinearPanels(6, vectors < 4 ? vectors : 4, vectors < 4 ? vectors : vectors % 4),
        };
    }

    /// <summary>Part of method names: 6x4, or 6x4Then1 with a narrower last panel.</summary>
    public string Name => $"{Rows}x{Vectors}" + (Last == Vectors ? "" : $"Then{Last}");

    /// <summary>The vector types a kernel is compiled for, widest first, each with the condition that the JIT answers.</summary>
    public static IReadOnlyList<Lanes> AllLanes { get; } =
    [
        new("Lanes512", 16, "Vector512.IsHardwareAccelerated"),
        new("Lanes256", 8, "Vector256.IsHardwareAccelerated"),
        new("Lanes128", 4, null),
    ];

    /// <summary>The panels of each vector width, without repetition.</summary>
    public static IEnumerable<LinearPanels> Each(int columns) => AllLanes.Select(lanes => For(columns, lanes)).Distinct();

    /// <summary>Writes one call per vector width: the JIT keeps the one that the machine has.</summary>
    /// <param name="call">The call for these lanes, without semicolon.</param>
    public static void EmitByWidth(SourceWriter writer, System.Func<Lanes, string> call)
    {
        for (int i = 0; i < AllLanes.Count; i++)
        {
            Lanes lanes = AllLanes[i];
            string header = (i == 0 ? "" : "else ") + (lanes.Condition is null ? "" : $"if ({lanes.Condition})");
            using (writer.Open(header.TrimEnd()))
            {
                writer.Lines(call(lanes) + ";");
            }
        }
    }
}

/// <summary>A vector type of the runtime.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Count">Floats in it.</param>
/// <param name="Condition">When it is the one to use; null for the last resort.</param>
internal sealed record Lanes(string Type, int Count, string? Condition);

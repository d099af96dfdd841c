namespace TransformerGen.Model;

/// <summary>How tensors are cut where several threads go through all parameters: whole rows, sixteen at a time where there are as many, so that panels are packed in squares.</summary>
internal static class RowBlocks
{
    /// <summary>Floats of a block where rows allow it: 16 K, with gradient and moments 256 KB, which stay in the second-level cache until they are packed.</summary>
    public const int Floats = 16 * 1024;

    private const int Square = 16;

    /// <summary>Floats of a block of this tensor.</summary>
    public static int FloatsOf(ParameterInfo parameter) =>
        parameter.Rank < 2 ? Floats : checked(Math.Max(Floats / parameter.Stride / Square * Square, Square) * parameter.Stride);

    /// <summary>First float and end of every block of every matrix.</summary>
    public static int[] Of(ModelInfo info)
    {
        var blocks = new List<int>();
        foreach (ParameterInfo parameter in info.Parameters.Where(p => p.Rank >= 2))
        {
            int end = checked(parameter.Offset + (parameter.Rows * parameter.Stride)), floats = FloatsOf(parameter);
            for (int at = parameter.Offset; at < end; at += Math.Min(floats, end - at))
            {
                blocks.Add(at);
                blocks.Add(at + Math.Min(floats, end - at));
            }
        }

        return [.. blocks];
    }
}

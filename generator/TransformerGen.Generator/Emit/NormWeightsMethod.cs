using System.Collections.Generic;
using System.Globalization;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// dGain (+)= Σ dy ⊙ x̂, dShift (+)= Σ dy over the rows, whatever the norm: split by columns, every thread goes through the rows in order, so that sums have one order.
/// </summary>
/// <param name="Name">The public method.</param>
/// <param name="Stride">Floats of a row.</param>
/// <param name="HasShift">Whether there is a shift.</param>
/// <param name="PerColumns">What is known of some columns i before the rows: vectors with an initial value each.</param>
/// <param name="PerRow">What is known of a row r beside d = dy.</param>
/// <param name="Sum">The sum g with this row's part: an expression of g, d and what the two say.</param>
internal sealed record NormWeightsMethod(string Name, int Stride, bool HasShift, string PerColumns, string PerRow, string Sum)
{
    public void Emit(SourceWriter writer)
    {
        string body =
            $$"""
            for (int i = first * {{Padding.Floats}}; i < end * {{Padding.Floats}}; i += V.Count)
            {
                V {{PerColumns}}g = V.Zero{{(HasShift ? ", b = V.Zero" : "")}};
                for (int r = 0; r < rows; r++)
                {
                    V d = V.Load(dy + ((long)r * {{Stride}}) + i){{PerRow}};
                    g = {{Sum}};
            """ + (HasShift ? "\n        b += d;" : "")
            + """

                }

                V.Store(add ? V.Load(dGain + i) + g : g, dGain + i);
            """ + (HasShift ? "\n    V.Store(add ? V.Load(dShift + i) + b : b, dShift + i);" : "")
            + "\n}";
        new TeamMethod(
            Name,
            $"dGain (+)= Σ dy ⊙ x̂{(HasShift ? ", dShift (+)= Σ dy" : "")} over the rows, in their order; split by columns.",
            [
                ("int", "rows"), ("float*", "dy"), ("float*", "z"), ("float*", "statistics"), ("float*", "dGain"),
                .. HasShift ? [("float*", "dShift")] : (IEnumerable<(string, string)>)[], ("bool", "add"),
            ],
            (Stride / Padding.Floats).ToString(CultureInfo.InvariantCulture),
            Padding.Floats * 512,
            body).Emit(writer);
    }
}

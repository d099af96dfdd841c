using System;
using System.Linq;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// Loops over columns that begin anywhere in a row and need not be whole vectors: what is left over is read and written lane by lane, so that nothing beyond
/// the columns is touched. Where the width is a multiple of 16 the loop is the plain one.
/// </summary>
internal static class ColumnLoop
{
    /// <summary>A loop over the columns [0, size).</summary>
    /// <param name="size">Columns.</param>
    /// <param name="body">Statements at column i, given how to load and to store there.</param>
    /// <param name="padding">Whether the loop goes on to the next multiple of 16, where nothing is left to load: for a value whose padding is written, too.</param>
    public static string Of(int size, Func<Access, string> body, bool padding = false)
    {
        int whole = size / Padding.Floats * Padding.Floats;
        string Text(int first, int end, bool isPart) =>
            $$"""
            for (int i = {{first}}; i < {{end}}; i += V.Count)
            {
                {{body(new Access(size, isPart)).Indent(4)}}
            }
            """;
        return string.Join("\n\n", new[] { whole > 0 ? Text(0, whole, false) : "", whole < size ? Text(whole, padding ? Padding.Of(size) : size, true) : "" }.Where(text => text.Length > 0));
    }

    /// <summary>Puts spaces in front of every line but the first: where a text of several lines stands in another.</summary>
    public static string Indent(this string text, int spaces) =>
        string.Join("\n", text.Split('\n').Select((line, i) => i == 0 || line.Length == 0 ? line : new string(' ', spaces) + line));

    /// <summary>How statements at column i read and write.</summary>
    /// <param name="Size">Columns in all.</param>
    /// <param name="IsPart">Whether fewer columns than lanes may be left.</param>
    internal sealed record Access(int Size, bool IsPart)
    {
        /// <summary>The vector at a pointer plus i; missing lanes are zero.</summary>
        public string Load(string pointer) => IsPart ? $"LaneParts.Load<V>({pointer} + i, {Size} - i)" : $"V.Load({pointer} + i)";

        /// <summary>Writes a vector to a pointer plus i.</summary>
        public string Store(string value, string pointer) => IsPart ? $"LaneParts.Store({value}, {pointer} + i, {Size} - i);" : $"V.Store({value}, {pointer} + i);";

        /// <summary>A value whose missing lanes are zero.</summary>
        public string Masked(string value) => IsPart ? $"V.First({value}, {Size} - i, V.Zero)" : value;
    }
}

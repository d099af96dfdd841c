using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// Writes a kernel method whose work a team shares: the public method that packs its arguments, the choice of the vector width, and the body,
/// generic over the vector. The body sees the parameters by name and does the units [first, end).
/// </summary>
/// <param name="Name">The public method.</param>
/// <param name="Summary">One line or more of XML documentation.</param>
/// <param name="Parameters">Type and name; team comes first by itself.</param>
/// <param name="Units">Expression: units of work.</param>
/// <param name="FloatsPerUnit">Floats that one unit touches, to tell whether sharing pays.</param>
/// <param name="Body">Statements; V is the vector type.</param>
internal sealed record TeamMethod(string Name, string Summary, IReadOnlyList<(string Type, string Name)> Parameters, string Units, int FloatsPerUnit, string Body)
{
    public void Emit(SourceWriter writer)
    {
        string arguments = string.Join(", ", Parameters.Select(p => $"{p.Type} {p.Name}"));
        writer.Lines($"/// <summary>{Summary}</summary>");
        using (writer.Open($"public static void {Name}(Team team, {arguments})"))
        {
            writer.Lines($"var work = new {Name}Work {{ {string.Join(", ", Parameters.Select(p => $"{Field(p.Name)} = {p.Name}"))} }};");
            writer.Lines($"team.Run({Units}, {FloatsPerUnit}, &{Name}Part, &work);");
        }

        writer.Blank();
        using (writer.Open($"private struct {Name}Work"))
        {
            foreach ((string type, string name) in Parameters)
            {
                writer.Lines($"public {type} {Field(name)};");
            }
        }

        writer.Blank();
        writer.Lines(
            $$"""
            private static void {{Name}}Part(int first, int end, void* work)
            {
                if (Vector512.IsHardwareAccelerated)
                {
                    {{Name}}Part<Lanes512>(first, end, ({{Name}}Work*)work);
                }
                else if (Vector256.IsHardwareAccelerated)
                {
                    {{Name}}Part<Lanes256>(first, end, ({{Name}}Work*)work);
                }
                else
                {
                    {{Name}}Part<Lanes128>(first, end, ({{Name}}Work*)work);
                }
            }

            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            """);
        using (writer.Open($"private static void {Name}Part<V>(int first, int end, {Name}Work* work)\n    where V : unmanaged, ILanes<V>"))
        {
            foreach ((string type, string name) in Parameters)
            {
                writer.Lines($"{type} {name} = work->{Field(name)};");
            }

            writer.Lines(Body);
        }
    }

    private static string Field(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);
}

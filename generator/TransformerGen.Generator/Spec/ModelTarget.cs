using System.Text;

namespace TransformerGen.Generator.Spec;

/// <summary>A valid class and its model: what the output step writes from.</summary>
/// <param name="Namespace">Empty for the global namespace.</param>
/// <param name="ClassName">As C# writes it: a keyword has its @.</param>
/// <param name="ContainingTypes">Headers of the types around it, outermost first: partial class Outer.</param>
/// <param name="Accessibility">public, internal, private, protected, protected internal or private protected.</param>
/// <param name="Spec">The model.</param>
internal sealed record ModelTarget(string Namespace, string ClassName, EquatableList<string> ContainingTypes, string Accessibility, ModelSpec Spec)
{
    /// <summary>Short names of the runtime's types that mean something else in the class's surroundings.</summary>
    public EquatableList<string> HiddenNames { get; init; } = new([]);

    /// <summary>Begins the names of the class's files and is its own: namespace, types around it and name, with dots.</summary>
    public string HintPrefix
    {
        get
        {
            var hint = new StringBuilder(Namespace.Length > 0 ? Namespace + "." : "");
            foreach (string header in ContainingTypes)
            {
                hint.Append(header, header.LastIndexOf(' ') + 1, header.Length - header.LastIndexOf(' ') - 1).Append('.');
            }

            return hint.Append(ClassName).Replace("@", "").ToString();
        }
    }
}

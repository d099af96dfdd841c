using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>What one class with its attribute says, before a config.json is looked up. Equal when the source says the same.</summary>
/// <param name="Target">The class; its Spec is null when a config.json has it.</param>
/// <param name="ConfigPath">Path in the attribute, null when the attribute describes the model.</param>
/// <param name="Options">What to generate.</param>
/// <param name="ParameterCap">Cap in the attribute, null when it is not set.</param>
internal sealed record ModelDeclaration(ModelClass Target, ModelSpec? Spec, string? ConfigPath, BuildOptions Options, long? ParameterCap)
{
    /// <summary>What the attribute says about the head of the config.json; null where it leaves that to the file.</summary>
    public HeadChoice? Head { get; init; }
}

/// <summary>The user's class.</summary>
/// <param name="Namespace">Empty for the global namespace.</param>
/// <param name="ClassName">As C# writes it: a keyword has its @.</param>
/// <param name="ContainingTypes">Headers of the types around it, outermost first: partial class Outer.</param>
/// <param name="Accessibility">public, internal, private ...</param>
/// <param name="HiddenNames">Short names of the runtime's types that mean something else in the class's surroundings.</param>
internal sealed record ModelClass(
    string Namespace, string ClassName, EquatableList<string> ContainingTypes, string Accessibility, EquatableList<string> HiddenNames);

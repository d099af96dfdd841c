using System.Collections.Generic;

namespace TransformerGen.Generator.Emit;

/// <summary>
/// A method (or a few that belong together) of a nested kernel class of the generated model. Kernels are records: the same kernel asked for
/// twice is one. Those of the same <see cref="ClassName"/> share a class.
/// </summary>
internal abstract record Kernel
{
    /// <summary>The nested class, such as Linear128To384.</summary>
    public abstract string ClassName { get; }

    /// <summary>Lines of the class's XML documentation (content of summary): what it computes, with shapes.</summary>
    public abstract string Summary { get; }

    /// <summary>Lines of the class's remarks: why this tile. Empty for none.</summary>
    public virtual string Remarks => "";

    /// <summary>Orders the members of a class.</summary>
    public abstract string MemberKey { get; }

    /// <summary>Kernels that this one calls.</summary>
    public virtual IEnumerable<Kernel> Needs => [];

    /// <summary>Writes the members.</summary>
    public abstract void Emit(SourceWriter writer);
}

namespace TransformerGen.Generator.Emit;

/// <summary>A member of the class of one attention shape.</summary>
internal abstract record AttentionKernel(AttentionShape Shape) : Kernel
{
    public override string ClassName => Shape.ClassName;

    public override string Summary => Shape.DescribeFormula();

    public override string Remarks =>
        "Flash attention (Dao et al. 2022): blocks of 64 keys, an online softmax, no [queries, keys] matrix. A pattern costs what it visits: each\n" +
        "block of keys meets only the queries that see one of them, and of its panels of 16 only those in which a tile of 4 queries sees a key.";

    /// <summary>The parameter of additive attention in a list, or nothing.</summary>
    protected string Additive(string text) => Shape.IsAdditive ? text : "";

    /// <summary>The parameter of top-k attention in a list, or nothing.</summary>
    protected string TopK(string text) => Shape.IsTopK ? text : "";

    /// <summary>Writes a method that picks the widest vectors of the machine for a generic body.</summary>
    protected static string Dispatch(string body, string arguments) =>
        $$"""
        if (Vector512.IsHardwareAccelerated)
        {
            {{body}}<Lanes512>({{arguments}});
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            {{body}}<Lanes256>({{arguments}});
        }
        else
        {
            {{body}}<Lanes128>({{arguments}});
        }
        """;

    /// <summary>Indents the lines of a text but the first, for use inside a raw string.</summary>
    protected static string Indented(string text, int levels) => text.Replace("\n", "\n" + new string(' ', 4 * levels));
}

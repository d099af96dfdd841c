namespace TransformerGen.Generator.Spec;

/// <summary>Which tokens are global where the caller names none.</summary>
internal enum GlobalsKind
{
    /// <summary>The model has no global tokens.</summary>
    None,

    /// <summary>No token.</summary>
    Named,

    /// <summary>The first token of each sequence.</summary>
    First,

    /// <summary>Those in front of the first separator: the question.</summary>
    Question,
}

/// <summary>Tokens that see and are seen by all tokens of their sequence.</summary>
/// <param name="Separator">Id of the token behind the question; -1 where nothing asks for it.</param>
internal sealed record GlobalsSpec(GlobalsKind Kind, int Separator = -1)
{
    public static GlobalsSpec None { get; } = new(GlobalsKind.None);
}

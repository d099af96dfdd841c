namespace TransformerGen.Model;

/// <summary>Which tokens see, and are seen by, every token of their sequence where the caller names none (Longformer, Beltagy et al. 2020).</summary>
public enum GlobalTokens
{
    /// <summary>The model has no global tokens.</summary>
    None,

    /// <summary>Those that the caller names, else none.</summary>
    Named,

    /// <summary>The first token of each sequence.</summary>
    First,

    /// <summary>The question: the tokens in front of the first <see cref="ModelInfo.SeparatorId"/>.</summary>
    Question,
}

/// <summary>Checks marks of global tokens, and finds those that a model has by itself.</summary>
internal static class GlobalMarks
{
    /// <summary>Checks that there is a mark for each token, or none, and that the model has global tokens.</summary>
    /// <exception cref="ArgumentException">There are marks, but not as many as tokens, or for a model that has no use for them.</exception>
    public static void Require(ModelInfo info, ReadOnlySpan<bool> globals, int tokens, string parameter)
    {
        if (globals.IsEmpty)
        {
            return;
        }

        if (info.Globals == GlobalTokens.None)
        {
            throw new ArgumentException($"{info.Name} has no global tokens. Leave them out.", parameter);
        }

        if (globals.Length != tokens)
        {
            throw new ArgumentException($"There are {globals.Length} marks of global tokens for {tokens} tokens. Expected one per token, or none for what the model does by itself.", parameter);
        }
    }

    /// <summary>How many of a sequence's first tokens are global where the caller names none.</summary>
    /// <exception cref="ArgumentException">The model looks for the end of a question, and there is none.</exception>
    public static int Leading(ModelInfo info, ReadOnlySpan<int> tokens, string parameter)
    {
        switch (info.Globals)
        {
            case GlobalTokens.First:
                return Math.Min(1, tokens.Length);
            case GlobalTokens.Question:
                int end = tokens.IndexOf(info.SeparatorId);
                return end >= 0 ? end : throw new ArgumentException(
                    $"A sequence of {tokens.Length} tokens has no separator (id {info.SeparatorId}). The tokens in front of the first one are the question, which {info.Name} gives global attention; put one behind the question, or say yourself which tokens are global.",
                    parameter);
            default:
                return 0;
        }
    }
}

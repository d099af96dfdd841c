using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>What a batch refuses, and how it says so.</summary>
public sealed partial class TrainingBatch
{
    private void RequirePair()
    {
        if (!IsPair)
        {
            throw new InvalidOperationException(_info.MirrorsSource
                ? $"{_info.Name} feeds its decoder the source itself and takes single sequences: use {(_info.Output == OutputKind.Spans ? "AddSpan" : "AddLabelled or AddTargets")}."
                : $"{_info.Name} has one stack and takes single sequences: use Add or AddText.");
        }
    }

    private void RequireSingle()
    {
        if (IsPair)
        {
            throw new InvalidOperationException($"{_info.Name} is an encoder-decoder and takes pairs: use {(_info.Output == OutputKind.Language ? "AddPair or AddTranslation" : "AddSequences")}.");
        }
    }

    /// <summary>One label for each token of a model of one stack.</summary>
    private void RequireTokenLabels()
    {
        RequireSingle();
        RequireHead(_info.Output == OutputKind.Language || _info is { Output: OutputKind.Classes, Rows: OutputRows.All, Loss: OutputLoss.CrossEntropy });
    }

    private void RequireHead(bool fits)
    {
        if (!fits)
        {
            string advice = _info switch
            {
                { Output: OutputKind.Language, TakesPairs: true } => "predicts tokens: use AddPair, with a label for each token of the target, or AddTranslation",
                { Output: OutputKind.Language } => "predicts tokens: use Add, with a label for each token, or AddText",
                { Output: OutputKind.Spans } => "finds spans: use AddSpan",
                { Output: OutputKind.HiddenStates, TakesPairs: true } => "has no labels: use AddSequences, and give the trainer a loss of your own",
                { Output: OutputKind.HiddenStates } => "has no labels: use AddSequence, and give the trainer a loss of your own",
                { Loss: not OutputLoss.CrossEntropy } => "is trained towards numbers: use AddTargets",
                { Rows: OutputRows.All } => "has a class for each token: use Add",
                _ => "has one class for each sequence: use AddLabelled",
            };
            throw new InvalidOperationException($"{_info.Name} {advice}.");
        }
    }

    /// <summary>The sequence, or as much of it as fits, its types and its global tokens; checked.</summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="truncate">Whether it may be cut.</param>
    /// <param name="types">Their types.</param>
    /// <param name="globals">Which of them are global.</param>
    /// <param name="leading">How many of the first ones are global where nobody said so.</param>
    /// <param name="padding">How many of the last ones are padding.</param>
    private ReadOnlySpan<int> Accept(
        ReadOnlySpan<int> tokens, bool truncate, scoped ref ReadOnlySpan<int> types, scoped ref ReadOnlySpan<bool> globals, out int leading, int padding = 0)
    {
        PackedRows.RequireTypes(_info, types, tokens.Length, nameof(types));
        GlobalMarks.Require(_info, globals, tokens.Length, nameof(globals));
        int real = tokens.Length - padding;
        tokens = Limit(tokens, truncate, nameof(tokens));
        types = types.IsEmpty ? types : types[..tokens.Length];
        CheckIds(tokens, nameof(tokens));
        leading = globals.IsEmpty ? GlobalMarks.Leading(_info, tokens[..Math.Min(real, tokens.Length)], nameof(tokens)) : 0;
        if (!globals.IsEmpty)
        {
            globals = globals[..tokens.Length];
            if (real < tokens.Length && globals[real..].Contains(true))
            {
                throw new ArgumentException($"Token {real + globals[real..].IndexOf(true)} is padding and marked as global. Nobody sees padding.", nameof(globals));
            }
        }

        return tokens;
    }

    private static void CheckAligned(ReadOnlySpan<int> tokens, ReadOnlySpan<int> labels)
    {
        if (tokens.Length != labels.Length)
        {
            throw new ArgumentException($"There are {labels.Length} labels for {tokens.Length} output rows; each row has one, {Ignored} where nothing counts.", nameof(labels));
        }
    }

    /// <summary>The sequence, or as much of it as fits.</summary>
    private ReadOnlySpan<int> Limit(ReadOnlySpan<int> tokens, bool truncate, string parameter)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("The sequence is empty; a sequence has at least one token.", parameter);
        }

        return tokens.Length <= _info.MaxLength ? tokens : truncate ? tokens[.._info.MaxLength] : throw TooLong(tokens.Length, parameter);
    }

    private ArgumentException TooLong(int length, string parameter, string remark = "") =>
        new($"The sequence has {length} tokens{remark}; {_info.Name} takes at most {_info.MaxLength} (MaxLength). Shorten it, pass truncate: true, or give the model a larger MaxLength.", parameter);

    private void CheckIds(ReadOnlySpan<int> ids, string parameter)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)_info.Vocabulary)
            {
                throw new ArgumentException($"Token {i} is {ids[i]}; the ids of {_info.Name} are 0 to {_info.Vocabulary - 1}. The tokenizer's vocabulary and the model's have to be the same.", parameter);
            }
        }
    }

    private void CheckLabels(ReadOnlySpan<int> labels)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] != Ignored && (uint)labels[i] >= (uint)_info.Classes)
            {
                throw new ArgumentException($"Label {i} is {labels[i]}; the classes of {_info.Name} are 0 to {_info.Classes - 1}, and {Ignored} where nothing counts.", nameof(labels));
            }
        }
    }
}

using TransformerGen.Model;

namespace TransformerGen.Encoders;

/// <summary>An answer inside a sequence.</summary>
/// <param name="Start">Its first token, counted in the sequence.</param>
/// <param name="End">Its last token, counted in the sequence.</param>
/// <param name="Probability">Probability of this first token times that of this last one.</param>
public readonly record struct AnswerSpan(int Start, int End, float Probability);

/// <summary>Answers to questions, for models whose head is <see cref="OutputKind.Spans"/>. Any number of callers may use one model at a time.</summary>
public static class ModelSpans
{
    /// <summary>
    /// The best answer in each sequence, as transformers' pipeline chooses it: of all spans within the text that are not too long, the one with the largest product of
    /// the probabilities of its ends, each a softmax over the tokens of the text.
    /// </summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, question and text each, end to end.</param>
    /// <param name="lengths">[S] tokens of each sequence, at least one.</param>
    /// <param name="texts">[S] where in each sequence an answer may be: its text, not its question.</param>
    /// <param name="answers">[S] receives the answers.</param>
    /// <param name="maxTokens">Tokens of the longest answer.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[N] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id or a type is none of the model's, numbers do not match, or a text is empty or not inside its sequence.</exception>
    /// <exception cref="NotSupportedException">The model does not find spans.</exception>
    public static void FindSpans<TModel>(
        this TModel model,
        ReadOnlySpan<int> tokens,
        ReadOnlySpan<int> lengths,
        ReadOnlySpan<Range> texts,
        Span<AnswerSpan> answers,
        int maxTokens = 15,
        ReadOnlySpan<int> types = default,
        ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        if (info.Output != OutputKind.Spans)
        {
            throw new NotSupportedException($"{info.Name} has no head that finds spans. Compile it with Head = ModelHead.QuestionAnswering.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        if (texts.Length != lengths.Length || answers.Length != lengths.Length)
        {
            throw new ArgumentException($"There are {lengths.Length} sequences, {texts.Length} texts and room for {answers.Length} answers. Expected as many of each.", nameof(texts));
        }

        for (int s = 0; s < lengths.Length; s++)
        {
            int length = Math.Max(0, lengths[s]), first = texts[s].Start.GetOffset(length), end = texts[s].End.GetOffset(length);
            if (first < 0 || first >= end || end > length)
            {
                throw new ArgumentException($"The text of sequence {s} is {texts[s]} of {lengths[s]} tokens. Expected at least one token inside the sequence.", nameof(texts));
            }
        }

        float[] logits = System.Buffers.ArrayPool<float>.Shared.Rent(checked(4 * tokens.Length));
        try
        {
            Span<float> both = logits.AsSpan(0, 2 * tokens.Length), starts = logits.AsSpan(2 * tokens.Length, tokens.Length), ends = logits.AsSpan(3 * tokens.Length, tokens.Length);
            model.Forward(tokens, lengths, types, globals, both);
            for (int i = 0; i < tokens.Length; i++)
            {
                (starts[i], ends[i]) = (both[2 * i], both[(2 * i) + 1]);
            }

            for (int s = 0, row = 0; s < lengths.Length; row += lengths[s++])
            {
                (int first, int count) = texts[s].GetOffsetAndLength(lengths[s]);
                AnswerSpan best = Best(starts.Slice(row + first, count), ends.Slice(row + first, count), maxTokens);
                answers[s] = best with { Start = best.Start + first, End = best.End + first };
            }
        }
        finally
        {
            System.Buffers.ArrayPool<float>.Shared.Return(logits);
        }
    }

    /// <summary>The best answer in one sequence; see the other overload.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Token ids of question and text.</param>
    /// <param name="text">Where an answer may be.</param>
    /// <param name="maxTokens">Tokens of the longest answer.</param>
    /// <param name="types">Type of each token; none for 0 everywhere.</param>
    /// <param name="globals">Which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    public static AnswerSpan FindSpan<TModel>(
        this TModel model, ReadOnlySpan<int> tokens, Range text, int maxTokens = 15, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        var answer = default(AnswerSpan);
        model.FindSpans(tokens, [tokens.Length], [text], new Span<AnswerSpan>(ref answer), maxTokens, types, globals);
        return answer;
    }

    private static AnswerSpan Best(Span<float> starts, Span<float> ends, int maxTokens)
    {
        LogitMath.Softmax(starts);
        LogitMath.Softmax(ends);
        var best = new AnswerSpan(0, 0, -1f);
        for (int start = 0; start < starts.Length; start++)
        {
            for (int end = start; end < start + Math.Min(maxTokens, ends.Length - start); end++)
            {
                float probability = starts[start] * ends[end];
                best = probability > best.Probability ? new AnswerSpan(start, end, probability) : best;
            }
        }

        return best;
    }
}

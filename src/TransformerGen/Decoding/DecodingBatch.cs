namespace TransformerGen.Decoding;

/// <summary>The checked beginning of a batch: packed prompts, their lengths and how far each row may grow.</summary>
internal static class DecodingBatch
{
    /// <summary>Checks prompts against a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="sentences">Sentence of each prompt; empty counts as 0, 1, 2, ...</param>
    /// <param name="prompts">The prompts' tokens, packed.</param>
    /// <param name="lengths">[prompts] tokens of each.</param>
    /// <param name="rowsEach">Rows that each prompt needs.</param>
    /// <param name="maxNewTokens">Tokens to generate behind each prompt, at most.</param>
    /// <returns>Tokens of the longest row, prompt included, when it is as long as it can get.</returns>
    /// <exception cref="ArgumentException">Lengths and tokens do not fit each other or the session; the message says which.</exception>
    public static int Validate<TSession>(ref TSession session, ReadOnlySpan<int> sentences, ReadOnlySpan<int> prompts, ReadOnlySpan<int> lengths, int rowsEach, int maxNewTokens)
        where TSession : IDecodingSession
    {
        if (lengths.IsEmpty) throw new ArgumentException("There is no prompt. Expected at least one.", nameof(lengths));
        if (!sentences.IsEmpty && sentences.Length != lengths.Length)
            throw new ArgumentException($"There are {sentences.Length} sentences for {lengths.Length} prompts. Expected one sentence index for each prompt, or none at all (then prompt i is sentence i).", nameof(sentences));
        if ((long)lengths.Length * rowsEach > session.MaxRows)
            throw new ArgumentException($"{lengths.Length} prompts x {rowsEach} rows (beams, or sequences to return) are more than the session's {session.MaxRows} rows. Create a session with more rows, or decode in smaller batches.", nameof(lengths));
        long total = 0, longest = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            if (lengths[i] < 1)
                throw new ArgumentException($"Prompt {i} has {lengths[i]} tokens. Expected at least one: begin with the model's start token.", nameof(lengths));
            if (lengths[i] > session.MaxLength)
                throw new ArgumentException($"Prompt {i} has {lengths[i]} tokens, but a row holds at most {session.MaxLength}. Shorten the prompt, or create the session with a larger length.", nameof(lengths));
            total += lengths[i];
            longest = Math.Max(longest, (long)lengths[i] + Limit(maxNewTokens, session.MaxLength, lengths[i]));
        }
        if (total != prompts.Length)
            throw new ArgumentException($"The lengths add up to {total}, but there are {prompts.Length} prompt tokens. Expected the prompts packed end to end.", nameof(prompts));
        long rows = (long)lengths.Length * rowsEach;
        if (longest > Array.MaxLength / rows)
            throw new ArgumentException($"{lengths.Length} prompts x {rowsEach} rows (beams, or sequences to return) of up to {longest} tokens are more token ids than can be kept ({Array.MaxLength}). Lower MaxNewTokens or the number of beams, or decode in smaller batches.", nameof(lengths));
        foreach (int token in prompts) Require.Token(token, session.Vocabulary, nameof(prompts));
        return (int)longest;
    }

    /// <summary>
    /// How many tokens may be generated behind a prompt. The last one is never fed back, so it needs no place in the cache.
    /// </summary>
    public static int Limit(int maxNewTokens, int maxLength, int promptLength) =>
        (int)Math.Min(maxNewTokens, (long)maxLength - promptLength + 1);
}

using System.Diagnostics;
using System.Globalization;

namespace SemanticSearch;

/// <summary>Indexes a text and answers questions.</summary>
/// <param name="encoder">What makes the vectors.</param>
/// <param name="hits">Sentences shown for a question.</param>
internal sealed class SearchSession(SentenceEncoder encoder, int hits)
{
    private readonly SentenceIndex _index = new();

    /// <summary>Indexes the sentences of a file and says how long it took.</summary>
    /// <param name="file">The file.</param>
    /// <param name="messages">Where it is said.</param>
    /// <returns>Whether there were any.</returns>
    public bool Index(string file, TextWriter messages)
    {
        long start = Stopwatch.GetTimestamp();
        _index.Add(encoder, SentenceSplitter.Split(File.ReadLines(file)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        messages.WriteLine(_index.Count == 0 ? $"{file} holds no sentence." : string.Create(
            CultureInfo.InvariantCulture,
            $"{file}: {_index.Count:N0} sentences, {_index.Tokens:N0} tokens in {seconds:F2} s, {_index.Count / seconds:N0} sentences/s"));
        return _index.Count > 0;
    }

    /// <summary>Writes the sentences that are nearest to a question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="output">Where they go.</param>
    public void Answer(string question, TextWriter output)
    {
        float[] vector = encoder.Embed([encoder.Tokenize(question)])[0];
        foreach (SearchHit hit in _index.Search(vector, hits))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{hit.Similarity,6:F3}  line {hit.Sentence.Line}: {hit.Sentence.Text}"));
        }
    }

    /// <summary>Answers line by line until the input ends.</summary>
    /// <param name="input">The questions.</param>
    /// <param name="output">Where answers go.</param>
    /// <param name="prompt">Shown before each question; null where nobody is there to read it.</param>
    public void Converse(TextReader input, TextWriter output, string? prompt)
    {
        while (true)
        {
            output.Write(prompt);
            if (input.ReadLine()?.Trim() is not { } question || question is "exit" or "quit") break;
            if (question.Length == 0) continue;
            if (prompt is null) output.WriteLine("? " + question);
            Answer(question, output);
        }
    }
}

using System.Text.Json;

namespace TransformerGen.Text;

/// <content>Reading and writing of files.</content>
public sealed partial class TextTokenizer
{
    /// <summary>Reads a Hugging Face <c>tokenizer.json</c> of the byte-level BPE kind.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged; the message says where.</exception>
    /// <exception cref="NotSupportedException">The file describes another kind of tokenizer; the message says which part.</exception>
    public static TextTokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = File.OpenRead(path);
        return Load(stream, path);
    }

    /// <summary>Reads a Hugging Face <c>tokenizer.json</c> of the byte-level BPE kind.</summary>
    /// <param name="stream">The content; read to its end, left open.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InvalidDataException">The content is damaged; the message says where.</exception>
    /// <exception cref="NotSupportedException">The content describes another kind of tokenizer; the message says which part.</exception>
    public static TextTokenizer Load(Stream stream, string name = "tokenizer.json")
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Create(name, () =>
        {
            using var document = JsonDocument.Parse(stream);
            return TokenizerJsonReader.Read(document.RootElement, name);
        });
    }

    /// <summary>Reads the two files of a GPT-2 checkpoint.</summary>
    /// <param name="vocabularyPath"><c>vocab.json</c>: ids by piece.</param>
    /// <param name="mergesPath"><c>merges.txt</c>: one pair a line, behind an optional first line <c>#version</c>.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message says where.</exception>
    public static TextTokenizer LoadGpt2(string vocabularyPath, string mergesPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        ArgumentException.ThrowIfNullOrEmpty(mergesPath);
        var merges = new List<(string Left, string Right)>();
        foreach (var line in File.ReadLines(mergesPath))
        {
            if (line.Length == 0 || (merges.Count == 0 && line.StartsWith("#version", StringComparison.Ordinal))) continue;
            merges.Add(TokenizerJsonReader.SplitMerge(line, mergesPath));
        }

        return Create(vocabularyPath, () =>
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(vocabularyPath));
            var vocabulary = TokenizerJsonReader.ReadVocabulary(document.RootElement, vocabularyPath);
            return new BpeDefinition
            {
                Vocabulary = vocabulary,
                Merges = merges,
                AddedTokens = vocabulary.TryGetValue("<|endoftext|>", out var end) ? [new AddedToken(end, "<|endoftext|>")] : [],
            };
        });
    }

    /// <summary>
    /// Writes a Hugging Face <c>tokenizer.json</c>, which <c>tokenizers</c> and <c>transformers</c> read. The file appears whole
    /// or not at all: it is written beside its place and moved there.
    /// </summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var unfinished = path + ".unfinished";
        using (var stream = File.Create(unfinished)) Save(stream);
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Writes a Hugging Face <c>tokenizer.json</c>.</summary>
    /// <param name="stream">Where it goes; left open.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        TokenizerJsonWriter.Write(_definition, stream);
    }

    private static TextTokenizer Create(string name, Func<BpeDefinition> read)
    {
        try
        {
            return new TextTokenizer(read());
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{name} is not JSON: {damaged.Message}", damaged);
        }
        catch (InvalidOperationException inconsistent)
        {
            // A value of another JSON type than expected, or a merge whose pieces the vocabulary lacks.
            throw new InvalidDataException($"{name} is inconsistent: {inconsistent.Message}", inconsistent);
        }
    }
}

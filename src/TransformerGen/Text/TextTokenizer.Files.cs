using System.Text.Json;
using TransformerGen.Text.Json;

namespace TransformerGen.Text;

/// <content>Reading and writing of files.</content>
public sealed partial class TextTokenizer
{
    private const string JsonName = "tokenizer.json";

    /// <summary>
    /// Reads the tokenizer of a model: a Hugging Face <c>tokenizer.json</c>, or a folder that holds one, or else GPT-2's
    /// <c>vocab.json</c> and <c>merges.txt</c>, BERT's <c>vocab.txt</c>, or one SentencePiece <c>.model</c>.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged; the message says where.</exception>
    /// <exception cref="NotSupportedException">The file names a component that is not supported; the message says which and what is.</exception>
    public static TextTokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) return LoadFolder(path);
        return path.EndsWith(".model", StringComparison.OrdinalIgnoreCase) ? LoadSentencePiece(path) : Read(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a Hugging Face <c>tokenizer.json</c>.</summary>
    /// <param name="stream">The content; read to its end, left open.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InvalidDataException">The content is damaged; the message says where.</exception>
    /// <exception cref="NotSupportedException">The content names a component that is not supported; the message says which and what is.</exception>
    public static TextTokenizer Load(Stream stream, string name = JsonName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return Read(content.ToArray(), name);
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
            merges.Add(ModelReader.SplitMerge(line, mergesPath));
        }

        Dictionary<string, int> vocabulary;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(vocabularyPath));
            vocabulary = ModelReader.ReadVocabulary(new JsonPart(document.RootElement, "", vocabularyPath));
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{vocabularyPath} is not JSON: {damaged.Message}", damaged);
        }

        return Create(
            new BpeDefinition
            {
                Vocabulary = vocabulary,
                Merges = merges,
                AddedTokens = vocabulary.TryGetValue("<|endoftext|>", out var end) ? [new AddedToken(end, "<|endoftext|>")] : [],
            },
            vocabularyPath);
    }

    /// <summary>Reads the vocabulary of a BERT checkpoint, one piece a line.</summary>
    /// <param name="vocabularyPath"><c>vocab.txt</c>.</param>
    /// <param name="lowercase">The model is uncased: letters become small and lose their accents.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file lacks <c>[UNK]</c>, <c>[CLS]</c> or <c>[SEP]</c>, or holds a piece twice.</exception>
    public static TextTokenizer LoadBert(string vocabularyPath, bool lowercase = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var line = 0;
        foreach (var piece in File.ReadLines(vocabularyPath))
        {
            if (piece.Length > 0 && !vocabulary.TryAdd(piece, line)) throw new InvalidDataException($"{vocabularyPath}: line {line + 1} holds '{piece}' again; every piece has one id.");
            line++;
        }

        foreach (var needed in (string[])["[UNK]", "[CLS]", "[SEP]"])
        {
            if (!vocabulary.ContainsKey(needed)) throw new InvalidDataException($"{vocabularyPath} lacks {needed}; is it the vocab.txt of a BERT model?");
        }

        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        return Create(
            new WordPieceDefinition
            {
                Vocabulary = vocabulary,
                AddedTokens = [.. special.Where(vocabulary.ContainsKey).Select(token => new AddedToken(vocabulary[token], token))],
                Lowercase = lowercase,
                SurroundsText = true,
            },
            vocabularyPath);
    }

    /// <summary>Reads a SentencePiece model, BPE (Llama 2) or Unigram (T5).</summary>
    /// <param name="modelPath">The <c>.model</c> file.</param>
    /// <param name="addBegin">The begin token goes before a text; null: with BPE, as Llama's models want it.</param>
    /// <param name="addEnd">The end token goes behind a text; null: with Unigram, as T5's models want it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or lacks a token that is asked for.</exception>
    /// <exception cref="NotSupportedException">The model is of another type, or treats blanks in another way.</exception>
    public static TextTokenizer LoadSentencePiece(string modelPath, bool? addBegin = null, bool? addEnd = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        var file = SentencePieceFile.Read(File.ReadAllBytes(modelPath), modelPath);
        var isBpe = file.ModelType == 2;
        return Read(SentencePieceConverter.ToJson(file, addBegin ?? isBpe, addEnd ?? !isBpe, modelPath), modelPath);
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

    /// <summary>Writes a Hugging Face <c>tokenizer.json</c>; of a tokenizer that was read from one, the same bytes.</summary>
    /// <param name="stream">Where it goes; left open.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(_parts.Content);
    }

    internal static TextTokenizer Create(TokenizerDefinition definition, string name)
    {
        using var content = new MemoryStream();
        TokenizerJsonWriter.Write(definition, content);
        return Read(content.ToArray(), name);
    }

    private static TextTokenizer Read(byte[] content, string name) => new(TokenizerJsonReader.Read(content, name));

    private static TextTokenizer LoadFolder(string folder)
    {
        string At(string name) => Path.Combine(folder, name);
        if (File.Exists(At(JsonName))) return Read(File.ReadAllBytes(At(JsonName)), At(JsonName));
        if (File.Exists(At("vocab.json")) && File.Exists(At("merges.txt"))) return LoadGpt2(At("vocab.json"), At("merges.txt"));
        if (File.Exists(At("vocab.txt"))) return LoadBert(At("vocab.txt"), IsUncased(At("tokenizer_config.json")));
        string[] models = Directory.GetFiles(folder, "*.model");
        if (models.Length == 1) return LoadSentencePiece(models[0]);
        throw new FileNotFoundException($"{folder} holds no tokenizer: expected tokenizer.json, vocab.json and merges.txt, vocab.txt, or one .model file.", At(JsonName));
    }

    private static bool IsUncased(string configPath)
    {
        // As transformers: lower case unless the file says otherwise.
        if (!File.Exists(configPath)) return true;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(configPath));
            return new JsonPart(document.RootElement, "", configPath).Flag("do_lower_case", whenAbsent: true);
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{configPath} is not JSON: {damaged.Message}", damaged);
        }
    }
}

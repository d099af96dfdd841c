using System.Text.Json;
using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>What a tokenizer is made of.</summary>
internal sealed record TokenizerParts
{
    /// <summary>The file itself, which saving writes again.</summary>
    public required byte[] Content { get; init; }

    /// <summary>Ids by piece.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>The merges of BPE.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>Tokens found in the text as it stands.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>Pieces and added tokens by id; null where an id has none.</summary>
    public required string?[] Pieces { get; init; }

    /// <summary>The piece for what cannot be encoded, or null.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether a text without a leading space gets one.</summary>
    public bool AddsPrefixSpace { get; init; }

    /// <summary>Changes characters, or null.</summary>
    public TextNormalizer? Normalizer { get; init; }

    /// <summary>Cuts words, or null.</summary>
    public WordSplitter? Splitter { get; init; }

    /// <summary>Finds the pieces of words.</summary>
    public required TokenModel Model { get; init; }

    /// <summary>Puts special tokens around a text.</summary>
    public required TokenTemplate Template { get; init; }

    /// <summary>Turns pieces into text.</summary>
    public required TokenDecoder Decoder { get; init; }
}

/// <summary>
/// Reads Hugging Face's <c>tokenizer.json</c>. A component that is not supported is refused by name, never passed over. The file's
/// <c>truncation</c> and <c>padding</c> belong to batches and are not applied, as transformers does not unless asked to.
/// </summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads the whole document.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message says where.</exception>
    /// <exception cref="NotSupportedException">It names a component that is not supported; the message says which.</exception>
    public static TokenizerParts Read(byte[] content, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return Read(document.RootElement, content, name);
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{name} is not JSON: {damaged.Message}", damaged);
        }
        catch (InvalidOperationException inconsistent)
        {
            // A string that is no Unicode, or a value of another type where no reader looked first.
            throw new InvalidDataException($"{name} is inconsistent: {inconsistent.Message}", inconsistent);
        }
    }

    private static TokenizerParts Read(JsonElement root, byte[] content, string name)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{name} holds {root.ValueKind}, expected the object of a tokenizer.json.");
        var whole = new JsonPart(root, "", name);
        if (whole.Find("model") is not { } modelPart) throw new InvalidDataException($"{name} has no 'model'; is it a tokenizer.json?");
        var splitters = new SplitterReader();
        var splitter = whole.Find("pre_tokenizer") is { } splitterPart ? splitters.Read(splitterPart) : null;
        var normalizer = whole.Find("normalizer") is { } normalizerPart ? NormalizerReader.Read(normalizerPart) : null;
        var model = ModelReader.Read(modelPart, splitters.IsByteLevel);
        var addedTokens = ReadAddedTokens(whole);
        var pieces = PiecesById(model.Vocabulary, addedTokens);
        var template = whole.Find("post_processor") is { } templatePart ? TemplateReader.Read(templatePart) : TokenTemplate.None;
        foreach (var id in template.Single.Concat(template.Pair ?? []).SelectMany(part => part.Ids))
        {
            if (id >= pieces.Length || pieces[id] is null) throw new InvalidDataException($"{name} is inconsistent: post_processor uses the id {id}, which is no piece and no added token.");
        }

        return new TokenizerParts
        {
            Content = content,
            Vocabulary = model.Vocabulary,
            Merges = model.Merges,
            AddedTokens = addedTokens,
            Pieces = pieces,
            UnknownToken = model.UnknownToken,
            AddsPrefixSpace = splitters.AddsPrefixSpace,
            Normalizer = normalizer,
            Splitter = splitter,
            Model = model.Model,
            Template = template,
            Decoder = DecoderReader.Read(whole.Find("decoder"), pieces),
        };
    }

    private static List<AddedToken> ReadAddedTokens(JsonPart whole)
    {
        var tokens = new List<AddedToken>();
        if (whole.Find("added_tokens") is not { } list) return tokens;
        foreach (var token in list.Entries())
        {
            if (token.TextOf("content") is not { } content || token.Find("id") is not { } number || !ModelReader.IsId(number.Element, out var id))
            {
                throw new InvalidDataException($"{whole.File}: the added token {token.Element.GetRawText()} lacks a content or an id that a table can have.");
            }

            tokens.Add(new AddedToken(id, content, token.Flag("special"), token.Flag("single_word"), token.Flag("lstrip"), token.Flag("rstrip"), token.Flag("normalized")));
        }

        return tokens;
    }

    private static string?[] PiecesById(Dictionary<string, int> vocabulary, List<AddedToken> addedTokens)
    {
        var pieces = new string?[vocabulary.Values.Concat(addedTokens.Select(token => token.Id)).Max() + 1];
        foreach (var (piece, id) in vocabulary) pieces[id] = piece;
        foreach (var token in addedTokens) pieces[token.Id] = token.Content;
        return pieces;
    }
}

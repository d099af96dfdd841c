using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads <c>post_processor</c>.</summary>
internal static class TemplateReader
{
    private const string Supported = "Sequence, BertProcessing, ByteLevel, RobertaProcessing and TemplateProcessing";

    /// <summary>Reads the template.</summary>
    public static TokenTemplate Read(JsonPart part)
    {
        switch (part.Type)
        {
            case "Sequence": return Sequence(part);
            case "ByteLevel": return Trimming(TokenTemplate.None, part);
            case "TemplateProcessing":
                var tokens = SpecialTokens(part);
                return new TokenTemplate
                {
                    Single = Parts(part.Require("single"), tokens),
                    Pair = part.Find("pair") is { } pair && pair.Entries().Any() ? Parts(pair, tokens) : null,
                };
            case "BertProcessing":
                var (cls, sep) = (Token(part.Require("cls")), Token(part.Require("sep")));
                return new TokenTemplate
                {
                    Single = [cls, new(0, [], 0), sep],
                    Pair = [cls, new(0, [], 0), sep, new(1, [], 1), sep with { TypeId = 1 }],
                };
            case "RobertaProcessing":
                var (begin, end) = (Token(part.Require("cls")), Token(part.Require("sep")));
                return Trimming(
                    new TokenTemplate { Single = [begin, new(0, [], 0), end], Pair = [begin, new(0, [], 0), end, end, new(1, [], 0), end] },
                    part);
            default: throw part.Unsupported(part.Type, Supported);
        }
    }

    private static TokenTemplate Trimming(TokenTemplate template, JsonPart part) => template with
    {
        TrimsOffsets = part.Flag("trim_offsets", whenAbsent: true),
        AddsPrefixSpace = part.Flag("add_prefix_space", whenAbsent: true),
    };

    private static TokenTemplate Sequence(JsonPart part)
    {
        var result = TokenTemplate.None;
        var hasTemplate = false;
        foreach (var entry in part.Require("processors").Entries())
        {
            var read = Read(entry);
            if (entry.Type == "ByteLevel")
            {
                if (read.TrimsOffsets) result = result with { TrimsOffsets = true, AddsPrefixSpace = read.AddsPrefixSpace };
                continue;
            }

            if (hasTemplate) throw entry.Unsupported("a second template", "one template beside ByteLevel");
            hasTemplate = true;
            result = read.TrimsOffsets ? read : read with { TrimsOffsets = result.TrimsOffsets, AddsPrefixSpace = result.AddsPrefixSpace };
        }

        return result;
    }

    private static TokenTemplate.Part Token(JsonPart pair)
    {
        JsonPart[] entries = [.. pair.Entries()];
        return entries.Length == 2 ? new TokenTemplate.Part(-1, [entries[1].Number()], 0) : throw pair.Damaged("is no pair of a token and its id");
    }

    private static Dictionary<string, int[]> SpecialTokens(JsonPart part)
    {
        var tokens = new Dictionary<string, int[]>(StringComparer.Ordinal);
        if (part.Find("special_tokens") is not { } list) return tokens;
        foreach (var token in list.Element.EnumerateObject())
        {
            tokens[token.Name] = [.. new JsonPart(token.Value, $"{list.Path}.{token.Name}", part.File).Require("ids").Entries().Select(id => id.Number())];
        }

        return tokens;
    }

    private static TokenTemplate.Part[] Parts(JsonPart list, Dictionary<string, int[]> tokens)
    {
        var parts = new List<TokenTemplate.Part>();
        foreach (var entry in list.Entries())
        {
            if (entry.Find("Sequence") is { } sequence)
            {
                var name = sequence.Require("id").Text();
                parts.Add(new TokenTemplate.Part(name switch { "A" => 0, "B" => 1, _ => throw sequence.Damaged($"is {name}, expected A or B") }, [], sequence.Find("type_id")?.Number() ?? 0));
                continue;
            }

            var token = entry.Require("SpecialToken");
            var id = token.Require("id").Text();
            if (!tokens.TryGetValue(id, out var ids)) throw token.Damaged($"is '{id}', which special_tokens does not define");
            parts.Add(new TokenTemplate.Part(-1, ids, token.Find("type_id")?.Number() ?? 0));
        }

        return [.. parts];
    }
}

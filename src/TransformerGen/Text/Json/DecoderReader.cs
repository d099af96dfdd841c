using TransformerGen.Text.Steps;

namespace TransformerGen.Text.Json;

/// <summary>Reads <c>decoder</c>.</summary>
internal sealed class DecoderReader
{
    private const string Supported = "Sequence, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip and WordPiece";

    private readonly List<PieceDecoder.PieceRule> _rules = [];
    private bool _isByteLevel;
    private bool _byteFallback;
    private bool _isFused;
    private char _stripped;
    private int _strips;

    private DecoderReader()
    {
    }

    /// <summary>Reads the decoder.</summary>
    /// <param name="part">The component, or null: pieces are joined by blanks then.</param>
    /// <param name="pieces">Pieces by id.</param>
    public static TokenDecoder Read(JsonPart? part, IReadOnlyList<string?> pieces)
    {
        var reader = new DecoderReader();
        if (part is { } component) reader.Add(component);
        else reader._rules.Add(PieceRules.Join);
        return reader._isByteLevel
            ? new ByteLevelDecoder(pieces)
            : new PieceDecoder(pieces, reader._rules, reader._byteFallback, reader._stripped, reader._strips);
    }

    private void Add(JsonPart part)
    {
        switch (part.Type)
        {
            case "Sequence":
                foreach (var entry in part.Require("decoders").Entries()) Add(entry);
                return;
            case "ByteLevel":
                if (_rules.Count > 0 || _byteFallback || _isFused) throw part.Unsupported("ByteLevel behind other decoders", "ByteLevel alone");
                _isByteLevel = true;
                return;
            case "ByteFallback":
                _byteFallback = true;
                return;
            case "Fuse":
                _isFused = true;
                return;
            case "Strip" when _isFused:
                if ((part.Find("stop")?.Number() ?? 0) > 0) throw part.Unsupported("Strip at the end of the whole text", "Strip at its beginning");
                if (_strips > 0) throw part.Unsupported("a second Strip behind Fuse", "one");
                (_stripped, _strips) = (part.Find("content")?.Character() ?? ' ', part.Find("start")?.Number() ?? 0);
                return;
            default:
                if (_isByteLevel || _byteFallback || _isFused) throw part.Unsupported($"{part.Type} behind ByteLevel, ByteFallback or Fuse", "Fuse and Strip there");
                _rules.Add(Rule(part));
                return;
        }
    }

    private static PieceDecoder.PieceRule Rule(JsonPart part)
    {
        switch (part.Type)
        {
            case "WordPiece": return PieceRules.WordPiece(part.TextOf("prefix") ?? "##", part.Flag("cleanup", whenAbsent: true));
            case "Metaspace":
                var hasPrefix = part.TextOf("prepend_scheme") is { } scheme ? scheme != "never" : part.Flag("add_prefix_space", whenAbsent: true);
                return PieceRules.Metaspace(part.Find("replacement")?.Character() ?? '\u2581', hasPrefix);
            case "Strip": return PieceRules.Strip(part.Find("content")?.Character() ?? ' ', part.Find("start")?.Number() ?? 0, part.Find("stop")?.Number() ?? 0);
            case "Replace":
                var pattern = part.Require("pattern");
                var (literal, expression) = PatternReader.Read(pattern);
                var content = part.Require("content").Text();
                if (literal is not null) return PieceRules.Replace(literal, content);
                var regex = PatternReader.Linear(pattern, expression!);
                return (piece, _) => regex.Replace(piece, content.Replace("$", "$$", StringComparison.Ordinal));
            default: throw part.Unsupported(part.Type, Supported);
        }
    }
}

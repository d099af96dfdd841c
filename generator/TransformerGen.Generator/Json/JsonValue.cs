namespace TransformerGen.Generator.Json;

internal enum JsonKind
{
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>Where something stands in a file; all numbers count from 0. An object's or array's place is its opening bracket.</summary>
internal readonly record struct JsonPlace(int Start, int Length, int Line, int Column);

/// <summary>A key of an object with its value.</summary>
internal sealed record JsonMember(string Name, JsonPlace Place, JsonValue Value);

/// <summary>A value of a JSON file that knows where it stands.</summary>
/// <param name="Text">A string's content; otherwise as it stands in the file (empty for objects and arrays).</param>
internal sealed record JsonValue(JsonKind Kind, JsonPlace Place, string Text)
{
    /// <summary>Keys of an object, in the file's order; no key stands twice.</summary>
    public IReadOnlyList<JsonMember> Members { get; init; } = [];

    /// <summary>Elements of an array.</summary>
    public IReadOnlyList<JsonValue> Items { get; init; } = [];

    /// <summary>How a message calls the value.</summary>
    public string Describe() => Kind switch
    {
        JsonKind.Object => "an object",
        JsonKind.Array => "an array",
        JsonKind.String => "the text \"" + Shorten(Text) + "\"",
        _ => Shorten(Text),
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text.Substring(0, 37) + "...";
}

/// <summary>What is wrong with a file that is not JSON.</summary>
internal sealed record JsonError(JsonPlace Place, string Message);

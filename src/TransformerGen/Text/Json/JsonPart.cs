using System.Text.Json;

namespace TransformerGen.Text.Json;

/// <summary>An object in a tokenizer.json and where it stands; what is wrong with it is said by name.</summary>
/// <param name="element">The object.</param>
/// <param name="path">Its place, <c>model</c> or <c>pre_tokenizer.pretokenizers[1]</c>; empty for the whole document.</param>
/// <param name="file">What errors call the file.</param>
internal readonly struct JsonPart(JsonElement element, string path, string file)
{
    /// <summary>Its place in the file.</summary>
    public string Path => path;

    /// <summary>What errors call the file.</summary>
    public string File => file;

    /// <summary>The JSON itself.</summary>
    public JsonElement Element => element;

    /// <summary>The <c>type</c> of a component.</summary>
    public string Type => element.ValueKind == JsonValueKind.Object && Find("type") is { } type ? type.Text() : throw Damaged("is no component: it has no 'type'");

    /// <summary>A value of the object, or null where it is absent or null.</summary>
    public JsonPart? Find(string key)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Damaged($"is {element.ValueKind}, expected an object with '{key}'");
        return element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? new JsonPart(value, Under(key), file) : null;
    }

    /// <summary>A value that has to be there.</summary>
    public JsonPart Require(string key) => Find(key) ?? throw Damaged($"lacks '{key}'");

    /// <summary>The entries of an array.</summary>
    public IEnumerable<JsonPart> Entries()
    {
        if (element.ValueKind != JsonValueKind.Array) throw Damaged($"is {element.ValueKind}, expected an array");
        var (list, name, at) = (element, path, file);
        return list.EnumerateArray().Select((entry, index) => new JsonPart(entry, $"{name}[{index}]", at));
    }

    /// <summary>The value as a string.</summary>
    public string Text() => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Damaged($"is {element.ValueKind}, expected a string");

    /// <summary>The value as one character.</summary>
    public char Character() => Text() is [var only] ? only : throw Damaged($"is \"{Text()}\", expected one character");

    /// <summary>The value as a whole number of at least <paramref name="least"/>.</summary>
    public int Number(int least = 0, int most = int.MaxValue) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= least && value <= most
            ? value
            : throw Damaged($"is {element.GetRawText()}, expected {least} to {most}");

    /// <summary>A switch of the object.</summary>
    public bool Flag(string key, bool whenAbsent = false) => Find(key) is not { } flag
        ? whenAbsent
        : flag.Element.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.Element.GetBoolean() : throw flag.Damaged($"is {flag.Element.GetRawText()}, expected true or false");

    /// <summary>A string of the object.</summary>
    public string? TextOf(string key) => Find(key)?.Text();

    /// <summary>The exception for a value that cannot be.</summary>
    public InvalidDataException Damaged(string what) => new($"{file} is inconsistent: {(path.Length == 0 ? "the document" : path)} {what}.");

    /// <summary>The exception for a component or value that is not supported.</summary>
    /// <param name="found">What the file has.</param>
    /// <param name="supported">What could stand there.</param>
    public NotSupportedException Unsupported(string found, string supported) =>
        new($"{file}: {path} is {found}; supported are {supported}. Use another tokenizer for this model and pass its ids.");

    private string Under(string key) => path.Length == 0 ? key : $"{path}.{key}";
}

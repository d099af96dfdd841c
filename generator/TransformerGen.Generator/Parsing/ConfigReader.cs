using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Json;

namespace TransformerGen.Generator.Parsing;

/// <summary>
/// Reads the keys of a config.json with their types; a key that is absent or null gives null. What is wrong is reported at the value's own line and
/// column, and reading goes on with a harmless value, so that one build shows every problem.
/// </summary>
internal sealed class ConfigReader : IFieldReporter
{
    /// <summary>The key that names the family.</summary>
    public const string ModelTypeKey = "model_type";

    /// <summary>Keys that other tools write into any config.json and that say nothing about the mathematics.</summary>
    private static readonly HashSet<string> s_bookkeeping = new(StringComparer.Ordinal)
    {
        ModelTypeKey, "architectures", "transformers_version", "torch_dtype", "dtype", "_name_or_path", "name_or_path", "use_cache",
    };

    /// <summary>Unknown keys that one build reports: a file that is something else altogether need not fill the screen, nor cost the time.</summary>
    private const int MostUnknownKeys = 20;

    private readonly string _path;
    private readonly List<Diagnostic> _problems;
    private readonly Dictionary<string, JsonMember> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly JsonValue _root;
    private readonly ConfigReader? _parent;
    private bool _failed;

    public ConfigReader(string path, string text, JsonValue root, List<Diagnostic> problems, ConfigReader? parent = null)
    {
        _path = path;
        Text = text;
        _problems = problems;
        _root = root;
        _parent = parent;
        foreach (JsonMember member in root.Members)
        {
            _members[member.Name] = member;
        }
    }

    /// <summary>The whole file.</summary>
    public string Text { get; }

    /// <summary>An error was reported.</summary>
    public bool Failed => _parent?.Failed ?? _failed;

    /// <summary>Last part of the path.</summary>
    public string FileName => ConfigPaths.FileName(_path);

    /// <inheritdoc/>
    public string NameOf(string key) => key;

    /// <inheritdoc/>
    public string WordFor<T>(WordTable<T> table, T value)
        where T : struct => "\"" + table.WordOf(value) + "\"";

    /// <inheritdoc/>
    public bool IsGiven(string key)
    {
        _asked.Add(key);
        return _members.TryGetValue(key, out JsonMember? member) && member.Value.Kind != JsonKind.Null;
    }

    /// <summary>Whether the key is there, be it null.</summary>
    public bool Has(string key)
    {
        _asked.Add(key);
        return _members.ContainsKey(key);
    }

    /// <inheritdoc/>
    public void Report(DiagnosticDescriptor descriptor, string key, params object[] arguments) =>
        Report(descriptor, _members.TryGetValue(key, out JsonMember? member) ? member.Value.Place : _root.Place, arguments);

    /// <summary>Reports a problem under the key itself.</summary>
    public void ReportKey(DiagnosticDescriptor descriptor, string key, params object[] arguments) =>
        Report(descriptor, _members.TryGetValue(key, out JsonMember? member) ? member.Place : _root.Place, arguments);

    /// <summary>A text, null when the key is absent.</summary>
    public string? Word(string key) => Find(key, JsonKind.String, "a text in double quotes")?.Text;

    /// <summary>True or false, null when the key is absent.</summary>
    public bool? Boolean(string key) => Find(key, JsonKind.Boolean, "true or false") is { } value ? value.Text == "true" : null;

    /// <summary>A whole number, null when the key is absent; 1 after a problem.</summary>
    public int? Integer(string key)
    {
        const string Expected = "a whole number (no point, no exponent)";
        if (Find(key, JsonKind.Number, Expected) is not { } value)
        {
            return IsGiven(key) ? 1 : null;
        }

        if (long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number == (int)number)
        {
            return (int)number;
        }

        bool whole = value.Text.All(c => c is '-' or (>= '0' and <= '9'));
        Report(Descriptors.WrongType, value.Place, key, value.Describe(), whole ? "a whole number of 32 bits" : Expected);
        return 1;
    }

    /// <summary>A number, null when the key is absent.</summary>
    public double? Real(string key) => Find(key, JsonKind.Number, "a number") is { } value
        ? double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.PositiveInfinity
        : null;

    /// <summary>A list of numbers, null when the key is absent.</summary>
    public IReadOnlyList<double>? Reals(string key)
    {
        const string Expected = "a list of numbers in square brackets";
        if (Find(key, JsonKind.Array, Expected) is not { } list)
        {
            return null;
        }

        var numbers = new List<double>();
        foreach (JsonValue item in list.Items)
        {
            if (item.Kind == JsonKind.Number && double.TryParse(item.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            {
                numbers.Add(number);
            }
            else
            {
                Report(Descriptors.WrongType, item.Place, key, "a list with " + item.Describe(), Expected);
            }
        }

        return numbers;
    }

    /// <summary>An object inside, null when the key is absent.</summary>
    public ConfigReader? Nested(string key) => Find(key, JsonKind.Object, "an object in curly brackets") is { } value ? new ConfigReader(_path, Text, value, _problems, this) : null;

    /// <summary>A list of texts, null when the key is absent.</summary>
    public IReadOnlyList<string>? Words(string key)
    {
        const string Expected = "a list of texts in square brackets";
        if (Find(key, JsonKind.Array, Expected) is not { } list)
        {
            return null;
        }

        foreach (JsonValue item in list.Items.Where(item => item.Kind != JsonKind.String))
        {
            Report(Descriptors.WrongType, item.Place, key, "a list with " + item.Describe(), Expected);
        }

        return [.. list.Items.Where(item => item.Kind == JsonKind.String).Select(item => item.Text)];
    }

    /// <summary>A whole number or a list of them, null when the key is absent.</summary>
    public IReadOnlyList<int>? Integers(string key)
    {
        if (!IsGiven(key) || _members[key].Value is not { Kind: JsonKind.Array } list)
        {
            return Integer(key) is int one ? [one] : null;
        }

        var numbers = new List<int>();
        foreach (JsonValue item in list.Items)
        {
            if (item.Kind == JsonKind.Number && int.TryParse(item.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            {
                numbers.Add(number);
            }
            else
            {
                Report(Descriptors.WrongType, item.Place, key, "a list with " + item.Describe(), "whole numbers of 32 bits");
            }
        }

        return numbers;
    }

    /// <summary>The value of a key as the file has it, null when the key is absent.</summary>
    public JsonValue? Value(string key) => IsGiven(key) ? _members[key].Value : null;

    /// <summary>A whole number that must be there; 1 after a problem.</summary>
    /// <param name="key">The key.</param>
    /// <param name="meaning">What it is, for the message.</param>
    public int RequiredInteger(string key, string meaning)
    {
        if (Integer(key) is int value)
        {
            return value;
        }

        Report(Descriptors.MissingKey, key, key, FileName, meaning);
        return 1;
    }

    /// <summary>A word of a table, or the default when the key is absent or after a problem.</summary>
    public T Choice<T>(string key, WordTable<T> table, T ordinary)
        where T : struct
    {
        if (Word(key) is not string word)
        {
            return ordinary;
        }

        if (table.FromWord(word) is T value)
        {
            return value;
        }

        Report(Descriptors.UnknownChoice, key, key, "\"" + word + "\"", Alternatives(table.Words.Select(w => "\"" + w + "\"")));
        return ordinary;
    }

    /// <summary>Reports keys that are neither known nor bookkeeping; a key that begins with an underscore is a remark.</summary>
    public void ReportUnknownKeys(IReadOnlyList<string> known)
    {
        string modelType = Word(ModelTypeKey) ?? "";
        IEnumerable<JsonMember> unknown = _root.Members.Where(
            member => !known.Contains(member.Name) && !s_bookkeeping.Contains(member.Name) && !member.Name.StartsWith("_", StringComparison.Ordinal));
        foreach (JsonMember member in unknown.Take(MostUnknownKeys))
        {
            string? near = Spelling.Nearest(member.Name, known);
            string advice = near is null ? "Remove it, or begin it with an underscore to keep it as a remark." : "Did you mean '" + near + "'?";
            Report(Descriptors.UnknownKey, member.Place, member.Name, modelType, advice);
        }
    }

    /// <summary>Keys that nobody has asked for: the reader of a family asks for all that it knows.</summary>
    public IEnumerable<string> Unasked => _root.Members.Select(member => member.Name).Where(
        name => !_asked.Contains(name) && !s_bookkeeping.Contains(name) && !name.StartsWith("_", StringComparison.Ordinal));

    /// <summary>Every key that was asked for, given or not.</summary>
    public IEnumerable<string> Asked => _asked;

    /// <summary>"a, b or c".</summary>
    public static string Alternatives(IEnumerable<string> words)
    {
        string[] all = [.. words];
        return all.Length < 2 ? string.Concat(all) : string.Join(", ", all.Take(all.Length - 1)) + " or " + all[all.Length - 1];
    }

    /// <summary>The place of a value as the compiler reports it.</summary>
    public static Location LocationOf(string path, JsonPlace place)
    {
        var start = new LinePosition(place.Line, place.Column);
        return Location.Create(path, new TextSpan(place.Start, place.Length), new LinePositionSpan(start, new LinePosition(place.Line, place.Column + place.Length)));
    }

    private JsonValue? Find(string key, JsonKind kind, string expected)
    {
        if (!IsGiven(key))
        {
            return null;
        }

        JsonValue value = _members[key].Value;
        if (value.Kind == kind)
        {
            return value;
        }

        Report(Descriptors.WrongType, value.Place, key, value.Describe(), expected);
        return null;
    }

    private void Report(DiagnosticDescriptor descriptor, JsonPlace place, params object[] arguments)
    {
        if (descriptor.DefaultSeverity == DiagnosticSeverity.Error)
        {
            Fail();
        }

        _problems.Add(Diagnostic.Create(descriptor, LocationOf(_path, place), arguments));
    }

    private void Fail()
    {
        _failed = true;
        _parent?.Fail();
    }
}

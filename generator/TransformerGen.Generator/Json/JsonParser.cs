using System.Globalization;
using System.Text;

namespace TransformerGen.Generator.Json;

/// <summary>
/// Reads JSON (RFC 8259) and keeps where each value stands. Strict: no comments, no trailing commas, and no key twice, since a configuration that
/// readers could take in two ways is a mistake.
/// </summary>
internal sealed class JsonParser
{
    /// <summary>Brackets inside one another; a configuration has two or three.</summary>
    public const int MaximumDepth = 64;

    /// <summary>Characters in a file: room for a label table of a hundred thousand classes.</summary>
    public const int MaximumLength = 1 << 23;

    private readonly string _text;
    private int _at;
    private int _line;
    private int _lineStart;
    private JsonError? _error;

    private JsonParser(string text) => _text = text;

    /// <summary>Reads a whole file; exactly one of value and error is set.</summary>
    public static (JsonValue? Value, JsonError? Error) Parse(string text)
    {
        var parser = new JsonParser(text);
        if (text.Length > MaximumLength)
        {
            return (null, parser.Fail(0, Invariant($"the file has {text.Length} characters, and at most {MaximumLength} are read")));
        }

        if (text.Length > 0 && text[0] == '\uFEFF')
        {
            parser._at = parser._lineStart = 1;
        }

        parser.SkipSpace();
        JsonValue? value = parser.ReadValue(0);
        if (value is not null)
        {
            parser.SkipSpace();
            if (parser._at < text.Length)
            {
                parser.Fail(1, "text follows the end of the value");
            }
        }

        return parser._error is null ? (value, null) : (null, parser._error);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private JsonPlace Place(int start, int length) => new(start, length, _line, start - _lineStart);

    /// <summary>Notes the first error, at the current position.</summary>
    private JsonError Fail(int length, string message) => _error ??= new JsonError(Place(_at, Math.Min(length, _text.Length - _at)), message);

    private string Here() => _at >= _text.Length ? "the end of the file" : char.IsControl(_text[_at]) ? Invariant($"character U+{(int)_text[_at]:X4}") : "'" + _text[_at] + "'";

    private void SkipSpace()
    {
        for (; _at < _text.Length; _at++)
        {
            switch (_text[_at])
            {
                case '\n':
                    _line++;
                    _lineStart = _at + 1;
                    break;
                case '\r':
                    // A lone carriage return ends a line, too, as in the compiler's own count.
                    if (_at + 1 >= _text.Length || _text[_at + 1] != '\n')
                    {
                        _line++;
                        _lineStart = _at + 1;
                    }

                    break;
                case ' ' or '\t':
                    break;
                default:
                    return;
            }
        }
    }

    private JsonValue? ReadValue(int depth)
    {
        if (depth > MaximumDepth)
        {
            Fail(1, Invariant($"more than {MaximumDepth} brackets inside one another"));
            return null;
        }

        switch (_at < _text.Length ? _text[_at] : '\0')
        {
            case '{':
                return ReadObject(depth);
            case '[':
                return ReadArray(depth);
            case '"':
                return ReadString() is (string text, JsonPlace place) ? new JsonValue(JsonKind.String, place, text) : null;
            case '-' or (>= '0' and <= '9'):
                return ReadNumber();
            case 't':
                return ReadWord("true", JsonKind.Boolean);
            case 'f':
                return ReadWord("false", JsonKind.Boolean);
            case 'n':
                return ReadWord("null", JsonKind.Null);
            default:
                Fail(1, "a value was expected, not " + Here());
                return null;
        }
    }

    private JsonValue? ReadObject(int depth)
    {
        JsonPlace place = Place(_at++, 1);
        var members = new List<JsonMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        SkipSpace();
        if (Take('}'))
        {
            return new JsonValue(JsonKind.Object, place, "");
        }

        while (true)
        {
            if (_at >= _text.Length || _text[_at] != '"')
            {
                Fail(1, "a key in double quotes was expected, not " + Here());
                return null;
            }

            int start = _at;
            if (ReadString() is not (string name, JsonPlace namePlace))
            {
                return null;
            }

            if (!names.Add(name))
            {
                _at = start;
                Fail(namePlace.Length, "the key \"" + name + "\" stands twice in one object");
                return null;
            }

            SkipSpace();
            if (!Take(':'))
            {
                Fail(1, "':' was expected after the key \"" + name + "\", not " + Here());
                return null;
            }

            SkipSpace();
            if (ReadValue(depth + 1) is not { } value)
            {
                return null;
            }

            members.Add(new JsonMember(name, namePlace, value));
            SkipSpace();
            if (Take('}'))
            {
                return new JsonValue(JsonKind.Object, place, "") { Members = members };
            }

            if (!Take(','))
            {
                Fail(1, "',' or '}' was expected, not " + Here());
                return null;
            }

            SkipSpace();
        }
    }

    private JsonValue? ReadArray(int depth)
    {
        JsonPlace place = Place(_at++, 1);
        var items = new List<JsonValue>();
        SkipSpace();
        if (Take(']'))
        {
            return new JsonValue(JsonKind.Array, place, "");
        }

        while (true)
        {
            if (ReadValue(depth + 1) is not { } value)
            {
                return null;
            }

            items.Add(value);
            SkipSpace();
            if (Take(']'))
            {
                return new JsonValue(JsonKind.Array, place, "") { Items = items };
            }

            if (!Take(','))
            {
                Fail(1, "',' or ']' was expected, not " + Here());
                return null;
            }

            SkipSpace();
        }
    }

    private (string Text, JsonPlace Place)? ReadString()
    {
        int start = _at++;
        var text = new StringBuilder();
        while (true)
        {
            char c = _at < _text.Length ? _text[_at] : '\0';
            if (c == '"')
            {
                _at++;
                return (text.ToString(), Place(start, _at - start));
            }

            if (_at >= _text.Length || c is '\n' or '\r')
            {
                Fail(0, "a text has no closing double quote");
                return null;
            }

            if (c < ' ')
            {
                Fail(1, "a text holds " + Here() + ", which must be written as an escape");
                return null;
            }

            if (c != '\\')
            {
                text.Append(c);
                _at++;
            }
            else if (!ReadEscape(text))
            {
                return null;
            }
        }
    }

    private bool ReadEscape(StringBuilder text)
    {
        char c = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        if (c == 'u')
        {
            if (_at + 6 <= _text.Length
                && ushort.TryParse(_text.Substring(_at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                text.Append((char)code);
                _at += 6;
                return true;
            }

            Fail(2, "four hexadecimal digits were expected after \\u");
            return false;
        }

        int index = "\"\\/bfnrt".IndexOf(c);
        if (index < 0 || c == '\0')
        {
            Fail(2, "a backslash is followed by none of \" \\ / b f n r t u");
            return false;
        }

        text.Append("\"\\/\b\f\n\r\t"[index]);
        _at += 2;
        return true;
    }

    private JsonValue? ReadNumber()
    {
        int start = _at;
        Take('-');
        bool valid = Take('0') || Digits();
        if (valid && Take('.'))
        {
            valid = Digits();
        }

        if (valid && (Take('e') || Take('E')))
        {
            _ = Take('+') || Take('-');
            valid = Digits();
        }

        if (!valid || (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '.' or '+' or '-')))
        {
            int length = Math.Min(_text.Length, _at + 1) - start;
            _at = start;
            Fail(length, "a number is not written as JSON allows (digits, at most one point between digits, at most one exponent; no leading zero)");
            return null;
        }

        return new JsonValue(JsonKind.Number, Place(start, _at - start), _text.Substring(start, _at - start));
    }

    private JsonValue? ReadWord(string word, JsonKind kind)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
        {
            Fail(1, "a value was expected, not " + Here() + " (texts stand in double quotes)");
            return null;
        }

        _at += word.Length;
        return new JsonValue(kind, Place(_at - word.Length, word.Length), word);
    }

    private bool Take(char c)
    {
        bool found = _at < _text.Length && _text[_at] == c;
        _at += found ? 1 : 0;
        return found;
    }

    private bool Digits()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is >= '0' and <= '9')
        {
            _at++;
        }

        return _at > start;
    }
}

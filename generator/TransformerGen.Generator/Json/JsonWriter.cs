using System.Globalization;
using System.Text;

namespace TransformerGen.Generator.Json;

/// <summary>Writes a value as text: two spaces a level, as transformers does.</summary>
internal static class JsonWriter
{
    public static string Write(JsonValue value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.Append('\n').ToString();
    }

    private static void Append(StringBuilder text, JsonValue value, int level)
    {
        switch (value.Kind)
        {
            case JsonKind.Object:
                Block(text, '{', '}', value.Members, level, member =>
                {
                    Quote(text, member.Name);
                    text.Append(": ");
                    Append(text, member.Value, level + 1);
                });
                break;
            case JsonKind.Array:
                Block(text, '[', ']', value.Items, level, item => Append(text, item, level + 1));
                break;
            case JsonKind.String:
                Quote(text, value.Text);
                break;
            default:
                text.Append(value.Text);
                break;
        }
    }

    private static void Block<T>(StringBuilder text, char open, char close, IReadOnlyList<T> parts, int level, Action<T> append)
    {
        text.Append(open);
        for (int i = 0; i < parts.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n").Append(' ', 2 * (level + 1));
            append(parts[i]);
        }

        if (parts.Count > 0)
        {
            text.Append('\n').Append(' ', 2 * level);
        }

        text.Append(close);
    }

    private static void Quote(StringBuilder text, string content)
    {
        text.Append('"');
        foreach (char c in content)
        {
            if (c is '"' or '\\')
            {
                text.Append('\\').Append(c);
            }
            else if (c < ' ')
            {
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(c);
            }
        }

        text.Append('"');
    }
}

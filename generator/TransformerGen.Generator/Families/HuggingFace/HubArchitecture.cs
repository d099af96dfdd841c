using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>The config.json of a model whose head the attribute chose: what the file said, with that head's class and labels, so that it says the same by itself.</summary>
internal static class HubArchitecture
{
    private const string Architectures = "architectures", Names = "id2label", Numbers = "label2id", Count = "num_labels";

    /// <summary>The text.</summary>
    /// <param name="text">The file; a valid one.</param>
    /// <param name="task">The chosen head; null for the file's.</param>
    /// <param name="labels">The chosen number of classes; null for the file's.</param>
    public static string Rewrite(string text, HubTask? task, int? labels)
    {
        JsonValue root = JsonParser.Parse(text).Value!;
        var members = new List<JsonMember>(root.Members);
        if (task is { } head)
        {
            IReadOnlyList<JsonValue> classes = root.Members.FirstOrDefault(member => member.Name == Architectures)?.Value.Items ?? [];
            string named = classes.Count > 0 ? classes[0].Text : "";
            Set(members, Architectures, new JsonValue(JsonKind.Array, default, "") { Items = [String(HubTasks.Rename(named, head))] });
        }

        bool isNamed = members.FirstOrDefault(member => member.Name == Names) is { } map && map.Value.Members.Count == labels;
        if (labels is int count && !isNamed)
        {
            JsonMember[] names = [.. Enumerable.Range(0, count).Select(i => new JsonMember(Number.Text(i), default, String("LABEL_" + Number.Text(i))))];
            JsonMember[] numbers = [.. names.Select(name => new JsonMember(name.Value.Text, default, new JsonValue(JsonKind.Number, default, name.Name)))];
            members.RemoveAll(member => member.Name == Count);
            Set(members, Names, new JsonValue(JsonKind.Object, default, "") { Members = names });
            Set(members, Numbers, new JsonValue(JsonKind.Object, default, "") { Members = numbers });
        }

        return JsonWriter.Write(root with { Members = members });
    }

    private static JsonValue String(string text) => new(JsonKind.String, default, text);

    private static void Set(List<JsonMember> members, string name, JsonValue value)
    {
        int at = members.FindIndex(member => member.Name == name);
        var member = new JsonMember(name, default, value);
        if (at >= 0)
        {
            members[at] = member;
        }
        else
        {
            members.Add(member);
        }
    }
}

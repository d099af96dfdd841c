using System.Globalization;
using CsCheck;

namespace TransformerGen.Generated.Tests.Specs.Hub;

/// <summary>Draws the members of a config.json, one after the other.</summary>
internal sealed class HubDraw(PCG random)
{
    private static readonly string[] s_activations =
        ["\"relu\"", "\"gelu\"", "\"gelu_new\"", "\"gelu_fast\"", "\"gelu_pytorch_tanh\"", "\"quick_gelu\"", "\"silu\"", "\"tanh\"", "\"sigmoid\""];

    private readonly List<string> _members = [];

    // Half of the models drop nothing.
    private readonly bool _drops = random.Next(2) == 0;

    // A few have heads as wide as those of models that people use.
    private readonly bool _wide = random.Next(12) == 0;

    /// <summary>The width of every position.</summary>
    public int Width { get; private set; }

    public int Heads { get; private set; }

    public int HeadWidth { get; private set; }

    /// <summary>Columns of a head that a rotation turns.</summary>
    public int Turned { get; set; }

    public int Layers { get; private set; }

    public int Vocabulary { get; private set; }

    /// <summary>Most tokens of one sequence, where the family limits them.</summary>
    public int Length { get; private set; }

    /// <summary>The file.</summary>
    public string Text(string type) => $"{{\"model_type\": \"{type}\"{string.Concat(_members.Select(member => ", " + member))}}}";

    public int Int(int least, int largest) => least + (int)random.Next((uint)(largest - least + 1));

    /// <summary>True so many times of a hundred.</summary>
    public bool Chance(int percent) => Int(0, 99) < percent;

    public T One<T>(params ReadOnlySpan<T> choices) => choices[Int(0, choices.Length - 1)];

    /// <summary>A member with its text in JSON.</summary>
    public void Set(string key, string json) => _members.Add($"\"{key}\": {json}");

    public void Set(string key, int value) => Set(key, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>One of the texts, or nothing at all.</summary>
    public void Maybe(string key, params ReadOnlySpan<string> json)
    {
        if (Chance(70))
        {
            Set(key, One(json));
        }
    }

    public void Flags(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            Maybe(key, "true", "false");
        }
    }

    /// <summary>Dropout rates; all zero in every second model.</summary>
    public void Rates(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            Set(key, _drops ? One("0.0", "0.1", "0.1", "0.25", "0.4") : "0.0");
        }
    }

    public void Activation(string key) => Maybe(key, s_activations);

    public void Epsilon(string key, params ReadOnlySpan<string> json) => Maybe(key, json.IsEmpty ? ["1e-5", "1e-6", "0.001"] : json);

    /// <summary>Heads, and a width that they divide: 8 to 72, of a few models up to 200.</summary>
    /// <param name="evenHeads">Heads are turned in pairs of columns.</param>
    /// <param name="leastHead">Columns of the narrowest head.</param>
    /// <param name="evenWidth">The width is even, for pairs of a sine and a cosine.</param>
    public void DrawWidth(bool evenHeads = false, int leastHead = 1, bool evenWidth = false)
    {
        do
        {
            Heads = Int(1, 6);
            HeadWidth = evenHeads ? 2 * Int((leastHead + 1) / 2, _wide ? 64 : 13) : Int(leastHead, _wide ? 128 : 25);
            Width = Heads * HeadWidth;
        }
        while (Width < 8 || Width > (_wide ? 200 : 72) || (evenWidth && Width % 2 != 0));
        Turned = HeadWidth;
    }

    /// <summary>Heads of a width of their own, which need not fit the model's.</summary>
    public void DrawOwnHeads(int leastHead = 2)
    {
        (Width, Heads, HeadWidth) = (Int(8, 72), Int(1, 6), 2 * Int((leastHead + 1) / 2, _wide ? 64 : 10));
        Turned = HeadWidth;
    }

    /// <summary>The usual sizes by a family's keys.</summary>
    public void Sizes(string width, string heads, string layers, string? inner, string? length)
    {
        (Layers, Vocabulary, Length) = (One(1, 2, 2, 3), Int(11, 131), One(24, 33, 64, 64, 100, 160));
        Set(width, Width);
        Set(heads, Heads);
        Set(layers, Layers);
        Set("vocab_size", Vocabulary);
        if (inner is not null)
        {
            Set(inner, Int(1, 90));
        }

        if (length is not null)
        {
            Set(length, Length);
        }
        else
        {
            Length = 160;
        }
    }

    /// <summary>A divisor of the heads.</summary>
    public int KeyHeads()
    {
        int keyHeads = Int(1, Heads);
        while (Heads % keyHeads != 0)
        {
            keyHeads--;
        }

        return keyHeads;
    }

    /// <summary>Ids of padding, begin and end.</summary>
    public void Ids(bool padding = true)
    {
        if (padding)
        {
            Maybe("pad_token_id", "null", Id(), Id());
        }

        Maybe("bos_token_id", "null", Id());
        Maybe("eos_token_id", "null", Id(), $"[{Id()}, {Id()}]");
    }

    /// <summary>An id of the vocabulary.</summary>
    public string Id() => Int(0, Vocabulary - 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>Labels of a classification and what they are compared with.</summary>
    public void Labels(bool perSequence)
    {
        int labels = Int(perSequence ? 1 : 2, 7);
        if (Chance(50))
        {
            Set("num_labels", labels);
        }
        else
        {
            Set("id2label", "{" + string.Join(", ", Enumerable.Range(0, labels).Select(i => $"\"{i}\": \"class {i}\"")) + "}");
        }

        if (perSequence)
        {
            Maybe("problem_type", labels > 1 ? ["null", "\"regression\"", "\"single_label_classification\"", "\"multi_label_classification\""] : ["null", "\"regression\"", "\"multi_label_classification\""]);
        }
    }

    /// <summary>A head by the ending of a class's name; the first is what a file without one has.</summary>
    /// <returns>The ending.</returns>
    public string Head(params ReadOnlySpan<string> endings)
    {
        // Language models count most: they alone decode.
        int choice = Chance(50) ? 0 : Int(0, endings.Length - 1);
        if (choice > 0 || Chance(50))
        {
            Set("architectures", $"[\"Some{endings[choice]}\"]");
        }

        if (endings[choice] is "ForSequenceClassification" or "ForTokenClassification")
        {
            Labels(endings[choice] == "ForSequenceClassification");
        }

        return endings[choice];
    }
}

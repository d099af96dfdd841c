using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Json;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Families.HuggingFace;

/// <summary>
/// The keys of a Hugging Face config.json with transformers' defaults. What is wrong or unsupported is reported at its place, and reading goes on with a
/// harmless value. Where a key has several spellings the first that is given counts: families name that one first which counts in transformers.
/// </summary>
internal sealed class HubConfig(ConfigReader reader, string modelType)
{
    // Most of anything: keeps the rows of every product inside 32 bits and its elements inside 64.
    private const int LargestSize = 1 << 19, LargestHeads = 1 << 12, LargestHeadWidth = 1 << 15, LargestLayers = 1 << 10, LargestCount = 1 << 24;

    // What every family but a few calls its number of heads, and what those know, too.
    private const string UsualHeads = "num_attention_heads";

    /// <summary>Keys that transformers writes for any model and that change no number of it, or that whoever reads them has checked.</summary>
    private static readonly string[] s_withoutEffect =
    [
        "is_causal", "original_max_position_embeddings",
        "return_dict", "return_dict_in_generate", "output_hidden_states", "output_attentions", "output_scores", "torchscript", "use_bfloat16", "tf_legacy_loss",
        "chunk_size_feed_forward", "is_encoder_decoder", "finetuning_task", "id2label", "label2id", "task_specific_params", "tokenizer_class", "prefix", "sep_token_id", "cls_token_id",
        "mask_token_id", "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p",
        "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "remove_invalid_values",
        "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "forced_bos_token_id", "forced_eos_token_id", "initializer_range", "initializer_factor",
        "init_std", "gradient_checkpointing", "use_cache", "attn_implementation", "auto_map", "model_max_length", "pretraining_tp", "language", "unsloth_version", "unsloth_fixed",
        "use_cache_quantization", "tokenizer", "vocab_file", "torch_compile", "reference_compile", "transformers.js_config", "custom_pipelines",
        "output_past", "xla_device", "eos_token_ids", "layers_to_keep",
        "name", "use_return_dict", "sentence_transformers", "sbert_ce_default_activation_function",
    ];

    private readonly ConfigReader _reader = reader;

    /// <summary>Classes that the attribute asks for; null for as many as the file says.</summary>
    public int? ChosenLabels { get; init; }

    /// <summary>Most tokens of a sequence for which the rotation is the same at every length.</summary>
    public int Longest { get; set; } = int.MaxValue;

    public bool Failed => _reader.Failed;

    /// <summary>The file, for what is not a plain number, flag or word.</summary>
    public ConfigReader Reader => _reader;

    /// <summary>A size of at least one.</summary>
    public int Size(string key, int ordinary, string meaning, params string[] spellings) => InRange(key, ordinary, 1, LargestSize, meaning, spellings);

    /// <summary>A number of heads.</summary>
    public int Heads(string key, int ordinary, params string[] spellings) => InRange(key, ordinary, 1, LargestHeads, "the number of attention heads", spellings);

    /// <summary>The vocabulary.</summary>
    public int Vocabulary(int ordinary) => InRange("vocab_size", ordinary, 1, LargestCount, "the number of tokens");

    /// <summary>The longest sequence.</summary>
    public int Length(string key, int ordinary, params string[] spellings) => InRange(key, ordinary, 1, LargestCount, "the number of tokens in the longest sequence", spellings);

    /// <summary>A number of layers.</summary>
    public int Layers(string key, int ordinary, params string[] spellings) => InRange(key, ordinary, 1, LargestLayers, "the number of layers", spellings);

    /// <summary>A whole number in a range.</summary>
    public int InRange(string key, int ordinary, int least, int largest, string meaning, params string[] spellings)
    {
        string at = Spelling(key, spellings);
        int value = _reader.Integer(at) ?? ordinary;
        if (value >= least && value <= largest)
        {
            return value;
        }

        _reader.Report(Descriptors.SizeOutOfRange, at, at, Number.Text(value), Number.Text(least), Number.Text(largest), meaning);
        return Math.Max(least, 1);
    }

    /// <summary>A whole number, or null where it is null or absent.</summary>
    public int? Optional(string key, int least, string meaning, params string[] spellings)
    {
        string at = Spelling(key, spellings);
        return _reader.IsGiven(at) ? InRange(at, least, least, LargestCount, meaning) : null;
    }

    /// <summary>A whole number, null where the file says null, the default where it says nothing.</summary>
    public int? OptionalOr(string key, int? ordinary, int least, string meaning) => _reader.Has(key) ? Optional(key, least, meaning) : ordinary;

    public bool Flag(string key, bool ordinary, params string[] spellings) => _reader.Boolean(Spelling(key, spellings)) ?? ordinary;

    public string Word(string key, string ordinary, params string[] spellings) => _reader.Word(Spelling(key, spellings)) ?? ordinary;

    /// <summary>A finite number.</summary>
    public double Real(string key, double ordinary, params string[] spellings)
    {
        string at = Spelling(key, spellings);
        double value = _reader.Real(at) ?? ordinary;
        if (!double.IsNaN(value) && !double.IsInfinity((float)value))
        {
            return value;
        }

        _reader.Report(Descriptors.NumberOutOfRange, at, at, Number.Text(value), "a number that 32 bits hold");
        return ordinary;
    }

    /// <summary>A number above 0.</summary>
    public double Positive(string key, double ordinary, params string[] spellings)
    {
        string at = Spelling(key, spellings);
        double value = Real(at, ordinary);
        if (value > 0 && !float.IsInfinity((float)(1 / value)))
        {
            return value;
        }

        _reader.Report(Descriptors.NumberOutOfRange, at, at, Number.Text(value), value > 0 ? "a number whose reciprocal 32 bits hold" : "more than 0");
        return ordinary > 0 ? ordinary : 1;
    }

    /// <summary>A dropout rate.</summary>
    public float Rate(string key, double ordinary, params string[] spellings)
    {
        string at = Spelling(key, spellings);
        double value = Real(at, ordinary);
        if ((float)value is >= 0f and < 1f)
        {
            return (float)value;
        }

        _reader.Report(Descriptors.NumberOutOfRange, at, at, Number.Text(value), "at least 0 and less than 1");
        return 0f;
    }

    /// <summary>The epsilon of a norm.</summary>
    public float Epsilon(string key, double ordinary, params string[] spellings) => (float)Positive(key, ordinary, spellings);

    /// <summary>An activation by transformers' name.</summary>
    public ActivationKind Activation(string key, string ordinary, params string[] spellings)
    {
        string at = Spelling(key, spellings), word = _reader.Word(at) ?? ordinary;
        if (HubActivations.Find(word) is { } activation)
        {
            return activation;
        }

        _reader.Report(Descriptors.UnsupportedValue, at, at, "\"" + word + "\"", modelType, ConfigReader.Alternatives(HubActivations.Words.Select(w => "\"" + w + "\"")));
        return ActivationKind.Relu;
    }

    /// <summary>An id of the vocabulary, -1 where the model has none. A default that a small vocabulary lacks is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="ordinary">The default.</param>
    /// <param name="anywhere">Whether an id outside of the vocabulary is none, too: transformers writes a class's defaults into config.json, whatever the vocabulary.</param>
    public int Id(string key, int vocabulary, int? ordinary, bool anywhere = false)
    {
        if (!_reader.Has(key))
        {
            return ordinary < vocabulary ? ordinary.Value : -1;
        }

        int value = _reader.Integer(key) ?? -1;
        if (anywhere)
        {
            return value < vocabulary ? Math.Max(value, -1) : -1;
        }

        CheckId(key, value, vocabulary);
        return Math.Max(value, -1);
    }

    /// <summary>One id or a list of them. Those outside of the vocabulary are left out: no model of that vocabulary writes them, and transformers writes a class's defaults into config.json.</summary>
    public EquatableList<int> Ids(string key, int vocabulary, int? ordinary)
    {
        IReadOnlyList<int> values = _reader.Has(key) ? _reader.Integers(key) ?? [] : ordinary is int one && one < vocabulary ? [one] : [];
        return new EquatableList<int>(values.Where(value => value >= 0 && value < vocabulary));
    }

    /// <summary>Width of a head: its own key, or the width divided by the heads, which then must divide it.</summary>
    public int HeadWidth(int width, int heads, string headsKey, string? key = null, int? ordinary = null)
    {
        if (key is not null && _reader.IsGiven(key))
        {
            return InRange(key, 1, 1, LargestHeadWidth, "the width of one head");
        }

        if (key is not null && !_reader.Has(key) && ordinary is int usual)
        {
            return usual;
        }

        if (width % heads != 0)
        {
            int lower = heads, upper = heads;
            while (width % lower != 0)
            {
                lower--;
            }

            while (upper < width && width % upper != 0)
            {
                upper++;
            }

            string choices = ConfigReader.Alternatives(new[] { lower, upper }.Distinct().Where(choice => width % choice == 0).Select(choice => Number.Text(choice)));
            string at = _reader.IsGiven(UsualHeads) ? UsualHeads : headsKey;
            _reader.Report(Descriptors.HeadsDoNotDivide, at, at, Number.Text(heads), "the width", Number.Text(width), choices, key ?? "the width");
            return 1;
        }

        return width / heads;
    }

    /// <summary>Key heads, which divide the heads; null means as many as heads.</summary>
    public int KeyHeads(string key, int heads, int ordinary)
    {
        int value = _reader.IsGiven(key) ? InRange(key, ordinary, 1, LargestHeads, "the number of key heads") : _reader.Has(key) ? heads : ordinary;
        if (heads % value == 0)
        {
            return value;
        }

        _reader.Report(Descriptors.UnsupportedValue, key, key, Number.Text(value), modelType, "a number that divides the " + Number.Text(heads) + " heads");
        return heads;
    }

    /// <summary>Refuses any other value of a flag.</summary>
    public void Only(string key, bool value)
    {
        if (_reader.Boolean(key) is bool given && given != value)
        {
            Refuse(key, value ? "true" : "false");
        }
    }

    /// <summary>Refuses any other word; null and absent are fine.</summary>
    public void Only(string key, params string[] words)
    {
        if (_reader.Word(key) is string given && !words.Contains(given))
        {
            Refuse(key, ConfigReader.Alternatives(words.Select(word => "\"" + word + "\"")));
        }
    }

    /// <summary>Refuses any other number; null and absent are fine.</summary>
    public void Only(string key, double value)
    {
        if (_reader.Real(key) is double given && given != value)
        {
            Refuse(key, Number.Text(value));
        }
    }

    /// <summary>Refuses everything but null, an empty list and an empty object.</summary>
    public void Never(string key)
    {
        if (_reader.Value(key) is { } value && !(value.Kind == JsonKind.Array && value.Items.Count == 0) && !(value.Kind == JsonKind.Object && value.Members.Count == 0))
        {
            Refuse(key, "null");
        }
    }

    /// <summary>Says that a value is not supported.</summary>
    public void Refuse(string key, string supported) =>
        _reader.Report(Descriptors.UnsupportedValue, key, key, _reader.Value(key)?.Describe() ?? "absent", modelType, supported);

    /// <summary>Says that a number contradicts another.</summary>
    public void Report(string key, string value, string supported) => _reader.Report(Descriptors.UnsupportedValue, key, key, value, modelType, supported);

    /// <summary>Positions of families whose first one is the id of padding + 1, as fairseq counts them: the longest sequence, of so many rows of positions.</summary>
    /// <param name="rows">max_position_embeddings.</param>
    /// <param name="pad">Default of pad_token_id.</param>
    /// <param name="offset">The first position.</param>
    public int LengthBehindPadding(int rows, int pad, out int offset)
    {
        const string Key = "pad_token_id";
        int given = _reader.Has(Key) ? _reader.Integer(Key) ?? -1 : pad;
        if (given < 0)
        {
            Report(Key, "null", "an id of the vocabulary: positions begin behind it");
            given = 0;
        }

        offset = given + 1;
        if (rows > offset)
        {
            return rows - offset;
        }

        Report("max_position_embeddings", Number.Text(rows), "more than " + Number.Text(offset) + ", for the first position is pad_token_id + 1");
        return 1;
    }

    /// <summary>Labels of a classification: num_labels, or as many as id2label names; the default where neither is given.</summary>
    public int Labels(int ordinary = 2)
    {
        if (ChosenLabels is int chosen)
        {
            _reader.Has("num_labels");
            return chosen;
        }

        int named = _reader.Nested("id2label") is { } map ? map.Unasked.Count() : 0;
        int labels = Size("num_labels", named > 0 ? named : ordinary, "the number of classes");
        if (named > 0 && labels != named)
        {
            Report("num_labels", Number.Text(labels), "as many as id2label names, " + Number.Text(named));
        }

        return labels;
    }

    /// <summary>Names of the classes, where id2label names each of them; else none. Where the attribute chose another number, LABEL_0 and so on, as transformers.</summary>
    public EquatableList<string> ClassNames(int classes)
    {
        if (ChosenLabels is not null && _reader.Value("id2label")?.Members.Count != classes)
        {
            return new EquatableList<string>(Enumerable.Range(0, classes).Select(i => "LABEL_" + Number.Text(i)));
        }

        ConfigReader? map = _reader.Value("id2label")?.Kind == JsonKind.Object ? _reader.Nested("id2label") : null;
        string?[] names = [.. Enumerable.Range(0, map is null ? 0 : classes).Select(i => map!.Value(Number.Text(i)) is { Kind: JsonKind.String } name ? name.Text : null)];
        return names.Contains(null) ? EquatableList<string>.Empty : new EquatableList<string>(names.Select(name => name!));
    }

    /// <summary>What a classification's logits are compared with, as transformers chooses it: regression for one label.</summary>
    public LossKind Problem(int labels)
    {
        const string Key = "problem_type";
        Only(Key, "regression", "single_label_classification", "multi_label_classification");
        return _reader.Word(Key) switch
        {
            "regression" => LossKind.Regression,
            "multi_label_classification" => LossKind.MultiLabel,
            "single_label_classification" => LossKind.CrossEntropy,
            _ => labels == 1 ? LossKind.Regression : LossKind.CrossEntropy,
        };
    }

    /// <summary>What every family shares: keys that are refused, keys without effect, and a report of the rest.</summary>
    /// <param name="withoutEffect">Keys of this family that change no number of the model.</param>
    /// <param name="isDecoder">Whether the model is a decoder whatever is_decoder says.</param>
    public void ReadCommon(IReadOnlyList<string> withoutEffect, bool isDecoder = false)
    {
        if (!isDecoder)
        {
            Only("is_decoder", false);
        }

        Only("add_cross_attention", false);
        Only("tie_encoder_decoder", false);
        Never("pruned_heads");
        Never("quantization_config");
        Never("cross_attention_hidden_size");
        foreach (string key in s_withoutEffect.Concat(withoutEffect).Concat(["is_decoder", "tie_word_embeddings", "pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id", "num_labels", "problem_type"]))
        {
            _reader.Has(key);
        }

        // An unknown key that is null says as much as one that is absent.
        foreach (string key in _reader.Unasked.Where(_reader.IsGiven).Take(20).ToList())
        {
            _reader.ReportKey(Descriptors.KeyWithoutEffect, key, key, modelType);
        }
    }

    private void CheckId(string key, int value, int vocabulary)
    {
        if (value >= vocabulary)
        {
            _reader.Report(Descriptors.IdOutOfVocabulary, key, key, Number.Text(value), Number.Text(vocabulary - 1), "vocab_size");
        }
    }

    private string Spelling(string key, string[] spellings)
    {
        if (_reader.IsGiven(key))
        {
            foreach (string other in spellings)
            {
                _reader.Has(other);
            }

            return key;
        }

        return spellings.FirstOrDefault(_reader.IsGiven) ?? key;
    }
}

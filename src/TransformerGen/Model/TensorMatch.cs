using System.Runtime.InteropServices;
using TransformerGen.Training;
using TransformerGen.Weights;

namespace TransformerGen.Model;

/// <summary>
/// Which tensor of a checkpoint is which of a model: names with and without the base model's prefix, tied tensors under any of their names, LayerNorm's
/// weight and bias under the names gamma and beta of the first BERT checkpoints. Everything that does not fit is listed, not only the first thing.
/// </summary>
internal sealed class TensorMatch
{
    private readonly ModelInfo _info;
    private readonly TensorReader _tensors;
    private readonly bool _allowMissingHead;
    private readonly HashSet<string> _own;
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private TensorMatch(ModelInfo info, TensorReader tensors, LoadOptions options)
    {
        (_info, _tensors, _allowMissingHead) = (info, tensors, options.AllowMissingHead);
        _own = info.Parameters.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>For each of the model's tensors its name in the checkpoint; null for one that starts afresh: of the head, or one that a checkpoint may lack.</summary>
    public List<(ParameterInfo Parameter, string? Stored)> Pairs { get; } = [];

    /// <summary>What does not fit; empty when the checkpoint can be loaded.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>How to load the checkpoint nevertheless, where there is a way.</summary>
    public string? Advice { get; private set; }

    /// <summary>Matches a checkpoint with a model.</summary>
    public static TensorMatch Of(ModelInfo info, TensorReader tensors, LoadOptions? options)
    {
        var match = new TensorMatch(info, tensors, options ?? new LoadOptions());
        match.Match();
        return match;
    }

    private string Prefix => _info.BaseModelPrefix;

    private void Match()
    {
        string[][] stored = [.. _info.Parameters.Select(parameter => (string[])[.. Names(parameter).Where(_tensors.Tensors.ContainsKey)])];
        foreach (string[] names in stored)
        {
            _taken.UnionWith(names);
        }

        TensorInfo[] unexpected = [.. _tensors.Tensors.Values.Where(IsUnexpected).OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
        var near = new NearNames([.. unexpected.Select(tensor => tensor.Name)]);
        var missing = new List<ParameterInfo>();
        foreach ((ParameterInfo parameter, string[] names) in _info.Parameters.Zip(stored))
        {
            if (names.Length > 0)
            {
                Pairs.Add((parameter, names[0]));
                CheckShape(parameter, names);
            }
            else if (parameter.MayBeAbsent || (parameter.IsHead && _allowMissingHead))
            {
                Pairs.Add((parameter, null));
            }
            else
            {
                missing.Add(parameter);
                Problems.Add(Missing(parameter, near.Of(parameter.Name)));
            }
        }

        foreach (TensorInfo tensor in unexpected)
        {
            Problems.Add($"{Cut(tensor.Name)} {TensorInfo.Describe(tensor.Shape)} is unexpected; the class has no such tensor");
        }

        if (missing.Count > 0 && missing.All(parameter => parameter.IsHead))
        {
            Advice = $"The file lacks this class's head. To load the rest and begin with a fresh head, pass {nameof(LoadOptions)} with {nameof(LoadOptions.AllowMissingHead)} = true; to use the model as it is, load it with the class that was compiled from its config.json.";
        }
    }

    private string Missing(ParameterInfo parameter, string? near) =>
        $"{parameter.Name}{(parameter.IsHead ? ", of the head," : "")} is missing; expected {TensorInfo.Describe(parameter.StoredShape)}"
        + (near is null ? "" : $". There is a {Cut(near)} {TensorInfo.Describe(_tensors.Tensors[near].Shape)}");

    /// <summary>All names under which a checkpoint may hold a tensor, the model's own first.</summary>
    private IEnumerable<string> Names(ParameterInfo parameter)
    {
        foreach (string name in Spellings(parameter.Name).Concat(parameter.Aliases.SelectMany(Spellings)))
        {
            yield return name;
            string? other = Prefix.Length == 0 ? null : name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : Prefix + name;
            if (other is not null && !_own.Contains(other))
            {
                yield return other;
            }
        }
    }

    private static IEnumerable<string> Spellings(string name)
    {
        const string Weight = "LayerNorm.weight", Bias = "LayerNorm.bias";
        yield return name;
        if (name.EndsWith(Weight, StringComparison.Ordinal))
        {
            yield return name[..^"weight".Length] + "gamma";
        }
        else if (name.EndsWith(Bias, StringComparison.Ordinal))
        {
            yield return name[..^"bias".Length] + "beta";
        }
    }

    private void CheckShape(ParameterInfo parameter, string[] stored)
    {
        int problems = Problems.Count;
        foreach (string name in stored)
        {
            TensorInfo found = _tensors.Tensors[name];
            if (!found.Shape.SequenceEqual(parameter.StoredShape))
            {
                Problems.Add($"{name} is {TensorInfo.Describe(found.Shape)}; expected {TensorInfo.Describe(parameter.StoredShape)}");
            }
            else if (!found.Type.ConvertsToFloat())
            {
                Problems.Add($"{name} is stored as {found.Type.HeaderName()}; expected F32, F16, BF16 or F64");
            }
        }

        if (problems == Problems.Count)
        {
            foreach (string other in stored.Skip(1))
            {
                CheckEqual(stored[0], other);
            }
        }
    }

    /// <summary>Tied tensors that are stored twice have to agree to the bit: a model that does not tie them is another model.</summary>
    private void CheckEqual(string name, string other)
    {
        const int Length = 16 * 1024;
        float[] one = new float[Length], two = new float[Length];
        long count = _tensors.Tensors[name].ElementCount;
        for (long first = 0; first < count; first += Length)
        {
            int length = (int)Math.Min(Length, count - first);
            Span<float> left = one.AsSpan(0, length), right = two.AsSpan(0, length);
            _tensors.ReadFloats(name, first, left);
            _tensors.ReadFloats(other, first, right);
            int same = MemoryMarshal.AsBytes(left).CommonPrefixLength(MemoryMarshal.AsBytes(right)) / sizeof(float);
            if (same < length)
            {
                Problems.Add(FormattableString.Invariant(
                    $"{name} and {other} are one tensor in this class but differ in the file, first in element {first + same}: {left[same]:R} and {right[same]:R}. Store one of them, or compile the class from a config.json that does not tie them"));
                return;
            }
        }
    }

    private bool IsUnexpected(TensorInfo tensor)
    {
        string name = tensor.Name;
        return !_taken.Contains(name) && !Checkpoint.Holds(_tensors, name)
            && !_info.IgnoredTensors.Any(pattern => NamePattern.Fits(pattern, name)) && !IsOtherHead(name);
    }

    /// <summary>
    /// Whether a tensor is part of a head that does not concern this class: it stands outside the base model, where the class is that base alone or is
    /// asked to take only that.
    /// </summary>
    private bool IsOtherHead(string name) =>
        Prefix.Length > 0 && !name.StartsWith(Prefix, StringComparison.Ordinal)
        && (_allowMissingHead || !_info.Parameters.Any(p => p.Name.StartsWith(Prefix, StringComparison.Ordinal)))
        && _taken.Any(taken => taken.StartsWith(Prefix, StringComparison.Ordinal));

    private static string Cut(string name) => name.Length <= 200 ? name : SafeTensorsException.Quote(name);
}

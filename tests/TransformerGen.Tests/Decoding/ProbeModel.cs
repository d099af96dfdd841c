using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Tests.Decoding;

/// <summary>
/// An encoder-decoder by hand whose logits are those of a <see cref="HashModel"/> of source and prefix. It knows both from the caches alone and
/// checks every float it finds there, so a wrong slot, position or copy fails.
/// </summary>
internal sealed unsafe class ProbeModel(ModelWeights weights) : ITransformer<ProbeModel>
{
    public const int V = 24, Stride = 32;

    private static readonly CacheLayerInfo[] s_layers = [new(2, 3), new(1, 17)];     // an array: enumerating it allocates nothing

    public static HashModel Hash { get; } = new(seed: 7, V, favoured: 2, favour: 1);

    public static ModelInfo Info { get; } = new()
    {
        Name = "Probe",
        ModelType = "transformer",
        ConfigJson = """{ "model_type": "probe", "norm_eps": 1e-05, "bias": true, "dropout": 0.1, "max_length": 75 }""",
        Vocabulary = V,
        Width = 4,
        MaxLength = 75,
        PadId = 0,
        BeginId = 1,
        EndIds = [2],
        HasEncoder = true,
        HasDecoder = true,
        HasBatchNorm = false,
        Dropout = 0.1f,
        ValueFloats = 16 + (3 * 32) + 16,
        PanelFloats = 16,
        TrainingPanelFloats = 16,
        SelfCacheLayers = s_layers,
        CrossCacheFloats = 1,
        Parameters =
        [
            new("a.bias", 1, 5, 1, 0, 16, Initialization.Zeros),
            new("b.weight", 3, 20, 2, 16, 32, Initialization.XavierUniform),
            new("c.running_mean", 1, 16, 1, 16 + (3 * 32), 16, Initialization.Zeros, IsBuffer: true),
        ],
    };

    public ModelWeights Weights => weights;

    public static ProbeModel Create() => new(new ModelWeights(Info, Pack));

    public static ProbeModel Wrap(ModelWeights weights) => new(weights);

    public static void Pack(ModelWeights weights, int first, int limit) => weights.Panels.Span[0] = weights.Values.Span[0];

    public static int SourceId(ReadOnlySpan<int> tokens)
    {
        int id = 0;
        foreach (int token in tokens) id = unchecked((id * 31) + token + 1);
        return id & 0xFFFFFF;
    }

    public static void Encode(Workspace workspace)
    {
        for (int row = 0; row < workspace.Source.Count; row++)
        {
            workspace.SourceCache.At(workspace.Source.Slots[workspace.Source.SequenceOf[row]], 0)[workspace.Source.Positions[row]] = workspace.Source.Tokens[row] + 1;
        }
    }

    public static void Decode(Workspace workspace)
    {
        workspace.Prepare(new ArenaSizes(0, 8, Stride, 0, 0, 16));
        RowSet target = workspace.Target;
        for (int label = 0, row = 0; row < target.Count; row++)
        {
            int sequence = target.SequenceOf[row];
            Cached(workspace.SelfCache, target.Slots[sequence], target.Positions[row], target.Tokens[row]);
            if (label < workspace.Labels.Count && workspace.Labels.Rows[label] == row)
            {
                ulong state = Hash.Begin(Source(workspace.SourceCache, target.SourceSlots[sequence]));
                for (int p = 0; p <= target.Positions[row]; p++)
                {
                    state = Hash.Append(state, Cached(workspace.SelfCache, target.Slots[sequence], p, null));
                }

                Hash.Logits(state, new Span<float>(workspace.LabelArena[0] + (label++ * Stride), V));
            }
        }

        workspace.Logits = workspace.LabelArena[0];
    }

    public static double Loss(Workspace workspace) => throw new NotSupportedException();

    private static int Source(KeyValueCache cache, int slot)
    {
        Span<int> tokens = stackalloc int[cache.Lengths[slot]];
        for (int p = 0; p < tokens.Length; p++) tokens[p] = (int)cache.At(slot, 0)[p] - 1;
        return SourceId(tokens);
    }

    // Writes a token at a position of every block, or reads it and checks that all blocks agree.
    private static int Cached(KeyValueCache cache, int slot, int position, int? write)
    {
        int offset = 0, block = 0, token = -1;
        foreach (CacheLayerInfo layer in s_layers)
        {
            for (int i = 0; i < 2 * layer.Heads; i++, block++)
            {
                bool isKey = i < layer.Heads;
                int width = isKey ? layer.HeadWidth : layer.ValueWidth;
                float* start = cache.At(slot, offset);
                for (int e = 0; e < width; e++)
                {
                    float* place = isKey ? start + (position / 16 * width * 16) + (e * 16) + (position % 16) : start + (position * width) + e;
                    int mark = V * ((block * 64) + e + 1);
                    if (write is { } written) *place = mark + written;
                    int found = (int)*place - mark;
                    token = token < 0 ? found : token;
                    if (found != token || (uint)found >= V) throw new InvalidOperationException($"Slot {slot}, position {position}, block {block}, element {e}: token {found}, not {token}.");
                }

                offset += width;
            }
        }

        return token;
    }
}

/// <summary>What the probe computes, as a toy model: the reference.</summary>
internal sealed class ProbeReference(int[][] sources) : ToyModel
{
    public override int Vocabulary => ProbeModel.V;

    public override ulong Begin(int sentence) => ProbeModel.Hash.Begin(ProbeModel.SourceId(sources[sentence]));

    public override ulong Append(ulong state, int token) => ProbeModel.Hash.Append(state, token);

    public override void Logits(ulong state, Span<float> logits) => ProbeModel.Hash.Logits(state, logits);
}

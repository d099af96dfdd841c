using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;

namespace TransformerGen.Tests.Training;

/// <summary>
/// A model small enough to be obvious: logits = W · dropout(E[token]) + b. Its widths leave padding in every row, it has a running statistic that every
/// forward pass changes, and a table (unused) that never gets a gradient.
/// </summary>
internal sealed unsafe class ToyModel : ITrainable<ToyModel>
{
    public const int Vocabulary = 23, Width = 20, Stride = 32;
    private const int Out = Vocabulary * Stride, Bias = 2 * Out, Unused = Bias + Stride, Running = Unused + (40 * Stride);

    private ToyModel(ModelWeights weights) => Weights = weights;

    public static ModelInfo Info { get; } = new()
    {
        Name = "Toy",
        ModelType = "transformer",
        ConfigJson = "{}",
        Vocabulary = Vocabulary,
        Width = Width,
        MaxLength = 12,
        PadId = 0,
        BeginId = 1,
        EndIds = [2],
        HasEncoder = false,
        HasDecoder = true,
        HasBatchNorm = false,
        Dropout = 0.25f,
        ValueFloats = Running + Stride,
        PanelFloats = 0,
        TrainingPanelFloats = 0,
        SelfCacheLayers = [],
        CrossCacheFloats = 0,
        Parameters =
        [
            new("embed.weight", Vocabulary, Width, 2, 0, Stride, Initialization.Normal, 0.3f),
            new("out.weight", Vocabulary, Width, 2, Out, Stride, Initialization.XavierUniform),
            new("out.bias", 1, Vocabulary, 1, Bias, Stride, Initialization.Zeros),
            new("unused.weight", 40, Width, 2, Unused, Stride, Initialization.Normal, 1f),
            new("running", 1, Width, 1, Running, Stride, Initialization.Ones, IsBuffer: true),
        ],
    };

    public ModelWeights Weights { get; }

    public static ToyModel Create(ulong seed)
    {
        var weights = new ModelWeights(Info, Pack);
        WeightInitializer.Initialize(weights, seed);
        return Wrap(weights);
    }

    public static ToyModel Wrap(ModelWeights weights) => new(weights);

    public static void Pack(ModelWeights weights, int first, int limit)
    {
    }

    public static void Encode(Workspace workspace) => throw new NotSupportedException("There is no encoder.");

    public static void Decode(Workspace workspace)
    {
        Prepare(workspace);
        for (int r = 0; r < workspace.Labels.Count; r++)
        {
            Logits(workspace, r, DropoutKey.None);
        }
    }

    public static double Loss(Workspace workspace)
    {
        double sum = 0;
        for (int r = 0; r < workspace.Labels.Count; r++)
        {
            sum += Loss(workspace, r);
        }

        return sum;
    }

    public static double Forward(Workspace workspace)
    {
        Prepare(workspace);
        for (int r = 0; r < workspace.Labels.Count; r++)
        {
            Logits(workspace, r, workspace.Dropout);
        }

        for (int i = 0; i < Width; i++)
        {
            workspace.Values[Running + i] *= 0.9f;
        }

        return Loss(workspace);
    }

    public static void Backward(Workspace workspace)
    {
        float* g = workspace.Gradients, w = workspace.Values;
        if (!workspace.Accumulate)
        {
            new Span<float>(g, Running).Clear();
        }

        for (int r = 0; r < workspace.Labels.Count; r++)
        {
            float* logits = workspace.Logits + (r * Stride);
            double total = Total(logits);
            int token = Token(workspace, r);
            for (int c = 0; c < Vocabulary; c++)
            {
                double q = (c == workspace.Labels.Labels[r] ? 1 - workspace.Smoothing : 0) + (workspace.Smoothing / Vocabulary);
                float d = (float)(((Math.Exp(logits[c]) / total) - q) * workspace.LossScale);
                g[Bias + c] += d;
                for (int i = 0; i < Width; i++)
                {
                    float kept = Kept(workspace, r, i, workspace.Dropout);
                    g[Out + (c * Stride) + i] += d * kept * w[(token * Stride) + i];
                    g[(token * Stride) + i] += d * kept * w[Out + (c * Stride) + i];
                }
            }
        }
    }

    private static void Prepare(Workspace workspace)
    {
        workspace.Prepare(new ArenaSizes(0, 0, Stride, 0, 0, 0));
        workspace.Logits = workspace.LabelArena[0];
    }

    private static int Token(Workspace workspace, int r) => workspace.Target.Tokens[workspace.Labels.Rows[r]];

    private static float Kept(Workspace workspace, int r, int feature, DropoutKey dropout)
    {
        if (dropout.Threshold == 0)
        {
            return 1;
        }

        int row = workspace.Labels.Rows[r];
        return dropout.Keeps(dropout.Row(0, workspace.Target.SequenceOf[row], workspace.Target.Positions[row]), (uint)feature) ? dropout.Scale : 0;
    }

    private static void Logits(Workspace workspace, int r, DropoutKey dropout)
    {
        float* w = workspace.Values, logits = workspace.Logits + (r * Stride);
        int token = Token(workspace, r);
        for (int c = 0; c < Vocabulary; c++)
        {
            double sum = w[Bias + c];
            for (int i = 0; i < Width; i++)
            {
                sum += (double)w[Out + (c * Stride) + i] * Kept(workspace, r, i, dropout) * w[(token * Stride) + i];
            }

            logits[c] = (float)sum;
        }
    }

    private static double Total(float* logits)
    {
        double total = 0;
        for (int c = 0; c < Vocabulary; c++)
        {
            total += Math.Exp(logits[c]);
        }

        return total;
    }

    private static double Loss(Workspace workspace, int r)
    {
        float* logits = workspace.Logits + (r * Stride);
        double mean = 0;
        for (int c = 0; c < Vocabulary; c++)
        {
            mean += logits[c] / (double)Vocabulary;
        }

        return Math.Log(Total(logits)) - ((1 - workspace.Smoothing) * logits[workspace.Labels.Labels[r]]) - (workspace.Smoothing * mean);
    }
}

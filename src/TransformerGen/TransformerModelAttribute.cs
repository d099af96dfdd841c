namespace TransformerGen;

/// <summary>
/// Makes a partial class a Transformer: the build writes its forward pass, its backward pass and its decoding for exactly this architecture.
/// What is not set is as in "Attention Is All You Need" (Vaswani et al. 2017).
/// </summary>
/// <example>
/// <code>
/// [TransformerModel(dModel: 128, heads: 4, layers: 2, vocab: 1024, MaxLength = 48)]
/// public sealed partial class FrenchEnglish;
///
/// [TransformerModel("minilm/config.json")]      // listed in the project file: &lt;AdditionalFiles Include="minilm/config.json" /&gt;
/// public sealed partial class MiniLm;
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = false)]
public sealed class TransformerModelAttribute : Attribute
{
    /// <summary>A model described here.</summary>
    /// <param name="dModel">Width of every position, d_model: 1 to 131,072. Divisible by <paramref name="heads"/> unless <see cref="HeadDim"/> is set; even with sinusoidal positions.</param>
    /// <param name="heads">Attention heads: 1 to 4,096.</param>
    /// <param name="layers">Layers of each stack: 1 to 1,024.</param>
    /// <param name="vocab">Tokens in the vocabulary: 1 to 16,777,216.</param>
    public TransformerModelAttribute(int dModel, int heads, int layers, int vocab)
    {
        DModel = dModel;
        Heads = heads;
        Layers = layers;
        Vocab = vocab;
    }

    /// <summary>A model described by a config.json, which decides all of the mathematics; only what to generate is set here.</summary>
    /// <param name="config">Path of the file relative to the project's folder. The project file lists it among its AdditionalFiles.</param>
    public TransformerModelAttribute(string config) => Config = config;

    /// <summary>Width of every position, d_model.</summary>
    public int DModel { get; }

    /// <summary>Attention heads.</summary>
    public int Heads { get; }

    /// <summary>Layers of each stack; <see cref="EncoderLayers"/> and <see cref="DecoderLayers"/> say otherwise for one.</summary>
    public int Layers { get; }

    /// <summary>Tokens in the vocabulary.</summary>
    public int Vocab { get; }

    /// <summary>Path of the config.json, relative to the project's folder; null for a model described by arguments.</summary>
    public string? Config { get; }

    /// <summary>Which stacks there are.</summary>
    public Architecture Architecture { get; set; } = Architecture.EncoderDecoder;

    /// <summary>Inner width of the feed-forward sublayer, d_ff; 0 for 4 · d_model.</summary>
    public int FeedForward { get; set; }

    /// <summary>Width of one head; 0 for d_model / heads.</summary>
    public int HeadDim { get; set; }

    /// <summary>Layers of the encoder; 0 for the constructor's number.</summary>
    public int EncoderLayers { get; set; }

    /// <summary>Layers of the decoder; 0 for the constructor's number.</summary>
    public int DecoderLayers { get; set; }

    /// <summary>Tokens in the longest sequence; a longer one is an error.</summary>
    public int MaxLength { get; set; } = 512;

    /// <summary>Function between the two products of the feed-forward sublayer.</summary>
    public Activation Activation { get; set; } = Activation.ReLU;

    /// <summary>How activations are normalised.</summary>
    public Norm Norm { get; set; } = Norm.Layer;

    /// <summary>Norm after the residual sum or before the sublayer.</summary>
    public NormPlacement NormPlacement { get; set; } = NormPlacement.Post;

    /// <summary>Added to the variance before the root is taken.</summary>
    public double NormEpsilon { get; set; } = 1e-5;

    /// <summary>What tells a token's position.</summary>
    public Positions Positions { get; set; } = Positions.Sinusoidal;

    /// <summary>Embeddings are multiplied by √d_model.</summary>
    public bool ScaleEmbeddings { get; set; } = true;

    /// <summary>One matrix serves as source embedding, target embedding and output projection.</summary>
    public bool ShareEmbeddings { get; set; } = true;

    /// <summary>How a query is compared with a key.</summary>
    public Attention Attention { get; set; } = Attention.DotProduct;

    /// <summary>Which keys a query may see in self-attention.</summary>
    public Pattern Pattern { get; set; } = Pattern.Full;

    /// <summary>Reach of <see cref="Pattern.Window"/>, <see cref="Pattern.Dilated"/> and <see cref="Pattern.Sparse"/> to each side; size of a block of <see cref="Pattern.Block"/>.</summary>
    public int Window { get; set; }

    /// <summary>Distance between the keys of <see cref="Pattern.Dilated"/> in the first layer.</summary>
    public int Dilation { get; set; } = 1;

    /// <summary>Factor by which that distance grows with each layer.</summary>
    public int DilationGrowth { get; set; } = 1;

    /// <summary>Positions at the beginning that see all and are seen by all, for <see cref="Pattern.Sparse"/>.</summary>
    public int GlobalTokens { get; set; }

    /// <summary>Stride of <see cref="Pattern.Strided"/>.</summary>
    public int Stride { get; set; }

    /// <summary>Keys that each query keeps, for <see cref="Pattern.TopK"/>.</summary>
    public int TopK { get; set; }

    /// <summary>Linear layers have a bias; the output projection never has one.</summary>
    public bool Bias { get; set; } = true;

    /// <summary>Probability of dropping an activation in training: embeddings with their positions, and each sublayer's output. At least 0, less than 1.</summary>
    public double Dropout { get; set; } = 0.1;

    /// <summary>Id of the token that fills rows.</summary>
    public int PadId { get; set; }

    /// <summary>Id of the token that begins a target sentence.</summary>
    public int BeginId { get; set; } = 1;

    /// <summary>Id of the token that ends a sentence.</summary>
    public int EndId { get; set; } = 2;

    /// <summary>
    /// What a model from a Hugging Face config.json answers, where it is not what the file's "architectures" says: a bare model for embeddings, say, or a fresh
    /// classifier to fine-tune.
    /// </summary>
    public ModelHead Head { get; set; }

    /// <summary>Classes of a head that classifies, where they are not as many as the config.json says (id2label); 0 for the file's.</summary>
    public int Labels { get; set; }

    /// <summary>Generates code that keeps the attention probabilities of every head; off, it leaves no trace.</summary>
    public bool CaptureAttention { get; set; }

    /// <summary>Generates code that keeps what enters and leaves each layer; off, it leaves no trace.</summary>
    public bool CaptureHiddenStates { get; set; }

    /// <summary>Generates the backward pass.</summary>
    public bool Training { get; set; } = true;

    /// <summary>
    /// Parameters above which the build refuses the model, in case a size was mistyped. Not set, it is the MSBuild property TransformerGenParameterCap, or else
    /// 2,000,000,000.
    /// </summary>
    public long ParameterCap { get; set; } = 2_000_000_000;
}

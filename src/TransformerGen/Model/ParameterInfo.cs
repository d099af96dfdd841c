namespace TransformerGen.Model;

/// <summary>How a tensor starts.</summary>
public enum Initialization
{
    /// <summary>All zeros (biases).</summary>
    Zeros,

    /// <summary>All ones (gains of normalisations).</summary>
    Ones,

    /// <summary>Uniform in ±√(6 / (rows + columns)) of the tensor's own shape, of one expert's where experts are stored together (Glorot and Bengio 2010).</summary>
    XavierUniform,

    /// <summary>Normal with standard deviation <see cref="ParameterInfo.Deviation"/>.</summary>
    Normal,

    /// <summary>Uniform in ±1 / √columns, as torch.nn.Linear begins (He et al. 2015 with a = √5).</summary>
    KaimingUniform,

    /// <summary>The sinusoidal positions of Vaswani et al. (2017), a row for each position, sines and cosines by turns.</summary>
    Sinusoids,

    /// <summary>The same with all sines in front of all cosines.</summary>
    SinesThenCosines,
}

/// <summary>One tensor of the checkpoint and its place in the flat buffers (values, gradients, moments of the optimiser).</summary>
/// <param name="Name">Its name in the checkpoint, such as encoder.layers.0.fc1.weight.</param>
/// <param name="Rows">First dimension; 1 for a vector.</param>
/// <param name="Columns">Last dimension.</param>
/// <param name="Rank">1 for a vector, 2 for a matrix, as it is held; for what the checkpoint stores see <see cref="StoredShape"/>.</param>
/// <param name="Offset">First float in the flat buffers.</param>
/// <param name="Stride">Floats from one row to the next: the columns rounded up to 16, so that every row of a matrix starts on a 64-byte boundary. A vector has one row, which may go on with other tensors.</param>
/// <param name="Initialization">How it starts.</param>
/// <param name="Deviation">Standard deviation where it starts as a normal distribution.</param>
/// <param name="IsBuffer">A running statistic or a fixed table: saved, never trained.</param>
public sealed record ParameterInfo(
    string Name, int Rows, int Columns, int Rank, int Offset, int Stride, Initialization Initialization, float Deviation = 0f, bool IsBuffer = false)
{
    /// <summary>How the checkpoint stores it.</summary>
    public TensorLayout Layout { get; init; } = TensorLayout.Plain;

    /// <summary>Whether it belongs to the head, which a checkpoint of the bare model lacks.</summary>
    public bool IsHead { get; init; }

    /// <summary>Whether it is the weight of linear layers and nothing else: not a table whose rows are looked up, tied to the output or not, and no vector.</summary>
    public bool IsProjection { get; init; }

    /// <summary>Whether a checkpoint may lack it: it then starts as <see cref="Initialization"/> says, the same in every model. It is never trained.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>Further names under which checkpoints hold it: the other end of tied weights. It is saved under <see cref="Name"/> alone.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The shape that the checkpoint stores: [Columns] for a vector, [Rows, Columns] for a matrix, unless <see cref="Layout"/> says otherwise.</summary>
    public IReadOnlyList<long> StoredShape =>
        Rank == 1 ? Layout.IsRow ? [1, Columns] : [Columns]
        : Layout.Experts > 0 ? Layout.Transposed ? [Layout.Experts, Columns, Rows / Layout.Experts] : [Layout.Experts, Rows / Layout.Experts, Columns]
        : Layout.Transposed ? [Columns, Rows] : [Rows, Columns];
}

namespace TransformerGen.Embeddings;

/// <summary>How GloVe is trained; the defaults are those of its authors' paper and program, for a corpus of moderate size.</summary>
public sealed record GloVeOptions
{
    /// <summary>Elements of a vector.</summary>
    public int Dimension { get; init; } = 100;

    /// <summary>Words on either side that co-occur with the one in the middle; one at distance k counts 1 / k.</summary>
    public int Window { get; init; } = 10;

    /// <summary>x_max of the weighting f(x) = (x / x_max)^α, which is 1 from here on.</summary>
    public double Maximum { get; init; } = 100;

    /// <summary>α of the weighting.</summary>
    public double Power { get; init; } = 0.75;

    /// <summary>Passes over the matrix of co-occurrences.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>The rate of AdaGrad (Duchi, Hazan and Singer 2011), whose sums of squares begin at 1.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Everything random is a function of it.</summary>
    public ulong Seed { get; init; } = 1;

    internal void Validate()
    {
        Require.InRange(Dimension >= 1, nameof(Dimension), Dimension, "at least 1");
        Require.InRange(Window >= 1, nameof(Window), Window, "at least 1");
        Require.InRange(Maximum > 0 && double.IsFinite(Maximum), nameof(Maximum), Maximum, "above 0");
        Require.InRange(double.IsFinite(Power), nameof(Power), Power, "a number, usually 0.75");
        Require.InRange(Epochs >= 1, nameof(Epochs), Epochs, "at least 1");
        Require.InRange(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "above 0");
    }
}

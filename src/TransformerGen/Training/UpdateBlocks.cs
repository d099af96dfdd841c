using TransformerGen.Model;

namespace TransformerGen.Training;

/// <summary>A run of the flat buffers that one thread updates: a fixed part of a segment, whatever the number of threads.</summary>
/// <param name="Offset">First float.</param>
/// <param name="Length">Floats.</param>
/// <param name="Segment">The segment whose rates apply.</param>
/// <param name="FirstChunk">Number of its first chunk among all chunks.</param>
/// <param name="HasPanels">Whether it is rows of a matrix, of which the kernels may read packed panels.</param>
internal readonly record struct UpdateBlock(int Offset, int Length, int Segment, int FirstChunk, bool HasPanels);

/// <summary>Neighbouring tensors that are trained alike.</summary>
/// <param name="RateFactor">Multiplies the schedule's rate.</param>
/// <param name="Decay">Weight decay.</param>
internal readonly record struct UpdateSegment(double RateFactor, double Decay);

/// <summary>
/// What an optimiser step goes through: the trainable tensors that are not frozen, cut into blocks of fixed size. Sums are taken block by block,
/// so they have the same bits at any number of threads.
/// </summary>
internal sealed class UpdateBlocks
{
    /// <summary>Floats of a chunk, which is left out as a whole until it has its first gradient; about one row of an embedding table.</summary>
    public const int ChunkFloats = 256;

    public UpdateBlocks(ModelInfo info, TrainerOptions options)
    {
        var blocks = new List<UpdateBlock>();
        var segments = new List<UpdateSegment>();
        int chunks = 0, end = -1;
        ParameterInfo[] ordered = [.. info.Parameters.OrderBy(p => p.Offset)];
        for (int i = 0; i < ordered.Length; i++)
        {
            ParameterInfo parameter = ordered[i];
            if (parameter.IsBuffer)
            {
                continue;
            }

            ParameterGroup? group = options.Groups.FirstOrDefault(g => g.Matches(parameter.Name));
            if (group is { Frozen: true })
            {
                continue;
            }

            var segment = new UpdateSegment(group?.LearningRateFactor ?? 1, parameter.StoredShape.Count >= 2 ? group?.WeightDecay ?? options.Optimizer.WeightDecay : 0);
            // A vector's row may go on with the next tensor (biases of a fused projection): what is its own ends there.
            int next = i + 1 < ordered.Length ? ordered[i + 1].Offset : info.ValueFloats;
            int floats = Math.Min(checked(parameter.Rows * parameter.Stride), next - parameter.Offset);
            bool hasPanels = parameter.Rank >= 2;
            bool continues = !hasPanels && segments.Count > 0 && segments[^1] == segment && parameter.Offset == end && !blocks[^1].HasPanels && blocks[^1].Length + floats <= RowBlocks.Floats;
            if (segments.Count == 0 || segments[^1] != segment)
            {
                segments.Add(segment);
            }

            int start = parameter.Offset;
            end = parameter.Offset + floats;
            if (continues)
            {
                // Vectors (biases, gains) share a block; matrices begin their own, so that blocks and chunks begin with a row.
                start = blocks[^1].Offset;
                chunks = blocks[^1].FirstChunk;
                blocks.RemoveAt(blocks.Count - 1);
            }

            int most = RowBlocks.FloatsOf(parameter);
            for (int at = start; at < end; at += Math.Min(most, end - at))
            {
                int length = Math.Min(most, end - at);
                blocks.Add(new UpdateBlock(at, length, segments.Count - 1, chunks, hasPanels));
                chunks += (length + ChunkFloats - 1) / ChunkFloats;
            }
        }

        Blocks = [.. blocks];
        Segments = [.. segments];
        Touched = new byte[chunks];
        Sums = new double[blocks.Count];
        Rates = new SegmentRates[segments.Count];
    }

    /// <summary>The blocks in the order of the flat buffers.</summary>
    public UpdateBlock[] Blocks { get; }

    /// <summary>The segments.</summary>
    public UpdateSegment[] Segments { get; }

    /// <summary>For each chunk whether it has ever had a gradient, and so may have moments that are not zero.</summary>
    public byte[] Touched { get; }

    /// <summary>For each block the sum of its squared gradients.</summary>
    public double[] Sums { get; }

    /// <summary>For each segment the numbers of the current step.</summary>
    public SegmentRates[] Rates { get; }
}

/// <summary>The numbers of one step for one segment.</summary>
internal struct SegmentRates
{
    /// <summary>What the direction is multiplied with before it is subtracted from the weights.</summary>
    public float Step;

    /// <summary>What the weights are multiplied with first: 1 - rate · decay, or 1.</summary>
    public float Keep;

    /// <summary>Multiple of the weights that is added to the gradient, or 0.</summary>
    public float GradientDecay;

    /// <summary>Whether a chunk without gradient and moments stays exactly as it is.</summary>
    public bool CanSkip;
}

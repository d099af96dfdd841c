using System.Collections.Generic;
using TransformerGen.Generator.Graph;

namespace TransformerGen.Generator.Emit;

/// <summary>A member of the class of tiles that all attentions of one head width share, whatever their number of heads, their mask and their scores.</summary>
/// <param name="HeadWidth">K.</param>
internal abstract record HeadKernel(int HeadWidth) : Kernel
{
    /// <summary>Queries of a tile: 4 rows × 4 vectors are 16 accumulators, 4 operands and a broadcast of 32 registers. Where there are 16 registers the tile is 4 × 2.</summary>
    protected const int TileRows = 4;

    /// <summary>The class of a head width.</summary>
    public static string NameOf(int headWidth) => $"Heads{headWidth}";

    public override string ClassName => NameOf(HeadWidth);

    public override string Summary => $"What attentions with heads of width {HeadWidth} share: register tiles of 4 queries, the online softmax.";

    public override IEnumerable<Kernel> Needs => [new HeadConstants(HeadWidth)];

    protected int Padded => Padding.Of(HeadWidth);
}

/// <summary>What the tiles are measured in.</summary>
internal sealed record HeadConstants(int HeadWidth) : HeadKernel(HeadWidth)
{
    public override string MemberKey => "0";

    public override IEnumerable<Kernel> Needs => [];

    public override void Emit(SourceWriter writer) => writer.Lines(
        $"""
        private const int HeadWidth = {HeadWidth};

        /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
        private const int Padded = {Padded};
        private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = {TileRows};

        /// <summary>Where the running maximum starts: below every score, yet finite, so that minus infinity minus it is no NaN.</summary>
        public const float Lowest = -1e30f;
        """);
}

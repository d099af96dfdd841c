using System;

namespace TransformerGen.Generator.Emit;

/// <summary>Dimensions and factors of a shape.</summary>
internal sealed record AttentionConstants(AttentionShape Shape) : AttentionKernel(Shape)
{
    private const double Log2E = 1.4426950408889634;

    public override string MemberKey => "0 constants";

    /// <summary>What a query is multiplied with: the scale of the score, and log2(e) where nothing comes between product and softmax.</summary>
    public static double QueryScale(AttentionShape shape) =>
        shape.IsAdditive ? 1 : shape.SoftCap > 0 ? shape.ExactScale / shape.SoftCap : Log2E * shape.ExactScale;

    /// <summary>What the soft cap multiplies the tangent with: the score times log2(e).</summary>
    public static double Cap(AttentionShape shape) => shape.SoftCap * Log2E;

    public override void Emit(SourceWriter writer)
    {
        string scale = Shape.IsAdditive ? "1: the score is additive"
            : Shape.SoftCap > 0 ? "the scale of q·k by the soft cap"
            : Shape.DescribeScore().StartsWith("q·k / √", StringComparison.Ordinal) ? "so that softmax is 2^(score - logSumExp): log2(e) / √K" : "so that softmax is 2^(score - logSumExp): log2(e) times the scale of q·k";
        writer.Lines(
            $"""
            private const int {(Shape.Group == 1 ? $"Heads = {Shape.Heads}" : $"Heads = {Shape.Heads}, KeyHeads = {Shape.KeyHeads}, Group = Heads / KeyHeads")}, HeadWidth = {Shape.HeadWidth};

            /// <summary>Head width rounded up to whole vectors: the stride of packed rows.</summary>
            private const int Padded = {Shape.PaddedHeadWidth};

            private const int QueryStride = {Shape.QueryStride}, KeyStride = {Shape.KeyStride}, ValueStride = {Shape.ValueStride}, OutputStride = {Shape.OutputStride};
            private const int StatisticsStride = {Shape.StatisticsStride};

            /// <summary>Rows that follow each other in the pattern are this many rows apart.</summary>
            private const int RowStep = {Shape.RowStep};
            private const int BlockKeys = KeyBlock.Capacity, Panel = KeyBlock.Panel, TileRows = 4;

            /// <summary>What a query is multiplied with, {scale}.</summary>
            private const float QueryScale = {Literal.Of((float)QueryScale(Shape))};
            """);
        if (Shape.IsAdditive)
        {
            writer.Blank();
            writer.Lines(
                $"""
                /// <summary>What a score is multiplied with{(Shape.SoftCap > 0 ? ", 1 / the soft cap" : ", so that softmax is 2^(score - logSumExp): log2(e)")}.</summary>
                private const float ScoreScale = {Literal.Of((float)(Shape.SoftCap > 0 ? 1 / Shape.SoftCap : Log2E))};
                """);
        }
    }
}

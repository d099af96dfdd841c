using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>Which bucket of a table a distance belongs to: small distances have one each, larger ones share them on a logarithmic scale.</summary>
/// <param name="Buckets">Rows of the table.</param>
/// <param name="MaxDistance">From here on all distances share a bucket.</param>
/// <param name="Bidirectional">Half of the buckets are for keys behind the query; else those count as distance 0.</param>
internal sealed record RelativeBuckets(int Buckets, int MaxDistance, bool Bidirectional)
{
    /// <summary>
    /// Of key position - query position, as transformers' T5Attention._relative_position_bucket (Raffel et al. 2020), in single precision as there: a
    /// distance whose logarithm is a whole number of buckets must fall on the same side.
    /// </summary>
    public int Of(int distance)
    {
        int buckets = Bidirectional ? Buckets / 2 : Buckets, first = Bidirectional && distance > 0 ? buckets : 0;
        int apart = Bidirectional ? Math.Abs(distance) : Math.Max(-distance, 0), exact = buckets / 2;
        if (apart < exact)
        {
            return first + apart;
        }

        float position = (float)Math.Log((float)apart / exact) / (float)Math.Log(MaxDistance / (double)exact);
        return first + Math.Min(exact + (int)(float)(position * (buckets - exact)), buckets - 1);
    }
}

/// <summary>y[h, R + d] = table[bucket(d), h] for d = -R..R: a table of buckets spread over distances, once per pass for all layers that share it.</summary>
internal sealed class RelativeBias(Stage stage, Parameter table, RelativeBuckets buckets, Value y) : Operation(stage)
{
    /// <summary>[buckets, heads].</summary>
    public Parameter Table { get; } = table;

    public RelativeBuckets Buckets { get; } = buckets;

    /// <summary>[1, heads · (2R + 1)].</summary>
    public Value Y { get; } = y;

    /// <summary>R.</summary>
    public int Reach => ((Y.Width / Table.Columns) - 1) / 2;

    public override IEnumerable<Value> Inputs => [];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check()
    {
        Require(Buckets.Buckets == Table.Rows && Buckets.Buckets >= (Buckets.Bidirectional ? 4 : 2), "the table has a row per bucket");
        Require(Y.Rows == Symbol.Once && Y.Width == Table.Columns * ((2 * Reach) + 1), "y has a number per head and distance");
        Require(Buckets.MaxDistance > Buckets.Buckets / (Buckets.Bidirectional ? 4 : 2), "far distances share buckets");
        Require(Reach >= Buckets.MaxDistance, "y reaches as far as the buckets differ");
    }
}

/// <summary>dtable[b, h] = Σ dy[h, R + d] over the distances of bucket b.</summary>
internal sealed class RelativeBiasBackward(RelativeBias forward, Value dy) : Operation(forward.Stage)
{
    public RelativeBias Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => [Forward.Table];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of y");
}

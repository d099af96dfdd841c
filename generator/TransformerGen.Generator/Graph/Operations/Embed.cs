using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = dropout(scale · table[token] + position). [rows, D]</summary>
internal sealed class Embed(Stage stage, Parameter table, float scale, PositionKind positions, Parameter? positionTable, int? dropoutSite, Value y)
    : Operation(stage)
{
    public Parameter Table { get; } = table;

    public float Scale { get; } = scale;

    public PositionKind Positions { get; } = positions;

    public Parameter? PositionTable { get; } = positionTable;

    /// <summary>Which dropout; null for none.</summary>
    public int? DropoutSite { get; } = dropoutSite;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check()
    {
        Require(Table.Columns == Y.Width, "the table must be as wide as the output");
        Require((Positions == PositionKind.Learned) == (PositionTable is not null), "learned positions, and only they, have a table");
        Require(PositionTable is null || PositionTable.Columns == Y.Width, "the positions must be as wide as the output");
    }
}

/// <summary>dTable[token] += scale · dropout(dy), dPosition[position] += dropout(dy).</summary>
internal sealed class EmbedBackward(Embed forward, Value dy) : Operation(forward.Stage)
{
    public Embed Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => Forward.PositionTable is { } positions ? [Forward.Table, positions] : [Forward.Table];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
}

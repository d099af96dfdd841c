using System.Collections.Generic;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>y = dropout(scale · table[token] + position + types[type]). [rows, D]</summary>
internal sealed class Embed(Stage stage, Parameter? table, float scale, PositionKind positions, Parameter? positionTable, DropoutSite? dropout, Value y)
    : Operation(stage)
{
    /// <summary>Null where only positions are taken.</summary>
    public Parameter? Table { get; } = table;

    public float Scale { get; } = scale;

    public PositionKind Positions { get; } = positions;

    public Parameter? PositionTable { get; } = positionTable;

    /// <summary>What is added to a position before its row of the table, or its sinusoid, is taken.</summary>
    public int PositionOffset { get; init; }

    /// <summary>Rows at position -1 exist; that row of the positions gets no gradient here (torch's padding_idx).</summary>
    public bool SkipsPadding { get; init; }

    /// <summary>A row per token type; null where the model has none.</summary>
    public Parameter? TypeTable { get; init; }

    /// <summary>A row of the table that gets no gradient here (torch's padding_idx), -1 for none.</summary>
    public int PaddingRow { get; init; } = -1;

    /// <summary>Dropout of the sum; null for none.</summary>
    public DropoutSite? Dropout { get; } = dropout;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check()
    {
        Require(Table is null || Table.Columns == Y.Width, "the table must be as wide as the output");
        Require((Positions == PositionKind.Learned) == (PositionTable is not null), "learned positions, and only they, have a table");
        Require(Table is not null || (Positions == PositionKind.Learned && TypeTable is null && Dropout is null), "without tokens there are learned positions alone");
        Require(TypeTable is null || TypeTable.Columns == Y.Width, "the types must be as wide as the output");
        Require(PositionOffset >= 0 && (PositionTable is null || PositionOffset < PositionTable.Rows), "the offset is a row of the positions");
        Require(!SkipsPadding || (PositionOffset > 0 && PositionTable is not null), "a row in front of the first position");
        Require(PaddingRow >= -1 && (Table is null || PaddingRow < Table.Rows), "the padding row is one of the table's");
        Require(PositionTable is null || PositionTable.Columns == Y.Width, "the positions must be as wide as the output");
    }
}

/// <summary>dTable[token] += scale · dropout(dy) but for the padding row, dPosition[position] += dropout(dy), dTypes[type] += dropout(dy).</summary>
internal sealed class EmbedBackward(Embed forward, Value dy) : Operation(forward.Stage)
{
    public Embed Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients
    {
        get
        {
            if (Forward.Table is { } table)
            {
                yield return table;
            }

            if (Forward.PositionTable is { } positions)
            {
                yield return positions;
            }

            if (Forward.TypeTable is { } types)
            {
                yield return types;
            }
        }
    }

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.Y.Rows, "the gradient has the shape of the output");
}

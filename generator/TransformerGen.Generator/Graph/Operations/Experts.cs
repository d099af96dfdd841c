using System.Collections.Generic;
using System.Linq;

namespace TransformerGen.Generator.Graph.Operations;

/// <summary>
/// Which experts a row goes through, and where its copies stand among the expert rows, which are grouped by expert and within one in the order of the rows.
/// probabilities = softmax(scores); the PerToken largest are chosen, of equal ones the first. scores [rows, experts], weights, chosen, places [rows, PerToken],
/// offsets [1, experts + 1]: the first expert row of each expert. Chosen, places and offsets are whole numbers.
/// </summary>
internal sealed class Route(Stage stage, Value scores, int perToken, bool normalise, Value probabilities, Value weights, Value chosen, Value places, Value offsets) : Operation(stage)
{
    public Value Scores { get; } = scores;

    /// <summary>Experts that a row goes through.</summary>
    public int PerToken { get; } = perToken;

    /// <summary>The chosen probabilities are divided by their sum.</summary>
    public bool Normalise { get; } = normalise;

    public Value Probabilities { get; } = probabilities;

    public Value Weights { get; } = weights;

    public Value Chosen { get; } = chosen;

    public Value Places { get; } = places;

    public Value Offsets { get; } = offsets;

    public int Experts => Scores.Width;

    public override IEnumerable<Value> Inputs => [Scores];

    public override IEnumerable<Value> Outputs => [Probabilities, Weights, Chosen, Places, Offsets];

    public override void Check()
    {
        Require(PerToken >= 1 && PerToken <= Experts, "a row goes through one expert or more, and at most all");
        Require(Probabilities.Width == Experts && Probabilities.Rows == Scores.Rows, "one probability per expert");
        Require(((Value[])[Weights, Chosen, Places]).All(value => value.Width == PerToken && value.Rows == Scores.Rows), "one number per choice");
        Require(Offsets.Rows == Symbol.Once && Offsets.Width == Experts + 1, "where each expert's rows begin, and the end");
    }
}

/// <summary>dscores from the gradient of the weights, through the normalisation and the softmax.</summary>
internal sealed class RouteBackward(Route forward, Value dWeights, Value dScores) : Operation(forward.Stage)
{
    public Route Forward { get; } = forward;

    public Value DWeights { get; } = dWeights;

    public Value DScores { get; } = dScores;

    public override IEnumerable<Value> Inputs => [DWeights, Forward.Probabilities, Forward.Weights, Forward.Chosen];

    public override IEnumerable<Value> Outputs => [DScores];

    public override void Check() => Require(
        DWeights.Width == Forward.PerToken && DScores.Width == Forward.Experts && DScores.Rows == Forward.Scores.Rows, "gradients have the shapes of weights and scores");
}

/// <summary>Copies each row to its places among the expert rows. x [rows, D], y [expert rows, D].</summary>
internal sealed class Dispatch(Stage stage, Value x, Route route, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public Route Route { get; } = route;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X, Route.Places];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check() => Require(X.Width == Y.Width && Y.Rows == ExpertRows.Of(X.Rows), "an expert row is a row");
}

/// <summary>dx = the sum of the gradients at a row's places.</summary>
internal sealed class DispatchBackward(Dispatch forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public Dispatch Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY, Forward.Route.Places];

    public override IEnumerable<Value> Outputs => [DX];

    public override void Check() => Require(DX.Width == DY.Width && DX.Rows == Forward.X.Rows, "the gradient has the shape of x");
}

/// <summary>y = x·W_eᵀ for the rows of each expert e. x [expert rows, K], W [experts · N, K], y [expert rows, N].</summary>
internal sealed class ExpertLinear(Stage stage, Value x, Route route, Parameter weight, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public Route Route { get; } = route;

    public Parameter Weight { get; } = weight;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X, Route.Offsets];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check() =>
        Require(X.Width == Weight.Columns && Y.Width * Route.Experts == Weight.Rows && X.Rows == Y.Rows, $"x [N, K] · ({Weight} of {Route.Experts} experts)ᵀ = y [N, M]");
}

/// <summary>dx = dy·W_e for the rows of each expert.</summary>
internal sealed class ExpertLinearBackwardInput(ExpertLinear forward, Value dy, Value dx) : Operation(forward.Stage)
{
    public ExpertLinear Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public override IEnumerable<Value> Inputs => [DY, Forward.Route.Offsets];

    public override IEnumerable<Value> Outputs => [DX];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DX.Width == Forward.X.Width && DX.Rows == DY.Rows, "gradients have the shapes of y and x");
}

/// <summary>dW_e += dyᵀ·x over the rows of each expert; zero where an expert has none.</summary>
internal sealed class ExpertLinearBackwardWeights(ExpertLinear forward, Value dy) : Operation(forward.Stage)
{
    public ExpertLinear Forward { get; } = forward;

    public Value DY { get; } = dy;

    public override IEnumerable<Value> Inputs => [DY, Forward.X, Forward.Route.Offsets];

    public override IEnumerable<Value> Outputs => [];

    public override IEnumerable<Parameter> ParameterGradients => [Forward.Weight];

    public override void Check() => Require(DY.Width == Forward.Y.Width && DY.Rows == Forward.X.Rows, "the gradient has the shape of the output");
}

/// <summary>y = Σ over a row's choices of weight · what its expert gave. x [expert rows, D], y [rows, D].</summary>
internal sealed class Combine(Stage stage, Value x, Route route, Value y) : Operation(stage)
{
    public Value X { get; } = x;

    public Route Route { get; } = route;

    public Value Y { get; } = y;

    public override IEnumerable<Value> Inputs => [X, Route.Weights, Route.Places];

    public override IEnumerable<Value> Outputs => [Y];

    public override void Check() => Require(X.Width == Y.Width && X.Rows == ExpertRows.Of(Y.Rows), "an expert row is a row");
}

/// <summary>dx = weight · dy at each place; dweights = dy · x.</summary>
internal sealed class CombineBackward(Combine forward, Value dy, Value dx, Value dWeights) : Operation(forward.Stage)
{
    public Combine Forward { get; } = forward;

    public Value DY { get; } = dy;

    public Value DX { get; } = dx;

    public Value DWeights { get; } = dWeights;

    public override IEnumerable<Value> Inputs => [DY, Forward.X, Forward.Route.Weights, Forward.Route.Places];

    public override IEnumerable<Value> Outputs => [DX, DWeights];

    public override void Check() => Require(
        DY.Width == Forward.Y.Width && DX.Width == Forward.X.Width && DX.Rows == Forward.X.Rows && DWeights.Width == Forward.Route.PerToken, "gradients have the shapes of x and the weights");
}

/// <summary>The symbol of a side's expert rows.</summary>
internal static class ExpertRows
{
    public static Symbol Of(Symbol rows) => rows switch
    {
        Symbol.SourceRows => Symbol.SourceExpertRows,
        Symbol.TargetRows => Symbol.TargetExpertRows,
        _ => throw new System.InvalidOperationException($"{rows} have no experts."),
    };
}

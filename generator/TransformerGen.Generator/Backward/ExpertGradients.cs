using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Backward;

/// <summary>The rules of a mixture of experts. Which experts are chosen has no gradient; how much each counts has.</summary>
internal static class ExpertGradients
{
    // y = Σ w·x[place]: dx[place] = w·dy, dw = dy·x[place].
    public static void OfCombine(Differentiation d, Combine op)
    {
        Value dx = Differentiation.Like(op, op.X, "Combined"), dWeights = Differentiation.Like(op, op.Route.Weights);
        d.Add(new CombineBackward(op, GradientRules.Gradient(d, op, op.Y), dx, dWeights));
        d.Contribute(op, op.X, dx);
        d.Contribute(op, op.Route.Weights, dWeights);
    }

    public static void OfLinear(Differentiation d, ExpertLinear op)
    {
        Value dy = GradientRules.Gradient(d, op, op.Y), dx = Differentiation.Like(op, op.X, "From" + op.Y.Role);
        d.Add(new ExpertLinearBackwardWeights(op, dy));
        d.Parameters.TransposedPanel(op.Weight, op.Route.Experts);
        d.Add(new ExpertLinearBackwardInput(op, dy, dx));
        d.Contribute(op, op.X, dx);
    }

    public static void OfDispatch(Differentiation d, Dispatch op)
    {
        Value dx = Differentiation.Like(op, op.X, "Dispatched");
        d.Add(new DispatchBackward(op, GradientRules.Gradient(d, op, op.Y), dx));
        d.Contribute(op, op.X, dx);
    }

    public static void OfRoute(Differentiation d, Route op)
    {
        Value dScores = Differentiation.Like(op, op.Scores);
        d.Add(new RouteBackward(op, GradientRules.Gradient(d, op, op.Weights), dScores));
        d.Contribute(op, op.Scores, dScores);
    }
}

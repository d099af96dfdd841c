using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Oracle.Rules;

/// <summary>A mixture of experts, plainly: each row's choices, one after the other.</summary>
internal static class ExpertRules
{
    public static void Forward(Execution execution, Route op)
    {
        execution.Choices = op.PerToken;
        Matrix scores = execution.Read(op.Scores), probabilities = execution.Write(op.Probabilities), weights = execution.Write(op.Weights);
        Matrix chosen = execution.Write(op.Chosen), places = execution.Write(op.Places), offsets = execution.Write(op.Offsets);
        for (int r = 0; r < scores.Rows; r++)
        {
            double top = scores.Row(r).ToArray().Max();
            double sum = scores.Row(r).ToArray().Sum(s => Math.Exp(s - top));
            for (int e = 0; e < op.Experts; e++)
            {
                probabilities[r, e] = Math.Exp(scores[r, e] - top) / sum;
            }

            int[] order = [.. Enumerable.Range(0, op.Experts).OrderByDescending(e => probabilities[r, e]).ThenBy(e => e)];
            if (op.PerToken < op.Experts)
            {
                execution.Decide(scores[r, order[op.PerToken - 1]] - scores[r, order[op.PerToken]]);
            }

            double total = order.Take(op.PerToken).Sum(e => probabilities[r, e]);
            for (int c = 0; c < op.PerToken; c++)
            {
                chosen[r, c] = order[c];
                weights[r, c] = probabilities[r, order[c]] / (op.Normalise ? total : 1);
            }
        }

        int place = 0;
        for (int e = 0; e < op.Experts; e++)
        {
            offsets[0, e] = place;
            for (int r = 0; r < scores.Rows; r++)
            {
                for (int c = 0; c < op.PerToken; c++)
                {
                    if ((int)chosen[r, c] == e)
                    {
                        places[r, c] = place++;
                    }
                }
            }
        }

        offsets[0, op.Experts] = place;
    }

    public static void Backward(Execution execution, RouteBackward op)
    {
        Route forward = op.Forward;
        Matrix dWeights = execution.Read(op.DWeights), probabilities = execution.Read(forward.Probabilities), chosen = execution.Read(forward.Chosen), dScores = execution.Write(op.DScores);
        for (int r = 0; r < dScores.Rows; r++)
        {
            var dp = new double[forward.Experts];
            double total = Enumerable.Range(0, forward.PerToken).Sum(c => probabilities[r, (int)chosen[r, c]]);
            double mean = Enumerable.Range(0, forward.PerToken).Sum(c => dWeights[r, c] * probabilities[r, (int)chosen[r, c]] / total);
            for (int c = 0; c < forward.PerToken; c++)
            {
                dp[(int)chosen[r, c]] = forward.Normalise ? (dWeights[r, c] - mean) / total : dWeights[r, c];
            }

            double all = Enumerable.Range(0, forward.Experts).Sum(e => dp[e] * probabilities[r, e]);
            for (int e = 0; e < forward.Experts; e++)
            {
                dScores[r, e] = probabilities[r, e] * (dp[e] - all);
            }
        }
    }

    public static void Forward(Execution execution, Dispatch op)
    {
        Matrix x = execution.Read(op.X), places = execution.Read(op.Route.Places), y = execution.Write(op.Y);
        Each(places, (r, c, place) => x.Row(r).CopyTo(y.Row(place)));
    }

    public static void Backward(Execution execution, DispatchBackward op)
    {
        Matrix dy = execution.Read(op.DY), places = execution.Read(op.Forward.Route.Places), dx = execution.Write(op.DX);
        Each(places, (r, c, place) =>
        {
            for (int i = 0; i < dx.Columns; i++)
            {
                dx[r, i] += dy[place, i];
            }
        });
    }

    public static void Forward(Execution execution, ExpertLinear op)
    {
        Matrix x = execution.Read(op.X), weight = execution.Of(op.Weight), y = execution.Write(op.Y);
        Rows(execution, op.Route, (e, r) =>
        {
            for (int n = 0; n < y.Columns; n++)
            {
                for (int k = 0; k < x.Columns; k++)
                {
                    y[r, n] += x[r, k] * weight[(e * y.Columns) + n, k];
                }
            }
        });
    }

    public static void BackwardInput(Execution execution, ExpertLinearBackwardInput op)
    {
        Matrix dy = execution.Read(op.DY), weight = execution.Of(op.Forward.Weight), dx = execution.Write(op.DX);
        Rows(execution, op.Forward.Route, (e, r) =>
        {
            for (int n = 0; n < dy.Columns; n++)
            {
                for (int k = 0; k < dx.Columns; k++)
                {
                    dx[r, k] += dy[r, n] * weight[(e * dy.Columns) + n, k];
                }
            }
        });
    }

    public static void BackwardWeights(Execution execution, ExpertLinearBackwardWeights op)
    {
        Matrix dy = execution.Read(op.DY), x = execution.Read(op.Forward.X), dWeight = execution.GradientOf(op.Forward.Weight);
        Rows(execution, op.Forward.Route, (e, r) =>
        {
            for (int n = 0; n < dy.Columns; n++)
            {
                for (int k = 0; k < x.Columns; k++)
                {
                    dWeight[(e * dy.Columns) + n, k] += dy[r, n] * x[r, k];
                }
            }
        });
    }

    public static void Forward(Execution execution, Combine op)
    {
        Matrix x = execution.Read(op.X), weights = execution.Read(op.Route.Weights), places = execution.Read(op.Route.Places), y = execution.Write(op.Y);
        Each(places, (r, c, place) =>
        {
            for (int i = 0; i < y.Columns; i++)
            {
                y[r, i] += weights[r, c] * x[place, i];
            }
        });
    }

    public static void Backward(Execution execution, CombineBackward op)
    {
        Combine forward = op.Forward;
        Matrix dy = execution.Read(op.DY), x = execution.Read(forward.X), weights = execution.Read(forward.Route.Weights), places = execution.Read(forward.Route.Places);
        Matrix dx = execution.Write(op.DX), dWeights = execution.Write(op.DWeights);
        Each(places, (r, c, place) =>
        {
            for (int i = 0; i < dy.Columns; i++)
            {
                dx[place, i] = weights[r, c] * dy[r, i];
                dWeights[r, c] += dy[r, i] * x[place, i];
            }
        });
    }

    private static void Each(Matrix places, Action<int, int, int> action)
    {
        for (int r = 0; r < places.Rows; r++)
        {
            for (int c = 0; c < places.Columns; c++)
            {
                action(r, c, (int)places[r, c]);
            }
        }
    }

    private static void Rows(Execution execution, Route route, Action<int, int> action)
    {
        Matrix offsets = execution.Read(route.Offsets);
        for (int e = 0; e < route.Experts; e++)
        {
            for (int r = (int)offsets[0, e]; r < (int)offsets[0, e + 1]; r++)
            {
                action(e, r);
            }
        }
    }
}

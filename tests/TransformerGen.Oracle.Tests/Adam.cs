using System.Text.Json;

namespace TransformerGen.Oracle.Tests;

/// <summary>Kingma and Ba 2015 with the paper's schedule, in double precision; running statistics are taken over as they are.</summary>
internal sealed class Adam(JsonElement settings, int width)
{
    private readonly Dictionary<string, (double[] First, double[] Second)> _moments = new(StringComparer.Ordinal);

    /// <summary>One step, counted from 1.</summary>
    public void Step(int step, OracleParameters parameters, OracleResult result)
    {
        double beta1 = settings.GetProperty("betas")[0].GetDouble(), beta2 = settings.GetProperty("betas")[1].GetDouble();
        double epsilon = settings.GetProperty("eps").GetDouble(), warmup = settings.GetProperty("warmup").GetDouble();
        double rate = settings.GetProperty("factor").GetDouble() * Math.Pow(width, -0.5) * Math.Min(Math.Pow(step, -0.5), step * Math.Pow(warmup, -1.5));
        foreach ((string tensor, Matrix gradient) in result.Gradients)
        {
            double[] weights = parameters[tensor].Data;
            if (!_moments.TryGetValue(tensor, out (double[] First, double[] Second) moments))
            {
                _moments.Add(tensor, moments = (new double[weights.Length], new double[weights.Length]));
            }

            for (int i = 0; i < weights.Length; i++)
            {
                double g = gradient.Data[i];
                double m = moments.First[i] = (beta1 * moments.First[i]) + ((1 - beta1) * g);
                double v = moments.Second[i] = (beta2 * moments.Second[i]) + ((1 - beta2) * g * g);
                weights[i] -= rate * (m / (1 - Math.Pow(beta1, step))) / (Math.Sqrt(v / (1 - Math.Pow(beta2, step))) + epsilon);
            }
        }

        foreach ((string tensor, Matrix buffer) in result.Buffers)
        {
            parameters[tensor] = buffer;
        }
    }
}

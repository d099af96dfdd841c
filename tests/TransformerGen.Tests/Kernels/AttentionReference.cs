using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Tests.Kernels;

/// <summary>Attention of one head of one sequence by the definition, in double precision: forward, probabilities and analytic gradients.</summary>
internal sealed class AttentionReference
{
    // build_alibi_tensor of transformers' Bloom.
    private static readonly Dictionary<int, double[]> s_slopes = new()
    {
        [1] = [1 / 256.0],
        [2] = [1 / 16.0, 1 / 256.0],
        [3] = [1 / 16.0, 1 / 256.0, 1 / 4.0],
        [4] = [1 / 4.0, 1 / 16.0, 1 / 64.0, 1 / 256.0],
        [6] = [1 / 4.0, 1 / 16.0, 1 / 64.0, 1 / 256.0, 1 / 2.0, 1 / 8.0],
    };

    private readonly AttentionShape _shape;
    private readonly double[,] _q, _k, _v;
    private readonly double[] _score, _bias;
    private readonly Func<int, int, bool> _sees;
    private readonly double _slope;
    private readonly double[,] _kept;

    /// <summary>Computes the forward pass.</summary>
    /// <param name="shape">What it is specialised for.</param>
    /// <param name="head">Which head.</param>
    /// <param name="q">[queries, K].</param>
    /// <param name="k">[keys, K].</param>
    /// <param name="v">[keys, K].</param>
    /// <param name="score">Additive attention's vector, [K].</param>
    /// <param name="bias">By distance, [2R + 1].</param>
    /// <param name="kept">What dropout multiplies each probability with, [queries, keys].</param>
    /// <param name="sees">Which query sees which key; the shape's pattern unless given.</param>
    public AttentionReference(AttentionShape shape, int head, double[,] q, double[,] k, double[,] v, double[] score, double[] bias, double[,] kept, Func<int, int, bool>? sees = null)
    {
        (_shape, _q, _k, _v, _score, _bias, _kept) = (shape, q, k, v, score, bias, kept);
        _sees = sees ?? ((i, j) => Sees(shape, i, j));
        _slope = shape.Bias == BiasKind.Linear ? s_slopes[shape.Heads][head] : 0;
        Probabilities = Softmax();
        Output = new double[q.GetLength(0), shape.HeadWidth];
        Each((i, j) =>
        {
            for (int c = 0; c < shape.HeadWidth; c++)
            {
                Output[i, c] += Probabilities[i, j] * kept[i, j] * v[j, c];
            }
        });
    }

    public double[,] Probabilities { get; }

    public double[,] Output { get; }

    public double[,] DQ { get; private set; } = new double[0, 0];

    public double[,] DK { get; private set; } = new double[0, 0];

    public double[,] DV { get; private set; } = new double[0, 0];

    public double[] DScore { get; private set; } = [];

    public double[] DBias { get; private set; } = [];

    private int Queries => _q.GetLength(0);

    private int Keys => _k.GetLength(0);

    /// <summary>Whether the query at position i may see the key at position j.</summary>
    public static bool Sees(AttentionShape shape, int i, int j)
    {
        PatternSpec p = shape.Pattern;
        int distance = Math.Abs(i - j);
        bool sees = p.Kind switch
        {
            PatternKind.Full or PatternKind.TopK => true,
            PatternKind.Block => i / p.Window == j / p.Window,
            PatternKind.Window => distance <= p.Window,
            PatternKind.Dilated => distance % p.Dilation == 0 && distance <= p.Window * p.Dilation,
            PatternKind.Sparse => distance <= p.Window || i < p.GlobalTokens || j < p.GlobalTokens,
            PatternKind.Strided => distance < p.Stride || j % p.Stride == p.Stride - 1,
            _ => throw new InvalidOperationException(),
        };
        return sees && (!shape.Causal || j <= i);
    }

    /// <summary>Gradients from the output's.</summary>
    public void Differentiate(double[,] dOutput)
    {
        int width = _shape.HeadWidth;
        (DQ, DK, DV, DScore, DBias) = (new double[Queries, width], new double[Keys, width], new double[Keys, width], new double[width], new double[_bias.Length]);
        double[,] dP = new double[Queries, Keys];
        double[] delta = new double[Queries];
        Each((i, j) =>
        {
            for (int c = 0; c < width; c++)
            {
                dP[i, j] += _kept[i, j] * dOutput[i, c] * _v[j, c];
                DV[j, c] += Probabilities[i, j] * _kept[i, j] * dOutput[i, c];
            }

            delta[i] += Probabilities[i, j] * dP[i, j];
        });
        Each((i, j) =>
        {
            double dS = Probabilities[i, j] * (dP[i, j] - delta[i]);
            if (_shape.Bias == BiasKind.Distance)
            {
                DBias[Column(j - i)] += dS;
            }

            if (_shape.SoftCap > 0)
            {
                dS *= 1 - Math.Pow(Math.Tanh(Product(i, j) / _shape.SoftCap), 2);
            }

            for (int c = 0; c < width; c++)
            {
                if (_shape.IsAdditive)
                {
                    double t = Math.Tanh(_q[i, c] + _k[j, c]), inner = dS * _score[c] * (1 - (t * t));
                    DQ[i, c] += inner;
                    DK[j, c] += inner;
                    DScore[c] += dS * t;
                }
                else
                {
                    DQ[i, c] += dS * _k[j, c] * _shape.ExactScale;
                    DK[j, c] += dS * _q[i, c] * _shape.ExactScale;
                }
            }
        });
    }

    private void Each(Action<int, int> action)
    {
        for (int i = 0; i < Queries; i++)
        {
            for (int j = 0; j < Keys; j++)
            {
                if (Probabilities[i, j] != 0)
                {
                    action(i, j);
                }
            }
        }
    }

    private double Score(int i, int j)
    {
        double product = Product(i, j);
        return (_shape.SoftCap > 0 ? _shape.SoftCap * Math.Tanh(product / _shape.SoftCap) : product)
            + (_slope * (j - i)) + (_shape.Bias == BiasKind.Distance ? _bias[Column(j - i)] : 0);
    }

    private int Column(int distance) => Math.Clamp(distance, -_shape.BiasReach, _shape.BiasReach) + _shape.BiasReach;

    private double Product(int i, int j)
    {
        double sum = 0;
        for (int c = 0; c < _shape.HeadWidth; c++)
        {
            sum += _shape.IsAdditive ? _score[c] * Math.Tanh(_q[i, c] + _k[j, c]) : _q[i, c] * _k[j, c] * _shape.ExactScale;
        }

        return sum;
    }

    private double[,] Softmax()
    {
        double[,] probabilities = new double[Queries, Keys];
        double[] scores = new double[Keys];
        for (int i = 0; i < Queries; i++)
        {
            for (int j = 0; j < Keys; j++)
            {
                scores[j] = _sees(i, j) ? Score(i, j) : double.NegativeInfinity;
            }

            if (_shape.IsTopK && Keys > _shape.Pattern.Top)
            {
                double smallest = scores.OrderDescending().ElementAt(_shape.Pattern.Top - 1);
                for (int j = 0; j < Keys; j++)
                {
                    scores[j] = scores[j] < smallest ? double.NegativeInfinity : scores[j];
                }
            }

            double largest = scores.Append(double.NegativeInfinity).Max();
            if (double.IsNegativeInfinity(largest))
            {
                continue;
            }

            double total = scores.Sum(s => Math.Exp(s - largest));
            for (int j = 0; j < Keys; j++)
            {
                probabilities[i, j] = Math.Exp(scores[j] - largest) / total;
            }
        }

        return probabilities;
    }
}

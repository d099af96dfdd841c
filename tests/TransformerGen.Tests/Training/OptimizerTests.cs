using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Training;
using Xunit;

namespace TransformerGen.Tests.Training;

/// <summary>The vectorised updates against PyTorch's formulas, one element at a time in double precision.</summary>
public sealed unsafe class OptimizerTests
{
    private const double Rate = 0.01;

    /// <summary>Sizes below a vector, across a chunk, across a block (16 K floats) and with padding in every row; of the last three, vectors of one row, the middle one is frozen.</summary>
    private static readonly ModelInfo s_info = WithSharedRow(Info([(1, 5, 1), (1, 16, 1), (3, 20, 2), (70, 250, 2), (1, 33, 1), (2, 17_000, 2), (1, 64, 1)]));

    private static readonly ParameterGroup[] s_groups = [new("middle") { Frozen = true }];

    /// <summary>Every kind of optimiser, with and without clipping.</summary>
    public static TheoryData<string, bool> Kinds
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in (string[])["adam", "adam-decay", "adamw", "sgd", "sgd-decay", "momentum", "nesterov"])
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Steps_are_those_of_the_formulas_at_any_number_of_threads(string kind, bool clips)
    {
        Optimizer optimizer = Kind(kind);
        double? limit = clips ? 0.75 : null;
        using var weights = new ModelWeights(s_info, (_, _, _) => { });
        using var others = new ModelWeights(s_info, (_, _, _) => { });
        WeightInitializer.Initialize(weights, 3);
        WeightInitializer.Initialize(others, 3);
        using var gradients = new NativeBuffer(s_info.ValueFloats);
        using var state = new OptimizerState(weights, new TrainerOptions { Optimizer = optimizer, Groups = s_groups });
        using var otherState = new OptimizerState(others, new TrainerOptions { Optimizer = optimizer, Groups = s_groups });
        using var team = new Team(3);
        var reference = new Reference(optimizer, weights);
        for (int step = 1; step <= 6; step++)
        {
            FillGradients(gradients, step);
            double norm = state.Step(gradients, step, Rate, limit, Team.Alone);
            double otherNorm = otherState.Step(gradients, step, Rate, limit, team);
            double expected = reference.Step(gradients, step, limit);
            Assert.Equal(norm, otherNorm);
            Assert.Equal(expected, norm, 1e-6 * expected);
        }

        Assert.True(weights.Values.Span.SequenceEqual(others.Values.Span), "Three threads give other bits than one.");

        // Six steps of at most about Rate each, in float: a few roundings of weights up to 1, and of steps relative to their own size.
        foreach (ParameterInfo parameter in s_info.Parameters)
        {
            for (int i = 0; i < Floats(parameter); i++)
            {
                double expected = reference.Weights[parameter.Offset + i];
                Assert.Equal(expected, weights.Values.Start[parameter.Offset + i], 6e-7 * Math.Max(0.25, Math.Abs(expected)));
            }
        }
    }

    [Fact]
    public void Padding_stays_zero()
    {
        using var weights = new ModelWeights(s_info, (_, _, _) => { });
        WeightInitializer.Initialize(weights, 3);
        using var gradients = new NativeBuffer(s_info.ValueFloats);
        using var state = new OptimizerState(weights, new TrainerOptions { Optimizer = Kind("adamw") });
        FillGradients(gradients, 1);
        state.Step(gradients, 1, Rate, null, Team.Alone);
        foreach (ParameterInfo parameter in s_info.Parameters.SkipLast(3))
        {
            for (int r = 0; r < parameter.Rows; r++)
            {
                for (int c = parameter.Columns; c < parameter.Stride; c++)
                {
                    int at = parameter.Offset + (r * parameter.Stride) + c;
                    Assert.Equal(0f, weights.Values.Start[at]);
                    Assert.Equal(0f, state.First!.Start[at]);
                    Assert.Equal(0f, state.Second!.Start[at]);
                }
            }
        }
    }

    [Theory]
    [InlineData("adam")]
    [InlineData("momentum")]
    public void Rows_without_gradient_are_left_out_with_the_same_bits(string kind)
    {
        // A table of which two rows get gradients, one of them in the second step only; beside it the same with every chunk touched from the start.
        ModelInfo info = Info([(64, 256, 2)]);
        using var weights = new ModelWeights(info, (_, _, _) => { });
        using var all = new ModelWeights(info, (_, _, _) => { });
        WeightInitializer.Initialize(weights, 5);
        WeightInitializer.Initialize(all, 5);
        using var gradients = new NativeBuffer(info.ValueFloats);
        using var state = new OptimizerState(weights, new TrainerOptions { Optimizer = Kind(kind) });
        using var everything = new OptimizerState(all, new TrainerOptions { Optimizer = Kind(kind) });
        everything.TouchAll();
        for (int step = 1; step <= 4; step++)
        {
            gradients.Clear();
            for (int i = 0; i < 256; i++)
            {
                gradients.Start[(7 * 256) + i] = step == 1 ? 0.1f * (i - 100) : 0;
                gradients.Start[(40 * 256) + i] = step == 2 ? 1f : -0f;
            }

            double? limit = step == 3 ? 1.0 : null;
            Assert.Equal(everything.Step(gradients, step, Rate, limit, Team.Alone), state.Step(gradients, step, Rate, limit, Team.Alone));
        }

        Assert.Equal((2, 64), state.Chunks);
        Assert.Equal((64, 64), everything.Chunks);
        Assert.True(Bits(weights.Values).SequenceEqual(Bits(all.Values)));
        Assert.True(Bits(state.First!).SequenceEqual(Bits(everything.First!)));
    }

    [Fact]
    public void Weights_without_gradient_decay_all_the_same()
    {
        ModelInfo info = Info([(64, 256, 2)]);
        using var weights = new ModelWeights(info, (_, _, _) => { });
        weights.Values.Span.Fill(1f);
        using var gradients = new NativeBuffer(info.ValueFloats);
        using var state = new OptimizerState(weights, new TrainerOptions { Optimizer = Optimizer.AdamW(weightDecay: 0.5) });
        state.Step(gradients, 1, 0.1, null, Team.Alone);
        Assert.All(weights.Values.Span.ToArray(), w => Assert.Equal(0.95f, w));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(beta2: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.AdamW(epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Adam(epsilon: 1e-60));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Sgd(momentum: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimizer.Sgd(nesterov: true));
    }

    private static Optimizer Kind(string kind) => kind switch
    {
        "adam" => Optimizer.Adam(0.9, 0.98, 1e-6),
        "adam-decay" => Optimizer.Adam(epsilon: 1e-3) with { WeightDecay = 0.1 },
        "adamw" => Optimizer.AdamW(weightDecay: 0.3),
        "sgd" => Optimizer.Sgd(),
        "sgd-decay" => Optimizer.Sgd() with { WeightDecay = 0.1 },
        "momentum" => Optimizer.Sgd(0.9),
        _ => Optimizer.Sgd(0.9, nesterov: true) with { WeightDecay = 0.1 },
    };

    private static ReadOnlySpan<int> Bits(NativeBuffer buffer) => new(buffer.Start, (int)buffer.Length);

    private static ModelInfo Info((int Rows, int Columns, int Rank)[] shapes)
    {
        var parameters = new List<ParameterInfo>();
        int offset = 0;
        foreach ((int rows, int columns, int rank) in shapes)
        {
            int stride = (columns + 15) / 16 * 16;
            parameters.Add(new ParameterInfo("p" + parameters.Count, rows, columns, rank, offset, stride, Initialization.Normal, 0.3f));
            offset += rows * stride;
        }

        return ToyModel.Info with { Parameters = parameters, ValueFloats = offset };
    }

    /// <summary>The last row is three vectors, as the biases of a fused projection are.</summary>
    private static ModelInfo WithSharedRow(ModelInfo info)
    {
        ParameterInfo last = info.Parameters[^1];
        return info with
        {
            Parameters =
            [
                .. info.Parameters.SkipLast(1), last with { Name = "left", Columns = 20 },
                last with { Name = "middle", Columns = 23, Offset = last.Offset + 20 }, last with { Name = "right", Columns = 21, Offset = last.Offset + 43 },
            ],
        };
    }

    /// <summary>A vector's row may go on with another tensor.</summary>
    private static int Floats(ParameterInfo parameter) => parameter.Rank == 1 ? parameter.Columns : parameter.Rows * parameter.Stride;

    private static void FillGradients(NativeBuffer gradients, int step)
    {
        var random = new Random(step);
        foreach (ParameterInfo parameter in s_info.Parameters)
        {
            for (int i = 0; i < Floats(parameter); i++)
            {
                gradients.Start[parameter.Offset + i] = i % parameter.Stride < parameter.Columns ? (float)(random.NextDouble() - 0.4) * 0.02f : 0;
            }
        }
    }

    /// <summary>The formulas as PyTorch's documentation states them.</summary>
    private sealed class Reference
    {
        private readonly Optimizer _optimizer;
        private readonly double[] _first, _second;

        public Reference(Optimizer optimizer, ModelWeights weights)
        {
            _optimizer = optimizer;
            Weights = [.. weights.Values.Span.ToArray().Select(w => (double)w)];
            _first = new double[Weights.Length];
            _second = new double[Weights.Length];
        }

        public double[] Weights { get; }

        public double Step(NativeBuffer gradients, int step, double? limit)
        {
            double norm = 0;
            ParameterInfo middle = s_info.Parameters.Single(p => p.Name == "middle");
            for (int i = 0; i < Weights.Length; i++)
            {
                if (i >= middle.Offset && i < middle.Offset + middle.Columns)
                {
                    continue;
                }

                norm += (double)gradients.Start[i] * gradients.Start[i];
            }

            norm = Math.Sqrt(norm);
            double scale = limit is { } most ? Math.Min(1, most / (norm + 1e-6)) : 1;
            foreach (ParameterInfo parameter in s_info.Parameters)
            {
                if (parameter.Name == "middle")
                {
                    continue;
                }

                for (int i = parameter.Offset; i < parameter.Offset + Floats(parameter); i++)
                {
                    Update(i, gradients.Start[i] * scale, step, parameter.Rank == 2 ? _optimizer.WeightDecay : 0);
                }
            }

            return norm;
        }

        private void Update(int i, double g, int step, double decay)
        {
            if (_optimizer is AdamOptimizer adam)
            {
                if (adam.IsDecoupled)
                {
                    Weights[i] *= 1 - (Rate * decay);
                }
                else
                {
                    g += decay * Weights[i];
                }

                _first[i] = (adam.Beta1 * _first[i]) + ((1 - adam.Beta1) * g);
                _second[i] = (adam.Beta2 * _second[i]) + ((1 - adam.Beta2) * g * g);
                double mean = _first[i] / (1 - Math.Pow(adam.Beta1, step)), variance = _second[i] / (1 - Math.Pow(adam.Beta2, step));
                Weights[i] -= Rate * mean / (Math.Sqrt(variance) + adam.Epsilon);
                return;
            }

            var sgd = (SgdOptimizer)_optimizer;
            g += decay * Weights[i];
            _first[i] = (sgd.Momentum * _first[i]) + g;
            Weights[i] -= Rate * (sgd.Nesterov ? g + (sgd.Momentum * _first[i]) : _first[i]);
        }
    }
}

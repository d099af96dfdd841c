using System.Runtime.Intrinsics;
using TransformerGen.Kernels;
using TransformerGen.Testing;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>The linear layer's kernels against double loops: shapes that every kind of panel and its tail, row counts through all tiles.</summary>
public sealed unsafe class LinearTests : IClassFixture<LinearTests.Layers>
{
    private const int Large = 30_000;

    private static readonly int[] s_rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 49, 72, 97];
    private static readonly int[] s_gradientRowCounts = [0, 1, 2, 5, 16, 33, 511, 513, 1030];

    // The shapes that are there for their depth have the panels of others: a few row counts suffice for them.
    private static readonly int[] s_fewRowCounts = [1, 8, 49];
    private static readonly int[] s_fewGradientRowCounts = [2, 513];

    private readonly Layers _layers;

    public LinearTests(Layers layers) => _layers = layers;

    public static TheoryData<int, int> Shapes
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach ((int inputs, int outputs) in Layers.All)
            {
                data.Add(inputs, outputs);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_equals_double_loops(int inputs, int outputs)
    {
        using var layer = new LayerCase(_layers.Find(inputs, outputs));
        foreach (int rows in inputs * outputs > Large ? s_fewRowCounts : s_rowCounts)
        {
            using Guarded x = Guarded.Random(layer.Random, rows, inputs), y = new(rows, outputs), before = new(rows, outputs);
            double[,] plain = layer.Product(x, bias: false), sum = layer.Product(x, bias: true);
            layer.Methods.ForwardPlain(Team.Alone, rows, x.Start, layer.Panels, y.Spoil().Start);
            layer.Near(plain, y, inputs, $"x·Wᵀ, {rows} rows");
            layer.Methods.Forward(Team.Alone, rows, x.Start, layer.Panels, layer.Bias.Start, y.Spoil().Start);
            layer.Near(sum, y, inputs, $"x·Wᵀ + b, {rows} rows");
            layer.Methods.ForwardRelu(Team.Alone, rows, x.Start, layer.Panels, layer.Bias.Start, y.Spoil().Start);
            layer.Near(LayerCase.Map(sum, v => Math.Max(0, v)), y, inputs, $"ReLU, {rows} rows");
            double[,] gelu = LayerCase.Map(sum, v => v * LayerCase.NormalCdf(v));
            layer.Methods.ForwardGelu(Team.Alone, rows, x.Start, layer.Panels, layer.Bias.Start, y.Spoil().Start);
            layer.Near(gelu, y, inputs, $"GELU, {rows} rows");
            layer.Methods.ForwardGeluKeep(Team.Alone, rows, x.Start, layer.Panels, layer.Bias.Start, before.Spoil().Start, y.Spoil().Start);
            layer.Near(gelu, y, inputs, $"GELU kept, {rows} rows");
            layer.Near(sum, before, inputs, $"before GELU, {rows} rows");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradient_of_the_input_equals_double_loops(int inputs, int outputs)
    {
        using var layer = new LayerCase(_layers.Find(inputs, outputs));
        foreach (int rows in inputs * outputs > Large ? s_fewRowCounts : s_rowCounts)
        {
            using Guarded dy = Guarded.Random(layer.Random, rows, outputs), dx = new(rows, inputs), y = Guarded.Random(layer.Random, rows, inputs);
            double[,] expected = layer.ProductTransposed(dy);
            layer.Methods.BackwardInput(Team.Alone, rows, dy.Start, layer.TransposedPanels, dx.Spoil().Start);
            layer.Near(expected, dx, outputs, $"dx, {rows} rows");
            layer.Methods.BackwardInputAdd(Team.Alone, rows, dy.Start, layer.TransposedPanels, dx.Spoil(0.5f).Start);
            layer.Near(LayerCase.Map(expected, v => v + 0.5), dx, outputs, $"dx added, {rows} rows");
            layer.Methods.BackwardInputRelu(Team.Alone, rows, dy.Start, layer.TransposedPanels, y.Start, dx.Spoil().Start);
            layer.Near(LayerCase.Where(y, expected), dx, outputs, $"dx through ReLU, {rows} rows");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_of_the_parameters_equal_double_loops(int inputs, int outputs)
    {
        using var layer = new LayerCase(_layers.Find(inputs, outputs));
        foreach (int rows in inputs * outputs > Large ? s_fewGradientRowCounts : s_gradientRowCounts)
        {
            using Guarded x = Guarded.Random(layer.Random, rows, inputs), dy = Guarded.Random(layer.Random, rows, outputs);
            using Guarded dw = new(outputs, inputs), db = new(1, outputs);
            (double[,] weights, double[,] bias) = LayerCase.Gradients(x, dy);
            layer.Methods.BackwardWeights(Team.Alone, rows, x.Start, dy.Start, dw.Spoil().Start, db.Spoil().Start, false);
            layer.Near(weights, dw, rows, $"dW, {rows} rows");
            layer.Near(bias, db, rows, $"db, {rows} rows");
            layer.Methods.BackwardWeights(Team.Alone, rows, x.Start, dy.Start, dw.Spoil(0.5f).Start, db.Spoil(0.25f).Start, true);
            layer.Near(LayerCase.Map(weights, v => v + 0.5), dw, rows, $"dW added, {rows} rows");
            layer.Near(LayerCase.Map(bias, v => v + 0.25), db, rows, $"db added, {rows} rows");
            layer.Methods.BackwardWeightsPlain(Team.Alone, rows, x.Start, dy.Start, dw.Spoil().Start, false);
            layer.Near(weights, dw, rows, $"dW without bias, {rows} rows");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Bits_depend_neither_on_rows_nor_on_threads(int inputs, int outputs)
    {
        const int Rows = 150;
        using var layer = new LayerCase(_layers.Find(inputs, outputs));
        using var team = new Team(3);
        using Guarded x = Guarded.Random(layer.Random, Rows, inputs), dy = Guarded.Random(layer.Random, Rows, outputs);
        using Guarded all = new(Rows, outputs), some = new(Rows, outputs), dx = new(Rows, inputs), dxSome = new(Rows, inputs);
        using Guarded dw = new(outputs, inputs), dwSome = new(outputs, inputs), db = new(1, outputs), dbSome = new(1, outputs);
        layer.Methods.Forward(Team.Alone, Rows, x.Start, layer.Panels, layer.Bias.Start, all.Start);
        layer.Methods.BackwardInput(Team.Alone, Rows, dy.Start, layer.TransposedPanels, dx.Start);
        layer.Methods.BackwardWeights(Team.Alone, Rows, x.Start, dy.Start, dw.Start, db.Start, false);

        layer.Methods.Forward(team, Rows, x.Start, layer.Panels, layer.Bias.Start, some.Start);
        layer.Methods.BackwardInput(team, Rows, dy.Start, layer.TransposedPanels, dxSome.Start);
        layer.Methods.BackwardWeights(team, Rows, x.Start, dy.Start, dwSome.Start, dbSome.Start, false);
        LayerCase.Same(all, some, "y, 3 threads");
        LayerCase.Same(dx, dxSome, "dx, 3 threads");
        LayerCase.Same(dw, dwSome, "dW, 3 threads");
        LayerCase.Same(db, dbSome, "db, 3 threads");

        for (int step = 1; step <= 13; step++)
        {
            some.Spoil();
            dxSome.Spoil();
            for (int row = 0; row < Rows; row += step)
            {
                int rows = Math.Min(step, Rows - row);
                layer.Methods.Forward(Team.Alone, rows, x.Start + (row * x.Stride), layer.Panels, layer.Bias.Start, some.Start + (row * some.Stride));
                layer.Methods.BackwardInput(Team.Alone, rows, dy.Start + (row * dy.Stride), layer.TransposedPanels, dxSome.Start + (row * dx.Stride));
            }

            LayerCase.Same(all, some, $"y, {step} rows at a time");
            LayerCase.Same(dx, dxSome, $"dx, {step} rows at a time");
        }
    }

    [Fact]
    public void All_layers_share_one_tile_of_each_size()
    {
        Assert.Equal(1, _layers.Source.Split("void Tile6x4<").Length - 1);
        Assert.Equal(1, _layers.Source.Split("void Tile6x2<").Length - 1);
    }

    // The empty name is the beginning of every test of the class.
    [Theory]
    [InlineData("EnableAVX512")]
    [InlineData("EnableAVX2")]
    [InlineData("EnableHWIntrinsic")]
    public void Narrower_vectors_pass_the_same_tests(string switchedOff) => TestProcess.RunAgain(typeof(LinearTests), "", switchedOff);

    /// <summary>Compiles all shapes once.</summary>
    public sealed class Layers
    {
        private readonly LinearMethods[] _methods;

        public Layers()
        {
            _methods = LinearMethods.Compile(out string source, All);
            Source = source;
        }

        // Even panels of 4, 3 and 2 vectors, narrower last panels of 1 and 3, fewer than one vector, widths off every boundary, and a depth beyond one
        // pass. Narrower vectors have one kind of panel, which needs fewer shapes.
        internal static (int Inputs, int Outputs)[] All { get; } = Vector512.IsHardwareAccelerated
            ? [(64, 128), (128, 64), (48, 96), (96, 32), (32, 160), (80, 112), (1, 1), (7, 5), (33, 77), (100, 19), (17, 130), (3100, 24), (24, 6200)]
            : [(80, 112), (1, 1), (33, 77), (3100, 24)];

        internal string Source { get; }

        internal LinearMethods Find(int inputs, int outputs) => _methods.Single(m => m.Inputs == inputs && m.Outputs == outputs);
    }
}

using TransformerGen.Model;
using TransformerGen.Tests.Weights;
using TransformerGen.Training;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Model;

/// <summary>Every layout against index arithmetic that is spelled out, in every direction in which elements go.</summary>
public sealed class TensorLayoutTests
{
    /// <summary>Heads 3, parts of 2, 1 and 3 rows: neighbours in the checkpoint are not neighbours here.</summary>
    private static readonly TensorLayout s_grouped = new() { Groups = 3, Parts = [2, 1, 3] };

    private static readonly TensorLayout s_transposed = new() { Transposed = true };

    private sealed class Every : ILayoutModel
    {
        public static ModelInfo Info() => LayoutInfo.Of(
            "",
            [],
            LayoutInfo.Tensor("plain", 7, 20),
            LayoutInfo.Tensor("vector", 0, 37),
            LayoutInfo.Tensor("transposed", 18, 33, s_transposed),
            LayoutInfo.Tensor("grouped", 18, 21, s_grouped),
            LayoutInfo.Tensor("both", 18, 19, s_grouped with { Transposed = true }),
            LayoutInfo.Tensor("grouped.bias", 0, 18, s_grouped),
            LayoutInfo.Tensor("experts", 12, 17, new TensorLayout { Experts = 4 }),
            LayoutInfo.Tensor("experts.transposed", 12, 17, new TensorLayout { Experts = 4, Transposed = true }),
            LayoutInfo.Tensor("experts.both", 36, 5, s_grouped with { Experts = 2, Transposed = true }),
            LayoutInfo.Tensor("experts.grouped", 36, 5, s_grouped with { Experts = 2 }),
            LayoutInfo.Tensor("row", 0, 23, new TensorLayout { IsRow = true }),

            // Lines longer than a chunk, and chunks that end within a group.
            LayoutInfo.Tensor("long", 40_002, 3, new TensorLayout { Groups = 2, Parts = [13_334, 6_667], Transposed = true }),
            LayoutInfo.Tensor("wide", 6, 40_000, s_transposed));
    }

    public static TheoryData<string> Names => [.. Every.Info().Parameters.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public unsafe void Elements_stand_where_the_layout_says(string name)
    {
        LayoutModel<Every> model = LayoutModel<Every>.Create();
        ParameterInfo parameter = model.Weights.Find(name);
        float[] stored = [.. Enumerable.Range(1, parameter.Rows * parameter.Columns).Select(i => (float)i)];
        model.Weights.Set(name, stored);
        TensorView view = model.Weights.View(name);
        Assert.Equal(stored.Length, parameter.StoredShape.Aggregate(1L, (product, extent) => product * extent));
        (int Row, int Column)[] places = Held(parameter);
        for (int i = 0; i < stored.Length; i++)
        {
            (int row, int column) = places[i];
            float held = model.Weights.Values.Start[parameter.Offset + (row * parameter.Stride) + column];
            if (held != stored[i]) Assert.Fail($"{name}[{i}] is {held} at row {row}, column {column}; expected {stored[i]}");
        }

        Assert.Equal(stored, view.ToArray());
        Assert.Equal(stored.Sum(x => (double)x), model.Weights.Values.Span.ToArray().Sum(x => (double)x));    // nothing else was written, padding least of all
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_run_can_be_read(string name)
    {
        LayoutModel<Every> model = LayoutModel<Every>.Create();
        WeightInitializer.Initialize(model.Weights, 3);
        TensorView view = model.Weights.View(name);
        float[] all = view.ToArray();
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            int first = random.Next(all.Length), length = random.Next(1, Math.Min(all.Length - first, 1 + random.Next(1, 100)) + 1);
            float[] run = new float[length];
            view.CopyTo(first, run);
            Assert.Equal(all[first..(first + length)], run);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyTo(all.Length, new float[1]));
        Assert.Throws<ArgumentException>(() => view.CopyTo(new float[all.Length - 1]));
    }

    [Fact]
    public void Rows_are_the_checkpoints_where_they_lie_together()
    {
        LayoutModel<Every> model = LayoutModel<Every>.Create();
        WeightInitializer.Initialize(model.Weights, 3);
        foreach (string name in (string[])["plain", "vector", "grouped", "experts", "experts.grouped", "row"])
        {
            TensorView view = model.Weights.View(name);
            float[] rows = [.. Enumerable.Range(0, view.Parameter.Rows).SelectMany(r => view.Row(r).ToArray())];
            Assert.Equal(view.ToArray(), rows);
        }

        foreach (string name in (string[])["transposed", "both", "experts.transposed", "grouped.bias"])
        {
            Assert.Contains("Copy them with CopyTo", Assert.Throws<NotSupportedException>(() => model.Weights.View(name).Row(0).Length.ToString()).Message);
        }
    }

    [Fact]
    public void Fresh_weights_do_not_depend_on_the_layout()
    {
        LayoutModel<Every> model = LayoutModel<Every>.Create();
        WeightInitializer.Initialize(model.Weights, 11);
        ModelInfo plainInfo = LayoutInfo.Of("", [], LayoutInfo.Tensor("both", 19, 18), LayoutInfo.Tensor("experts.both", 10, 18));
        using var plain = new ModelWeights(plainInfo, LayoutModel<Every>.Pack);
        WeightInitializer.Initialize(plain, 11);
        Assert.Equal(plain.View("both").ToArray(), model.Weights.View("both").ToArray());
        Assert.Equal(plain.View("experts.both").ToArray(), model.Weights.View("experts.both").ToArray());
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Files_hold_the_checkpoints_order(TensorType type)
    {
        using var folder = new TemporaryFolder();
        LayoutModel<Every> model = LayoutModel<Every>.Create();
        WeightInitializer.Initialize(model.Weights, 7);
        foreach (ParameterInfo parameter in LayoutModel<Every>.Info.Parameters)
        {
            // What all three types hold exactly.
            model.Weights.Set(parameter.Name, [.. model.Weights.View(parameter.Name).ToArray().Select(x => MathF.Round(x * 16) / 16)]);
        }

        string path = folder.File("");
        model.Save(path, type);
        using (SafeTensorsFile file = SafeTensorsFile.Open(folder.File("model.safetensors")))
        {
            foreach (ParameterInfo parameter in LayoutModel<Every>.Info.Parameters)
            {
                TensorInfo tensor = file.Info(parameter.Name);
                Assert.Equal(parameter.StoredShape, tensor.Shape);
                var elements = new float[tensor.ElementCount];
                file.ReadFloats(parameter.Name, elements);
                Assert.Equal(model.Weights.View(parameter.Name).ToArray(), elements);
            }
        }

        LayoutModel<Every> loaded = ModelFiles.Load<LayoutModel<Every>>(path);
        Assert.Equal(model.Weights.Values.Span.ToArray(), loaded.Weights.Values.Span.ToArray());
    }

    [Fact]
    public void Stored_shapes_are_the_checkpoints()
    {
        string Shape(string name) => string.Join(" ", LayoutModel<Every>.Info.Parameters.Single(p => p.Name == name).StoredShape);
        Assert.Equal("33 18", Shape("transposed"));
        Assert.Equal("4 3 17", Shape("experts"));
        Assert.Equal("4 17 3", Shape("experts.transposed"));
        Assert.Equal("1 23", Shape("row"));
        Assert.Equal("18", Shape("grouped.bias"));
    }

    /// <summary>For each stored element its row and column here.</summary>
    private static (int Row, int Column)[] Held(ParameterInfo parameter)
    {
        TensorLayout layout = parameter.Layout;
        int rows = parameter.Rank == 1 ? parameter.Columns : parameter.Rows, columns = parameter.Rank == 1 ? 1 : parameter.Columns;
        int each = rows / Math.Max(1, layout.Experts);

        // Rows as (group, part, k) in the checkpoint's order; here they are sorted by (part, group, k).
        (int, int, int)[] order = layout.Groups == 0
            ? [.. Enumerable.Range(0, each).Select(r => (0, 0, r))]
            : [.. from g in Enumerable.Range(0, layout.Groups) from p in Enumerable.Range(0, layout.Parts.Count) from k in Enumerable.Range(0, layout.Parts[p]) select (p, g, k)];
        int[] sorted = [.. Enumerable.Range(0, each).OrderBy(r => order[r])], here = new int[each];
        for (int r = 0; r < each; r++) here[sorted[r]] = r;

        return [.. Enumerable.Range(0, rows * columns).Select(stored =>
        {
            int expert = stored / (each * columns), rest = stored % (each * columns);
            int row = here[layout.Transposed ? rest % each : rest / columns] + (expert * each), column = layout.Transposed ? rest / each : rest % columns;
            return parameter.Rank == 1 ? (0, row) : (row, column);
        })];
    }
}

using TransformerGen.Model;
using TransformerGen.Tests.Decoding;
using TransformerGen.Tests.Weights;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Model;

public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Folder => _folder.File("model");

    public void Dispose()
    {
        foreach (string folder in Directory.GetDirectories(Path.GetDirectoryName(Folder)!)) Directory.Delete(folder, recursive: true);
        _folder.Dispose();
    }

    private static ProbeModel Model()
    {
        ProbeModel model = ProbeModel.Create();
        model.Weights.Set("a.bias", [1.5f, -2, 0.25f, 3, 1 / 3f]);
        model.Weights.Set("b.weight", [.. Enumerable.Range(0, 60).Select(i => i / 7f)]);
        model.Weights.Set("c.running_mean", [.. Enumerable.Range(0, 16).Select(i => -i / 3f)]);
        return model;
    }

    private string Write(params TensorSource[] tensors)
    {
        string path = _folder.File("other.safetensors");
        SafeTensorsWriter.Write(path, tensors);
        return path;
    }

    [Fact]
    public void A_model_comes_back_to_the_last_bit_with_its_panels_and_zero_padding()
    {
        ProbeModel model = Model();
        model.Save(Folder);
        ProbeModel loaded = ModelFiles.Load<ProbeModel>(Folder);
        Assert.Equal(model.Weights.Values.Span.ToArray(), loaded.Weights.Values.Span.ToArray());
        Assert.Equal(1.5f, loaded.Weights.Panels.Span[0]);
        Assert.Equal(ProbeModel.Info.ConfigJson + "\n", File.ReadAllText(Path.Combine(Folder, "config.json")));
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        using SafeTensorsFile file = SafeTensorsFile.Open(Path.Combine(Folder, "model.safetensors"));
        Assert.Equal([5L], file.Info("a.bias").Shape);
        Assert.Equal([3L, 20L], file.Info("b.weight").Shape);
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Fact]
    public void Weights_that_cannot_be_written_leave_no_new_configuration()
    {
        // A folder stands where the weights belong: nothing can be renamed over it.
        Directory.CreateDirectory(Path.Combine(Folder, "model.safetensors"));
        Assert.ThrowsAny<Exception>(() => Model().Save(Folder));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Theory]
    [InlineData(TensorType.F16, 11)]
    [InlineData(TensorType.BF16, 8)]
    public void Half_the_size_is_rounded_to_nearest(TensorType type, int bits)
    {
        ProbeModel model = Model();
        model.Save(Folder, type);
        float[] exact = model.Weights.Values.Span.ToArray(), loaded = ModelFiles.Load<ProbeModel>(Path.Combine(Folder, "model.safetensors")).Weights.Values.Span.ToArray();
        Assert.NotEqual(exact, loaded);
        for (int i = 0; i < exact.Length; i++) Assert.InRange(Math.Abs(exact[i] - loaded[i]), 0, Math.Abs(exact[i]) * Math.Pow(2, -bits));
    }

    [Fact]
    public void Types_that_cannot_hold_the_weights_are_refused()
    {
        ProbeModel model = Model();
        Assert.Contains("Expected F32, F16 or BF16", Assert.Throws<ArgumentException>(() => model.Save(Folder, TensorType.I32)).Message);
        model.Weights.Set("a.bias", [0, 0, 70000, 0, 0]);
        Assert.Contains("a.bias holds 70000, which F16 cannot", Assert.Throws<ArgumentException>(() => model.Save(Folder, TensorType.F16)).Message);
        Assert.False(Directory.Exists(Folder));
        model.Save(Folder, TensorType.BF16);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_reported_at_once()
    {
        string path = Write(
            TensorSource.Floats("b.weight", TensorType.F32, [20, 3], new float[60]),
            TensorSource.Int64s("c.running_mean", [16], new long[16]),
            TensorSource.Floats("d.weight", TensorType.F16, [2], new float[2]));
        File.WriteAllText(_folder.File("config.json"), """{ "norm_eps": 0.001, "bias": true, "dropout": 0.5, "model_type": "probe" }""");
        var error = Assert.Throws<ModelMismatchException>(() => ModelFiles.Load<ProbeModel>(path));
        Assert.Equal(
            [
                "config.json: norm_eps is 0.001; the class was compiled with 1e-05",
                "a.bias is missing; expected [5]",
                "b.weight is [20, 3]; expected [3, 20]",
                "c.running_mean is stored as I64; expected F32, F16, BF16 or F64",
                "d.weight [2] is unexpected; the class has no such tensor",
            ],
            error.Problems);
        Assert.All(error.Problems, problem => Assert.Contains(problem, error.Message));
        Assert.Contains("does not fit Probe", error.Message);
        Assert.False(ModelFiles.IsCompatible<ProbeModel>(path, out IReadOnlyList<string> reasons));
        Assert.Equal(error.Problems, reasons);
    }

    [Theory]
    [InlineData("""{ "norm_eps": 0.00001, "dropout": 0.9, "max_length": 1000, "unknown": [1] }""", null)]
    [InlineData("""{ "bias": false }""", "bias is false; the class was compiled with true")]
    [InlineData("""{ "bias": tru""", "not valid JSON")]
    [InlineData("[]", "not a JSON object")]
    public void A_config_beside_the_weights_is_compared_where_it_matters(string config, string? problem)
    {
        Model().Save(Folder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), config);
        Assert.Equal(problem is null, ModelFiles.IsCompatible<ProbeModel>(Folder, out IReadOnlyList<string> reasons));
        if (problem is not null) Assert.Contains(problem, Assert.Single(reasons));
    }

    [Fact]
    public void A_missing_or_damaged_file_is_said_to_be_so()
    {
        Assert.Contains("Expected a folder, a .safetensors file or an index of shards", Assert.Throws<FileNotFoundException>(() => ModelFiles.Load<ProbeModel>(Folder)).Message);
        Assert.False(ModelFiles.IsCompatible<ProbeModel>(Folder, out IReadOnlyList<string> reasons));
        Assert.Contains("There are no weights at", Assert.Single(reasons));
        File.WriteAllBytes(_folder.File("model.safetensors"), [1, 2, 3]);
        Assert.False(ModelFiles.IsCompatible<ProbeModel>(_folder.File("model.safetensors"), out reasons));
        Assert.Contains("too short", Assert.Single(reasons));
    }

    [Fact]
    public void Saving_over_a_model_replaces_it()
    {
        ProbeModel model = Model();
        model.Save(Folder);
        model.Weights.Set("a.bias", [9, 9, 9, 9, 9]);
        model.Save(Folder);
        Assert.Equal([9, 9, 9, 9, 9], ModelFiles.Load<ProbeModel>(Folder).Weights.View("a.bias").ToArray());
    }
}

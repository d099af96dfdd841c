using TransformerGen.Model;
using TransformerGen.Tests.Weights;
using TransformerGen.Weights;
using Xunit;
using static TransformerGen.Tests.Model.LayoutInfo;

namespace TransformerGen.Tests.Model;

/// <summary>Which tensor of a file is which of a model, and what is said when that cannot be told.</summary>
public sealed class TensorMatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>A tied language model.</summary>
    private sealed class Tied : ILayoutModel
    {
        public static ModelInfo Info() => Of(
            "transformer.",
            ["*.attn.bias", "*.position_ids"],
            Tensor("transformer.wte.weight", 5, 4, null, false, "lm_head.weight"),
            Tensor("transformer.h.0.attn.c_attn.weight", 12, 4, new TensorLayout { Transposed = true }),
            Tensor("transformer.h.0.LayerNorm.weight", 0, 4),
            Tensor("transformer.h.0.LayerNorm.bias", 0, 4));
    }

    /// <summary>A classifier on the same base.</summary>
    private sealed class Classifier : ILayoutModel
    {
        public static ModelInfo Info() => Of(
            "bert.",
            [],
            Tensor("bert.embeddings.weight", 5, 4),
            Tensor("bert.pooler.dense.weight", 4, 4, null, true),
            Tensor("classifier.weight", 3, 4, null, true),
            Tensor("classifier.bias", 0, 3, null, true));
    }

    /// <summary>A weight, and a table that every model begins and ends with.</summary>
    private sealed class Fixed : ILayoutModel
    {
        public static ModelInfo Info()
        {
            ModelInfo info = Of("model.", [], Tensor("model.weight", 5, 4), Tensor("model.embed_positions.weight", 2, 4));
            ParameterInfo table = info.Parameters[1] with { Initialization = Initialization.SinesThenCosines, IsBuffer = true, MayBeAbsent = true };
            return info with { Parameters = [info.Parameters[0], table] };
        }
    }

    /// <summary>The base alone.</summary>
    private sealed class Bare : ILayoutModel
    {
        public static ModelInfo Info() => Of("bert.", [], Tensor("embeddings.weight", 5, 4), Tensor("encoder.weight", 4, 4));
    }

    public void Dispose() => _folder.Dispose();

    private static TensorSource Floats(string name, params long[] shape)
    {
        int count = (int)shape.Aggregate(1L, (a, b) => a * b), start = name.Length;
        return TensorSource.Floats(name, TensorType.F32, shape, Enumerable.Range(0, count).Select(i => start + (i / 8f)).ToArray());
    }

    private static TensorSource Same(string name, string values, params long[] shape) =>
        TensorSource.Floats(name, TensorType.F32, shape, Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => values.Length + (i / 8f)).ToArray());

    private string Write(params TensorSource[] tensors)
    {
        string path = _folder.File("model.safetensors");
        SafeTensorsWriter.Write(path, tensors);
        return path;
    }

    private static string[] Problems<TWhat>(string path, LoadOptions? options = null)
        where TWhat : ILayoutModel
    {
        Assert.False(ModelFiles.IsCompatible<LayoutModel<TWhat>>(path, out IReadOnlyList<string> reasons, options));
        var error = Assert.Throws<ModelMismatchException>(() => ModelFiles.Load<LayoutModel<TWhat>>(path, options: options));
        Assert.Equal(error.Problems, reasons);
        return [.. reasons];
    }

    private static LayoutModel<TWhat> Load<TWhat>(string path, LoadOptions? options = null)
        where TWhat : ILayoutModel
    {
        Assert.True(ModelFiles.IsCompatible<LayoutModel<TWhat>>(path, out IReadOnlyList<string> reasons, options), string.Join("; ", reasons));
        return ModelFiles.Load<LayoutModel<TWhat>>(path, options: options);
    }

    private static float First<TWhat>(LayoutModel<TWhat> model, string name)
        where TWhat : ILayoutModel => model.Weights.View(name).ToArray()[0];

    [Theory]
    [InlineData("transformer.")]
    [InlineData("")]
    public void Names_with_and_without_the_prefix_are_the_same(string prefix)
    {
        string path = Write(
            Floats(prefix + "wte.weight", 5, 4), Floats(prefix + "h.0.attn.c_attn.weight", 4, 12), Floats(prefix + "h.0.LayerNorm.gamma", 4),
            Floats(prefix + "h.0.LayerNorm.beta", 4), Floats(prefix + "h.0.attn.bias", 1, 1, 8, 8), Floats(prefix + "position_ids.position_ids", 1, 8));
        LayoutModel<Tied> model = Load<Tied>(path);
        Assert.Equal((prefix + "wte.weight").Length, First(model, "transformer.wte.weight"));
        Assert.Equal((prefix + "wte.weight").Length, First(model, "lm_head.weight"));
        Assert.Equal((prefix + "h.0.LayerNorm.gamma").Length, First(model, "transformer.h.0.LayerNorm.weight"));
        Assert.Equal((prefix + "h.0.LayerNorm.beta").Length, First(model, "transformer.h.0.LayerNorm.bias"));

        // Saved once, under its own name.
        model.Save(_folder.File("saved"));
        using (SafeTensorsFile saved = SafeTensorsFile.Open(Path.Combine(_folder.File("saved"), "model.safetensors")))
        {
            Assert.Equal(Tied.Info().Parameters.Select(p => p.Name).Order(StringComparer.Ordinal), saved.Tensors.Keys.Order(StringComparer.Ordinal));
        }

        Load<Tied>(_folder.File("saved"));
    }

    [Fact]
    public void Tied_tensors_may_be_stored_under_either_name_or_twice_when_they_agree()
    {
        TensorSource[] rest = [Floats("transformer.h.0.attn.c_attn.weight", 4, 12), Floats("transformer.h.0.LayerNorm.weight", 4), Floats("transformer.h.0.LayerNorm.bias", 4)];
        Assert.Equal("lm_head.weight".Length, First(Load<Tied>(Write([.. rest, Floats("lm_head.weight", 5, 4)])), "transformer.wte.weight"));
        Load<Tied>(Write([.. rest, Floats("lm_head.weight", 5, 4), Same("transformer.wte.weight", "lm_head.weight", 5, 4)]));
        string problem = Assert.Single(Problems<Tied>(Write([.. rest, Floats("lm_head.weight", 5, 4), Floats("transformer.wte.weight", 5, 4)])));
        Assert.Contains("transformer.wte.weight and lm_head.weight are one tensor in this class but differ in the file, first in element 0: 22 and 14", problem);
        Assert.Equal(["lm_head.weight is [4, 4]; expected [5, 4]"], Problems<Tied>(Write([.. rest, Floats("lm_head.weight", 4, 4), Floats("transformer.wte.weight", 5, 4)])));
    }

    [Fact]
    public void Everything_that_does_not_fit_is_listed_with_shapes_and_near_names()
    {
        string[] problems = Problems<Tied>(Write(
            Floats("transformer.wte.weight", 4, 5), Floats("transformer.h.0.attn.c_atn.weight", 4, 12), Floats("module.transformer.h.0.LayerNorm.bias", 4), Floats("other", 2)));
        Assert.Equal(
            [
                "transformer.wte.weight is [4, 5]; expected [5, 4]",
                "transformer.h.0.attn.c_attn.weight is missing; expected [4, 12]. There is a transformer.h.0.attn.c_atn.weight [4, 12]",
                "transformer.h.0.LayerNorm.weight is missing; expected [4]",
                "transformer.h.0.LayerNorm.bias is missing; expected [4]. There is a module.transformer.h.0.LayerNorm.bias [4]",
                "module.transformer.h.0.LayerNorm.bias [4] is unexpected; the class has no such tensor",
                "other [2] is unexpected; the class has no such tensor",
                "transformer.h.0.attn.c_atn.weight [4, 12] is unexpected; the class has no such tensor",
            ],
            problems);
    }

    [Fact]
    public void A_fixed_table_that_a_file_lacks_begins_as_it_does_in_every_model()
    {
        LayoutModel<Fixed> model = Load<Fixed>(Write(Floats("model.weight", 5, 4)));
        Assert.Equal([0f, 0f, 1f, 1f], model.Weights.View("model.embed_positions.weight").ToArray()[..4]);
        TensorSource stored = Floats("model.embed_positions.weight", 2, 4);
        Assert.Equal("model.embed_positions.weight".Length, First(Load<Fixed>(Write(Floats("model.weight", 5, 4), stored)), "model.embed_positions.weight"));
        Assert.Equal(["model.weight is missing; expected [5, 4]", "other [5, 4] is unexpected; the class has no such tensor"], Problems<Fixed>(Write(Floats("other", 5, 4))));
    }

    [Fact]
    public void A_base_without_a_head_begins_with_a_fresh_one_when_that_is_wanted()
    {
        string path = Write(Floats("bert.embeddings.weight", 5, 4), Floats("cls.predictions.bias", 5));
        Assert.Equal(
            [
                "bert.pooler.dense.weight, of the head, is missing; expected [4, 4]",
                "classifier.weight, of the head, is missing; expected [3, 4]",
                "classifier.bias, of the head, is missing; expected [3]",
                "cls.predictions.bias [5] is unexpected; the class has no such tensor",
            ],
            Problems<Classifier>(path));
        Assert.Contains("LoadOptions with AllowMissingHead = true", Assert.Throws<ModelMismatchException>(() => ModelFiles.Load<LayoutModel<Classifier>>(path)).Message);
        LayoutModel<Classifier> one = Load<Classifier>(path, new LoadOptions { AllowMissingHead = true, Seed = 5 }), two = Load<Classifier>(path, new LoadOptions { AllowMissingHead = true, Seed = 6 });
        Assert.Equal("bert.embeddings.weight".Length, First(one, "bert.embeddings.weight"));
        Assert.NotEqual(0, First(one, "classifier.weight"));
        Assert.NotEqual(First(one, "classifier.weight"), First(two, "classifier.weight"));
        LayoutModel<Classifier> fresh = LayoutModel<Classifier>.Create();
        TransformerGen.Training.WeightInitializer.Initialize(fresh.Weights, 5);
        Assert.Equal(fresh.Weights.View("classifier.weight").ToArray(), one.Weights.View("classifier.weight").ToArray());

        // A head that is there is loaded; a base that is not there is no head.
        Assert.Equal("classifier.weight".Length, First(Load<Classifier>(Write(Floats("bert.embeddings.weight", 5, 4), Floats("classifier.weight", 3, 4)), new LoadOptions { AllowMissingHead = true }), "classifier.weight"));
        Assert.Equal(
            ["bert.embeddings.weight is missing; expected [5, 4]", "embedding.weight [5, 4] is unexpected; the class has no such tensor"],
            Problems<Classifier>(Write(Floats("embedding.weight", 5, 4)), new LoadOptions { AllowMissingHead = true }).Select(p => p.Split(". There")[0]));
    }

    [Fact]
    public void A_bare_model_takes_the_base_of_any_head()
    {
        LayoutModel<Bare> model = Load<Bare>(Write(Floats("bert.embeddings.weight", 5, 4), Floats("bert.encoder.weight", 4, 4), Floats("classifier.weight", 3, 4)));
        Assert.Equal("bert.encoder.weight".Length, First(model, "encoder.weight"));
        Load<Bare>(Write(Floats("embeddings.weight", 5, 4), Floats("encoder.weight", 4, 4)));

        // Without the prefix nothing tells a head from a tensor of another architecture; with it, what is inside the base is not a head's.
        Assert.Single(Problems<Bare>(Write(Floats("embeddings.weight", 5, 4), Floats("encoder.weight", 4, 4), Floats("classifier.weight", 3, 4))));
        Assert.Single(Problems<Bare>(Write(Floats("bert.embeddings.weight", 5, 4), Floats("bert.encoder.weight", 4, 4), Floats("bert.extra.weight", 3, 4))));
    }

    [Fact]
    public void Shards_streams_and_memory_load_the_same()
    {
        LayoutModel<Tied> model = LayoutModel<Tied>.Create();
        TransformerGen.Training.WeightInitializer.Initialize(model.Weights, 9);
        string whole = _folder.File("whole"), shards = _folder.File("shards");
        model.Save(whole);
        model.Save(shards, maxShardBytes: 100);
        Assert.True(Directory.GetFiles(shards, "*.safetensors").Length > 2);
        byte[] bytes = File.ReadAllBytes(Path.Combine(whole, "model.safetensors"));
        using ShardedTensors opened = ShardedTensors.Open(Path.Combine(shards, SafeTensorsShards.IndexName));
        LayoutModel<Tied>[] all =
        [
            Load<Tied>(whole),
            Load<Tied>(shards),
            Load<Tied>(Path.Combine(shards, SafeTensorsShards.IndexName)),
            ModelFiles.Load<LayoutModel<Tied>>(new TrickleStream(bytes, 7)),
            ModelFiles.Load<LayoutModel<Tied>>(bytes.AsMemory()),
            ModelFiles.Load<LayoutModel<Tied>>(opened),
        ];
        Assert.All(all, loaded => Assert.Equal(model.Weights.Values.Span.ToArray(), loaded.Weights.Values.Span.ToArray()));
        Assert.Contains("memory does not fit Layouts", Assert.Throws<ModelMismatchException>(() => ModelFiles.Load<LayoutModel<Bare>>(bytes.AsMemory())).Message);
    }
}

using System.Text.Json.Nodes;
using TransformerGen.Lora;
using TransformerGen.Model;
using TransformerGen.Tests.Training;
using TransformerGen.Tests.Weights;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Lora;

/// <summary>Adapters in PEFT's format: names, configuration, and what is refused.</summary>
public sealed class LoraFileTests
{
    [Fact]
    public void What_is_saved_loads_again_under_the_names_of_PEFT() => LoraModels.Run("llama", new Saving());

    [Fact]
    public void Conv1D_is_stored_as_PEFT_stores_it() => LoraModels.Run("gpt2", new SavingConv1D());

    [Fact]
    public void Files_that_do_not_fit_are_refused_with_everything_that_differs() => LoraModels.Run("llama", new Mismatching());

    [Fact]
    public void Modules_that_cannot_be_adapted_are_refused() => LoraModels.Run("llama", new Targeting());

    [Fact]
    public void An_adapter_that_was_trained_with_dropout_is_used_like_any_other() => LoraModels.Run("llama", new Dropping());

    [Theory]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("peft_type", null)]
    [InlineData("r", "0")]
    [InlineData("r", "2.5")]
    [InlineData("lora_alpha", "\"8\"")]
    [InlineData("lora_dropout", "1")]
    [InlineData("use_dora", "true")]
    [InlineData("use_rslora", "1")]
    [InlineData("lora_bias", "true")]
    [InlineData("bias", "\"all\"")]
    [InlineData("modules_to_save", "[\"lm_head\"]")]
    [InlineData("exclude_modules", "[\"v_proj\"]")]
    [InlineData("layers_to_transform", "[0]")]
    [InlineData("layer_replication", "[[0, 1]]")]
    [InlineData("target_parameters", "[\"w\"]")]
    [InlineData("trainable_token_indices", "[1]")]
    [InlineData("use_qalora", "true")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("target_modules", "\"all-linear\"")]
    [InlineData("target_modules", "\"(\"")]
    [InlineData("target_modules", "\"([a-z._0-9]+)+!\"")]
    [InlineData("target_modules", "[\"query\"]")]
    [InlineData("target_modules", "[\"\"]")]
    [InlineData("target_modules", "[1]")]
    [InlineData("target_modules", "null")]
    [InlineData("rank_pattern", "[1]")]
    [InlineData("rank_pattern", "{ \"q_proj\": 0 }")]
    [InlineData("rank_pattern", "{ \"([a-z._0-9]+)+!\": 4 }")]
    [InlineData("alpha_pattern", "{ \"([a-z._0-9]+)+!\": 4 }")]
    [InlineData("alpha_pattern", "{ \"(\": 4 }")]
    [InlineData("something_new", "1")]
    public void Configurations_are_honoured_or_refused_by_name(string key, string? value) => LoraModels.Run("llama", new Refusing(key, value));

    [Fact]
    public void Patterns_and_scales_are_those_of_PEFT()
    {
        var options = new LoraOptions
        {
            TargetPattern = @"model\.layers\.\d+\.(self_attn\.q_proj|mlp\.up_proj)",
            Rank = 4,
            Alpha = 8,
            RankPattern = [new(@"layers\.1\.self_attn\.q_proj", 16), new("q_proj", 2)],
            AlphaPattern = [new("up_proj", 1)],
        };
        Assert.True(options.Targets("model.layers.12.mlp.up_proj"));
        Assert.False(options.Targets("model.layers.0.mlp.up_proj.x"));
        Assert.False(options.Targets("a.model.layers.0.mlp.up_proj"));
        Assert.Equal(16, options.RankOf("model.layers.1.self_attn.q_proj"));
        Assert.Equal(2, options.RankOf("model.layers.11.self_attn.q_proj"));
        Assert.Equal(4, options.RankOf("model.layers.1.mlp.up_proj"));
        Assert.Equal(0.5, options.ScaleOf("model.layers.1.self_attn.q_proj"));
        Assert.Equal(0.25, options.ScaleOf("model.layers.1.mlp.up_proj"));
        Assert.Equal(2, (options with { RankStabilized = true }).ScaleOf("model.layers.1.self_attn.q_proj"));
        var byName = new LoraOptions { TargetModules = ["q_proj", "layers.1.mlp.up_proj"] };
        Assert.True(byName.Targets("q_proj") && byName.Targets("a.q_proj") && byName.Targets("model.layers.1.mlp.up_proj"));
        Assert.False(byName.Targets("a.xq_proj") || byName.Targets("model.layers.11.mlp.up_proj") || byName.Targets("q_proj.a"));
    }

    private static void Edit(string path, string key, string? value)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config.Remove(key);
        if (value is not null)
        {
            config[key] = JsonNode.Parse(value);
        }

        File.WriteAllText(path, config.ToJsonString());
    }

    private static string Copy(TemporaryFolder folder)
    {
        string copy = folder.File("adapter");
        Directory.CreateDirectory(copy);
        foreach (string name in (string[])[LoraAdapter.ConfigName, LoraAdapter.WeightsName])
        {
            File.WriteAllBytes(Path.Combine(copy, name), File.ReadAllBytes(Path.Combine(LoraModels.Adapter, name)));
        }

        return copy;
    }

    private sealed class Saving : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            using LoraAdapter original = LoraAdapter.Load(LoraModels.Adapter, weights);
            original.Save(folder.File("again"));
            using LoraAdapter again = LoraAdapter.Load(folder.File("again"), weights);
            Assert.Equal(LoraModels.Bits(original.Weights), LoraModels.Bits(again.Weights));
            using SafeTensorsFile ours = SafeTensorsFile.Open(Path.Combine(folder.File("again"), LoraAdapter.WeightsName)), theirs = SafeTensorsFile.Open(Path.Combine(LoraModels.Adapter, LoraAdapter.WeightsName));
            Assert.Equal(theirs.Tensors.Values.Select(Describe).Order(StringComparer.Ordinal), ours.Tensors.Values.Select(Describe).Order(StringComparer.Ordinal));
            Assert.Equal("pt", ours.Metadata["format"]);

            // What PEFT wrote, it finds again with the same value.
            JsonObject written = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File("again"), LoraAdapter.ConfigName)))!.AsObject();
            JsonObject read = JsonNode.Parse(File.ReadAllText(Path.Combine(LoraModels.Adapter, LoraAdapter.ConfigName)))!.AsObject();
            foreach ((string key, JsonNode? value) in written)
            {
                Assert.True(read.ContainsKey(key), key);
                Assert.True(value?.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (double)value == (double)read[key]! : JsonNode.DeepEquals(read[key], value), key);
            }

            var options = new LoraOptions
            {
                TargetPattern = @".*\.(q|v)_proj",
                Rank = 5,
                Alpha = 2.5,
                RankStabilized = true,
                RankPattern = [new("v_proj", 40)],
                AlphaPattern = [new("q_proj", 3)],
                Dropout = 0.1,
                BaseModel = "a/b",
            };
            using LoraAdapter odd = LoraAdapter.Create(weights, options, seed: 8);
            LoraModels.FillB(odd, 9);
            odd.Save(folder.File("odd"));
            using LoraAdapter oddAgain = LoraAdapter.Load(folder.File("odd"), weights);
            Assert.Equal(LoraModels.Bits(odd.Weights), LoraModels.Bits(oddAgain.Weights));
            Assert.Equal(odd.Weights.Info.ConfigJson, oddAgain.Weights.Info.ConfigJson);
            Assert.Equal(options with { RankPattern = [], AlphaPattern = [], TargetModules = [] }, oddAgain.Options with { RankPattern = [], AlphaPattern = [], TargetModules = [] });

            odd.Save(folder.File("half"), TensorType.BF16);
            using SafeTensorsFile half = SafeTensorsFile.Open(Path.Combine(folder.File("half"), LoraAdapter.WeightsName));
            Assert.All(half.Tensors.Values, tensor => Assert.Equal(TensorType.BF16, tensor.Type));
            Assert.Throws<ArgumentException>(() => odd.Save(folder.File("half"), TensorType.I64));
        }

        private static string Describe(TensorInfo tensor) => $"{tensor.Name} {TensorInfo.Describe(tensor.Shape)}";
    }

    private sealed class SavingConv1D : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            TModel model = LoraModels.Load<TModel>("gpt2");
            using ModelWeights weights = model.Weights;
            using LoraAdapter adapter = LoraAdapter.Create(weights, new LoraOptions { TargetModules = ["c_attn"], Rank = 2 });
            adapter.Save(folder.File("adapter"));
            Assert.True((bool)JsonNode.Parse(File.ReadAllText(Path.Combine(folder.File("adapter"), LoraAdapter.ConfigName)))!["fan_in_fan_out"]!);
            using SafeTensorsFile file = SafeTensorsFile.Open(Path.Combine(folder.File("adapter"), LoraAdapter.WeightsName));
            int width = TModel.Info.Width;
            Assert.Equal([2, width], file.Info("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight").Shape);
            Assert.Equal([3 * width, 2], file.Info("base_model.model.transformer.h.0.attn.c_attn.lora_B.weight").Shape);
        }
    }

    private sealed class Mismatching : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            string copy = Copy(folder);
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            Edit(Path.Combine(copy, LoraAdapter.ConfigName), "target_modules", "[\"q_proj\", \"k_proj\"]");
            ModelMismatchException mismatch = Assert.Throws<ModelMismatchException>(() => LoraAdapter.Load(copy, weights));
            Assert.Equal(8, mismatch.Problems.Count);
            Assert.Contains("base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight is missing; expected [4, 32]", mismatch.Problems);
            Assert.Contains(mismatch.Problems, problem => problem.Contains("layers.1.self_attn.v_proj.lora_B.weight' [16, 4] is unexpected", StringComparison.Ordinal));
            Edit(Path.Combine(copy, LoraAdapter.ConfigName), "target_modules", "[\"q_proj\", \"v_proj\"]");
            Edit(Path.Combine(copy, LoraAdapter.ConfigName), "r", "5");
            Assert.Equal(8, Assert.Throws<ModelMismatchException>(() => LoraAdapter.Load(copy, weights)).Problems.Count);
            File.WriteAllText(Path.Combine(copy, LoraAdapter.ConfigName), "[");
            Assert.Throws<InvalidDataException>(() => LoraAdapter.Load(copy, weights));
            File.Delete(Path.Combine(copy, LoraAdapter.WeightsName));
            Assert.Contains(LoraAdapter.WeightsName, Assert.Throws<FileNotFoundException>(() => LoraAdapter.Load(copy, weights)).Message, StringComparison.Ordinal);
        }
    }

    private sealed class Targeting : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            string Message(params string[] modules) => Assert.Throws<ArgumentException>(() => LoraAdapter.Create(weights, new LoraOptions { TargetModules = modules })).Message;
            Assert.Contains("'query', 'self_attn'", Message("q_proj", "query", "self_attn"), StringComparison.Ordinal);
            Assert.Contains("q_proj, k_proj, v_proj", Message("query"), StringComparison.Ordinal);
            Assert.Contains("looked up", Message("embed_tokens"), StringComparison.Ordinal);
            Assert.Contains("'norm'", Message("norm"), StringComparison.Ordinal);
            Assert.Contains("give the modules", Message(), StringComparison.Ordinal);
        }
    }

    private sealed class Dropping : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            string copy = Copy(folder);
            Edit(Path.Combine(copy, LoraAdapter.ConfigName), "lora_dropout", "0.1");
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            float[] merged;
            using (LoraAdapter plain = LoraAdapter.Load(LoraModels.Adapter, weights))
            {
                plain.Merge();
                merged = LoraModels.Bits(weights);
                plain.Unmerge();
            }

            using LoraAdapter dropped = LoraAdapter.Load(copy, weights);
            Assert.Equal(0.1, dropped.Options.Dropout);
            Assert.NotEqual(merged, LoraModels.Bits(weights));
            dropped.Merge();
            Assert.Equal(merged, LoraModels.Bits(weights));
        }
    }

    private sealed class Refusing(string key, string? value) : IModelAction
    {
        public void Run<TModel>()
            where TModel : class, ITrainable<TModel>
        {
            using var folder = new TemporaryFolder();
            string copy = Copy(folder);
            Edit(Path.Combine(copy, LoraAdapter.ConfigName), key, value);
            TModel model = LoraModels.Load<TModel>("llama");
            using ModelWeights weights = model.Weights;
            string message = Assert.Throws<InvalidDataException>(() => LoraAdapter.Load(copy, weights)).Message;
            Assert.Contains(LoraAdapter.ConfigName, message, StringComparison.Ordinal);
            Assert.Contains(key, message, StringComparison.Ordinal);
        }
    }
}

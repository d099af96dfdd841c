using Microsoft.CodeAnalysis;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Parsing;
using TransformerGen.Generator.Plan;
using TransformerGen.Generator.Spec;
using TransformerGen.Testing;

namespace TransformerGen.Generator.Tests;

/// <summary>Tensors that are stored and never trained: transformers loads a checkpoint that lacks them, for they begin the same in every model.</summary>
public sealed class FixedTensorTests
{
    [Theory]
    [InlineData("pegasus", "", "final_logits_bias Zeros, model.decoder.embed_positions.weight SinesThenCosines, model.encoder.embed_positions.weight SinesThenCosines")]
    [InlineData("bart", "", "final_logits_bias Zeros")]
    [InlineData("marian", "", "final_logits_bias Zeros")]
    [InlineData("m2m_100", "", "")]
    [InlineData("distilbert", ", \"sinusoidal_pos_embds\": true", "embeddings.position_embeddings.weight Sinusoids")]
    [InlineData("distilbert", "", "")]
    public void Fixed_tensors_may_be_absent_and_begin_as_transformers_has_them(string modelType, string keys, string expected)
    {
        ModelSpec spec = ConfigFile.Read("config.json", $"{{\"model_type\": \"{modelType}\"{keys}}}", []).Spec!;
        var parameters = new ParameterTable();
        GraphBuilder.Training(spec, parameters, new CacheLayout(spec));
        Tensor[] tensors = [.. parameters.All.SelectMany(parameter => parameter.Tensors).Where(tensor => tensor.MayBeAbsent)];
        Assert.Equal(expected, string.Join(", ", tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => $"{tensor.Name} {tensor.Initial}")));
        Assert.All(tensors, tensor => Assert.True(tensor.IsBuffer));
    }

    /// <summary>An adapter alone can be trained where nothing but such tensors is not trained.</summary>
    [Fact]
    public void Fixed_tensors_are_no_running_statistics()
    {
        Compilation bart = GeneratedModel.Generate(
            "[TransformerGen.TransformerModel(\"config.json\")] public sealed partial class Model;",
            """
            {"model_type": "bart", "d_model": 8, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 8,
             "decoder_ffn_dim": 8, "vocab_size": 9, "max_position_embeddings": 8, "decoder_start_token_id": 2}
            """);
        string text = string.Concat(GeneratedModel.Files(bart).Values);
        Assert.Contains("HasBatchNorm = false,", text, StringComparison.Ordinal);
        Assert.Matches("new\\(\"final_logits_bias\".*IsBuffer: true\\).*MayBeAbsent = true", text);
        string paper = string.Concat(GeneratedModel.Files(GeneratedModel.Generate(
            "[TransformerGen.TransformerModel(8, 2, 1, 10, Norm = TransformerGen.Norm.Batch)] public sealed partial class Model;")).Values);
        Assert.Contains("HasBatchNorm = true,", paper, StringComparison.Ordinal);
        Assert.DoesNotContain("MayBeAbsent", paper, StringComparison.Ordinal);
    }
}

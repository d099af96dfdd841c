using TransformerGen.Decoding;
using TransformerGen.Tests.Weights;
using Xunit;

namespace TransformerGen.Tests.Decoding;

/// <summary>generation_config.json: every key that changes which tokens are chosen is honoured or refused.</summary>
public sealed class GenerationConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private GenerationOptions Read(string json)
    {
        string path = _folder.File(GenerationConfig.FileName);
        File.WriteAllText(path, json);
        return GenerationConfig.Read(path);
    }

    /// <summary>The file of a summariser and that of a chat model, as the Hub has them.</summary>
    [Fact]
    public void Files_of_the_Hub_are_read()
    {
        GenerationOptions bart = Read("""
            {"_from_model_config": true, "bos_token_id": 0, "decoder_start_token_id": 2, "early_stopping": true, "eos_token_id": 2, "forced_bos_token_id": 0, "forced_eos_token_id": 2,
             "length_penalty": 2.0, "max_length": 142, "min_length": 56, "no_repeat_ngram_size": 3, "num_beams": 4, "pad_token_id": 1, "transformers_version": "4.27.0.dev0"}
            """);
        Assert.Equal((4, 2.0, true, 3, 56), (bart.Beams, bart.LengthPenalty, bart.EarlyStopping, bart.NoRepeatNgramSize, bart.MinLength));
        Assert.Equal("2 0 2 1", $"{bart.StartToken} {bart.ForcedBeginToken} {bart.ForcedEndToken} {bart.PadToken}");
        Assert.Equal([2], bart.EndTokens!.ToArray());

        GenerationOptions llama = Read("""
            {"bos_token_id": 128000, "do_sample": true, "eos_token_id": [128001, 128008, 128009], "temperature": 0.6, "top_p": 0.9, "transformers_version": "4.45.0.dev0"}
            """);
        Assert.Equal((true, 0.6, 0.9, 50), (llama.Sample, llama.Temperature, llama.TopP, llama.TopK));
        Assert.Equal([128001, 128008, 128009], llama.EndTokens!.ToArray());
        Assert.Null(llama.StartToken);
        GenerationOptions cold = Read("""{"do_sample": true, "temperature": 0.0}""");
        Assert.Equal((false, 1.0, 0), (cold.Sample, cold.Temperature, cold.TopK));
        cold.Validate(vocabulary: 10);
        GenerationOptions marian = Read("""{"bad_words_ids": [[58100]], "num_beams": 6, "renormalize_logits": false, "early_stopping": false}""");
        Assert.Equal(58100, Assert.Single(Assert.Single(marian.BadWords)));
    }

    [Theory]
    [InlineData("early_stopping", "\"never\"")]
    [InlineData("num_beam_groups", "2")]
    [InlineData("diversity_penalty", "0.5")]
    [InlineData("penalty_alpha", "0.6")]
    [InlineData("typical_p", "0.9")]
    [InlineData("encoder_no_repeat_ngram_size", "3")]
    [InlineData("encoder_repetition_penalty", "1.2")]
    [InlineData("guidance_scale", "1.5")]
    [InlineData("epsilon_cutoff", "0.001")]
    [InlineData("eta_cutoff", "0.001")]
    [InlineData("renormalize_logits", "true")]
    [InlineData("begin_suppress_tokens", "[1]")]
    [InlineData("sequence_bias", "[[[1], 2.0]]")]
    [InlineData("force_words_ids", "[[1]]")]
    [InlineData("exponential_decay_length_penalty", "[5, 1.1]")]
    [InlineData("forced_eos_token_id", "[1, 2]")]
    [InlineData("decoder_start_token_id", "[1, 2]")]
    [InlineData("max_time", "2.5")]
    [InlineData("stop_strings", "[\"end\"]")]
    [InlineData("stop_strings", "\"end\"")]
    [InlineData("watermarking_config", "{\"bias\": 2.5}")]
    [InlineData("dola_layers", "\"low\"")]
    [InlineData("forced_decoder_ids", "[[1, 50259]]")]
    public void What_would_choose_other_tokens_is_refused(string key, string value)
    {
        var error = Assert.Throws<InvalidDataException>(() => Read($"{{\"num_beams\": 2, \"{key}\": {value}}}"));
        Assert.Contains($"asks for {key} = ", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Read($"{{\"num_beams\": 2, \"{key}\": null}}").Beams);
    }
}

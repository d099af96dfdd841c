using System.Runtime.CompilerServices;
using Samples;
using TransformerGen.Decoding;
using TransformerGen.Text;

namespace Generate;

/// <summary>The model with its tokenizer.</summary>
internal sealed class Storyteller : IDisposable
{
    private readonly Stories _model;
    private readonly TextTokenizer _tokenizer;

    private Storyteller(Stories model, TextTokenizer tokenizer) => (_model, _tokenizer) = (model, tokenizer);

    /// <summary>Reads a checkpoint whose sizes are those of model/config.json.</summary>
    /// <param name="path">Its folder, or its .safetensors file.</param>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or model and tokenizer do not belong together.</exception>
    /// <exception cref="TransformerGen.Model.ModelMismatchException">The checkpoint has other sizes.</exception>
    public static Storyteller Load(string path)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(ModelFolder.Of(path));
        if (tokenizer.VocabularySize > Stories.Info.Vocabulary)
            throw new InvalidDataException($"The tokenizer has {tokenizer.VocabularySize} pieces and the model {Stories.Info.Vocabulary}: they do not belong together.");
        return new Storyteller(Stories.Load(path), tokenizer);
    }

    /// <summary>The ids of a prompt, begin token first.</summary>
    /// <param name="prompt">The text; may be empty.</param>
    public int[] Encode(string prompt)
    {
        int[] ids = _tokenizer.Encode(prompt, findSpecialTokens: false);
        return ids.Length > 0 ? ids : [Stories.Info.BeginId];
    }

    /// <summary>The ids of a story, one by one. It ends with an end token, or where the model would begin the next story; neither is returned.</summary>
    /// <param name="prompt">What <see cref="Encode"/> gave.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    public async IAsyncEnumerable<int> TellAsync(int[] prompt, StoryOptions options, ulong seed, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int[] ends = [.. Stories.Info.EndIds, Stories.Info.BeginId];
        bool sample = options.Temperature > 0;
        var generation = new GenerationOptions
        {
            MaxNewTokens = options.MaxTokens,
            Sample = sample,
            Temperature = sample ? options.Temperature : 1,
            TopP = options.TopP,
            Seed = seed,
            EndTokens = ends,
        };
        await foreach (int id in _model.StreamAsync(prompt, generation, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (Array.IndexOf(ends, id) < 0) yield return id;
        }
    }

    /// <summary>Turns ids into text as they come.</summary>
    public StreamingTextDecoder CreateDecoder() => _tokenizer.CreateStreamingDecoder();

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}

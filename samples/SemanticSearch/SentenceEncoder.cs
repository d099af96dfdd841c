using Samples;
using TransformerGen.Encoders;
using TransformerGen.Text;

namespace SemanticSearch;

/// <summary>Sentences to vectors of length 1 whose dot product says how near they are in meaning, as sentence-transformers computes them.</summary>
internal sealed class SentenceEncoder : IDisposable
{
    /// <summary>Tokens that are read of a sentence, [CLS] and [SEP] among them: what the model was trained with.</summary>
    public const int MaxTokens = 256;

    private readonly MiniLm _model;
    private readonly TextTokenizer _tokenizer;

    private SentenceEncoder(MiniLm model, TextTokenizer tokenizer) => (_model, _tokenizer) = (model, tokenizer);

    /// <summary>Columns of a vector.</summary>
    public static int Width => MiniLm.Info.HiddenWidth;

    /// <summary>Reads a checkpoint whose sizes are those of model/config.json.</summary>
    /// <param name="path">Its folder, or its .safetensors file.</param>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or model and tokenizer do not belong together.</exception>
    /// <exception cref="TransformerGen.Model.ModelMismatchException">The checkpoint has other sizes.</exception>
    public static SentenceEncoder Load(string path)
    {
        TextTokenizer tokenizer = TextTokenizer.Load(ModelFolder.Of(path));
        if (tokenizer.VocabularySize > MiniLm.Info.Vocabulary)
            throw new InvalidDataException($"The tokenizer has {tokenizer.VocabularySize} pieces and the model {MiniLm.Info.Vocabulary}: they do not belong together.");
        return new SentenceEncoder(MiniLm.Load(path), tokenizer);
    }

    /// <summary>The ids of a sentence. A longer one loses its end, and keeps [SEP].</summary>
    /// <param name="sentence">The text.</param>
    public int[] Tokenize(string sentence)
    {
        int[] ids = _tokenizer.Encode(sentence);
        return ids.Length <= MaxTokens ? ids : [.. ids[..(MaxTokens - 1)], ids[^1]];
    }

    /// <summary>A vector for each sentence: the mean over its tokens' last hidden states, at length 1. Sentences of all lengths are packed end to end.</summary>
    /// <param name="sentences">What <see cref="Tokenize"/> gave.</param>
    public float[][] Embed(IReadOnlyList<int[]> sentences) => _model.Embed(sentences, Pooling.Mean, normalize: true);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}

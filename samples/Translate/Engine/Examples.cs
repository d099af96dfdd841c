using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TransformerGen.Model;
using TransformerGen.Training;
using Translate.Corpus;

namespace Translate.Engine;

/// <summary>Pairs as a model reads them.</summary>
internal static class Examples
{
    /// <summary>A source sentence with its end; cut, end included, where it is longer than the model can read.</summary>
    public static int[] Source(string text, ITextCodec codec, ModelInfo info)
    {
        int[] ids = codec.Encode(text);
        return [.. ids.AsSpan(0, Math.Min(ids.Length, info.MaxLength - 1)), info.EndId];
    }

    /// <summary>All pairs in one batch, in order.</summary>
    public static TrainingBatch Of(IReadOnlyList<SentencePair> pairs, ITextCodec codec, ModelInfo info)
    {
        var examples = new TrainingBatch(info);
        foreach (SentencePair pair in pairs) examples.AddTranslation(Source(pair.Source, codec, info), codec.Encode(pair.Target), truncate: true);
        return examples;
    }

    /// <summary>Whether neither side has to be cut.</summary>
    public static bool Fit(SentencePair pair, ITextCodec codec, ModelInfo info) =>
        codec.Encode(pair.Source).Length < info.MaxLength && codec.Encode(pair.Target).Length < info.MaxLength;

    /// <summary>Tells one set of pairs and vocabulary from another: a digest of the pairs' texts and of their numbers.</summary>
    public static string Fingerprint(IReadOnlyList<SentencePair> pairs, ITextCodec codec)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SentencePair pair in pairs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{pair.Source}\t{pair.Target}\n"));
            hash.AppendData(MemoryMarshal.AsBytes<int>(codec.Encode(pair.Source)));
            hash.AppendData(MemoryMarshal.AsBytes<int>(codec.Encode(pair.Target)));
        }

        return $"{pairs.Count} pairs, {codec.Count} tokens, {Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8))}";
    }
}

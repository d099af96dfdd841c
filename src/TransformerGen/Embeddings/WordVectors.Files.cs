using System.Globalization;
using System.Text;
using TransformerGen.Weights;

namespace TransformerGen.Embeddings;

/// <summary>Vectors in files.</summary>
public sealed partial class WordVectors
{
    private const string VectorsName = "vectors", WordsName = "words", EndsName = "words.ends", CountsName = "counts";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Writes word2vec's text format, which most programs read: a line with the number of words and the dimension, then a line for each word with its elements,
    /// all apart by a space. Elements are written so that they read back to the same bits. Counts are not kept. The file is replaced as a whole or not at all.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">A word is empty or has white space in it, which the format cannot hold; <see cref="SaveSafeTensors"/> can.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveText(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Vocabulary.Words.FirstOrDefault(word => word.Length == 0 || word.Any(char.IsWhiteSpace)) is { } bad)
        {
            throw new ArgumentException($"The word '{bad}' is empty or has white space in it; the text format separates by spaces. Use {nameof(SaveSafeTensors)}.");
        }

        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, StrictUtf8, bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Vocabulary.Count} {Dimension}"));
            for (int i = 0; i < Vocabulary.Count; i++)
            {
                writer.Write(Vocabulary.Words[i]);
                foreach (float element in Row(i))
                {
                    writer.Write(' ');
                    writer.Write(element.ToString("R", CultureInfo.InvariantCulture));
                }

                writer.WriteLine();
            }
        });
    }

    /// <summary>
    /// Reads word2vec's text format, and GloVe's, which is the same without the first line. Words may have spaces in them (a few of GloVe's published ones do):
    /// a line's last numbers are the elements. With a dimension of 1 the first line is needed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The vectors; counts are zero.</returns>
    /// <exception cref="InvalidDataException">The file is not of this format; the message says which line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WordVectors LoadText(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return WordVectorText.Read(path);
    }

    /// <summary>
    /// Writes a safetensors file: vectors F32 [V, d], counts I64 [V], words U8 (all of them in UTF-8, one behind the other) and words.ends I64 [V] (where each
    /// ends, in bytes). Nothing is lost. The file is replaced as a whole or not at all.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">A word holds half a surrogate pair, which is no text.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveSafeTensors(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var words = new List<byte>();
        long[] ends = new long[Vocabulary.Count];
        for (int i = 0; i < ends.Length; i++)
        {
            words.AddRange(StrictUtf8.GetBytes(Vocabulary.Words[i]));
            ends[i] = words.Count;
        }

        SafeTensorsWriter.Write(
            path,
            [
                TensorSource.Floats(VectorsName, TensorType.F32, [Vocabulary.Count, Dimension], _elements),
                TensorSource.Int64s(CountsName, [Vocabulary.Count], Vocabulary.Counts.ToArray()),
                TensorSource.Int64s(EndsName, [Vocabulary.Count], ends),
                TensorSource.Raw(WordsName, TensorType.U8, [words.Count], words.ToArray()),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["content"] = "word vectors" });
    }

    /// <summary>Reads what <see cref="SaveSafeTensors"/> wrote; vectors of F16, BF16 and F64 are read, too.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The vectors.</returns>
    /// <exception cref="SafeTensorsException">The file is not sound, or does not hold word vectors.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WordVectors LoadSafeTensors(string path)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        TensorInfo vectors = file.Info(VectorsName);
        if (vectors.Shape is not [>= 0 and <= int.MaxValue, >= 1 and <= int.MaxValue] || vectors.ElementCount > Array.MaxLength)
        {
            throw new SafeTensorsException(path, VectorsName, "It is no matrix of word vectors.", TensorInfo.Describe(vectors.Shape), "[words, dimension]");
        }

        int count = (int)vectors.Shape[0], dimension = (int)vectors.Shape[1];
        float[] elements = new float[vectors.ElementCount];
        file.ReadFloats(VectorsName, elements);
        long[] counts = Numbers(file, path, CountsName, count), ends = Numbers(file, path, EndsName, count);
        ReadOnlySpan<byte> text = file.Bytes(WordsName);
        string[] words = new string[count];
        long begin = 0;
        for (int i = 0; i < count; i++)
        {
            if (ends[i] < begin || ends[i] > text.Length)
            {
                throw new SafeTensorsException(path, EndsName, $"Word {i} does not end within the words.", $"{ends[i]}", $"{begin} to {text.Length}");
            }

            words[i] = Word(text[(int)begin..(int)ends[i]], path, i);
            begin = ends[i];
        }

        try
        {
            return new WordVectors(new WordVocabulary(words, counts), dimension, elements);
        }
        catch (ArgumentException e)
        {
            throw new SafeTensorsException(path, WordsName, "The words are no vocabulary.", e.Message, "every word once", e);
        }
    }

    private static long[] Numbers(SafeTensorsFile file, string path, string name, int count)
    {
        TensorInfo info = file.Info(name);
        if (info.ElementCount != count)
        {
            throw new SafeTensorsException(path, name, "It does not fit the vectors.", $"{info.ElementCount} numbers", $"{count}, one for each word");
        }

        long[] numbers = new long[count];
        file.ReadInt64s(name, numbers);
        return numbers;
    }

    private static string Word(ReadOnlySpan<byte> bytes, string path, int index)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new SafeTensorsException(path, WordsName, $"Word {index} is not text.", "bytes that are not UTF-8", "UTF-8", e);
        }
    }
}

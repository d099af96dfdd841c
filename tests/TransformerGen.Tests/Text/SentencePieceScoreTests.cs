using System.Text;
using TransformerGen.Tests.Weights;
using TransformerGen.Text;
using Xunit;

namespace TransformerGen.Tests.Text;

/// <summary>Scores of a SentencePiece model rank its pieces; what ranks nothing is refused with its piece.</summary>
public sealed class SentencePieceScoreTests
{
    private const byte Unigram = 1, Bpe = 2;

    [Theory]
    [InlineData(Unigram)]
    [InlineData(Bpe)]
    public void Finite_scores_are_read(byte type)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal([2, 1], TextTokenizer.LoadSentencePiece(Write(folder, type, -1.5f), addBegin: false, addEnd: false).Encode("a"));
    }

    [Theory]
    [InlineData(Unigram, float.NaN, "NaN")]
    [InlineData(Bpe, float.NaN, "NaN")]
    [InlineData(Unigram, float.NegativeInfinity, "-Infinity")]
    [InlineData(Bpe, float.PositiveInfinity, "Infinity")]
    public void Others_are_refused_with_their_piece(byte type, float score, string text)
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder, type, score);
        string message = Assert.Throws<InvalidDataException>(() => TextTokenizer.LoadSentencePiece(path, addBegin: false, addEnd: false)).Message;
        Assert.Equal($"{path}: the score of piece 1, 'a', is {text}; expected a finite number, by which pieces are ranked.", message);
    }

    /// <summary>A protocol buffer of three pieces: unknown, a and the blank.</summary>
    private static string Write(TemporaryFolder folder, byte type, float score)
    {
        string path = folder.File("model.model");
        File.WriteAllBytes(path, [.. Piece("<unk>", 0, 2), .. Piece("a", score, 1), .. Piece("\u2581", -2, 1), 0x12, 2, 0x18, type]);
        return path;
    }

    /// <summary>Field 1: a message of a text (1), a float (2) and a kind (3).</summary>
    private static byte[] Piece(string text, float score, byte kind)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] message = [0x0A, (byte)utf8.Length, .. utf8, 0x15, .. BitConverter.GetBytes(score), 0x18, kind];
        return [0x0A, (byte)message.Length, .. message];
    }
}

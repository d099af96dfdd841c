using System.Globalization;
using Google.Protobuf;
using TransformerGen.Weights;

namespace TransformerGen.Text.Json;

/// <summary>What is read of SentencePiece's <c>.model</c>, a protocol buffer (sentencepiece_model.proto).</summary>
internal sealed class SentencePieceFile
{
    private SentencePieceFile()
    {
    }

    /// <summary>What a piece is.</summary>
    internal enum Kind
    {
        /// <summary>Text.</summary>
        Normal = 1,

        /// <summary>What stands for everything else.</summary>
        Unknown = 2,

        /// <summary>A token that text never gives, such as <c>&lt;s&gt;</c>.</summary>
        Control = 3,

        /// <summary>Text that is never split.</summary>
        UserDefined = 4,

        /// <summary>Nothing.</summary>
        Unused = 5,

        /// <summary>A byte of an unknown character.</summary>
        Byte = 6,
    }

    /// <summary>The pieces in the order of their ids.</summary>
    public List<(string Text, float Score, Kind Kind)> Pieces { get; } = [];

    /// <summary>1 Unigram, 2 BPE, 3 words, 4 characters.</summary>
    public int ModelType { get; private set; } = 1;

    /// <summary>Unknown characters become their bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>The id that begins a sentence, or -1.</summary>
    public int BeginId { get; private set; } = 1;

    /// <summary>The id that ends one, or -1.</summary>
    public int EndId { get; private set; } = 2;

    /// <summary>The table of replacements; may be empty.</summary>
    public byte[] Replacements { get; private set; } = [];

    /// <summary>A blank goes before each text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>Blanks at the ends go, and runs of them become one.</summary>
    public bool RemovesBlanks { get; private set; } = true;

    /// <summary>Blanks are written as U+2581.</summary>
    public bool EscapesBlanks { get; private set; } = true;

    /// <summary>Blanks end words instead of beginning them.</summary>
    public bool BlanksAreSuffixes { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static SentencePieceFile Read(byte[] content, string name)
    {
        var file = new SentencePieceFile();
        try
        {
            Fields(content, (field, input) =>
            {
                if (field == 1) file.ReadPiece(input.ReadBytes().ToByteArray(), name);
                else if (field == 2) Fields(input.ReadBytes().ToByteArray(), file.ReadTrainer);
                else if (field == 3) Fields(input.ReadBytes().ToByteArray(), file.ReadNormalizer);
                else return false;
                return true;
            });
        }
        catch (InvalidProtocolBufferException damaged)
        {
            throw new InvalidDataException($"{name} is no SentencePiece model: {damaged.Message}", damaged);
        }

        return file.Pieces.Count > 0 ? file : throw new InvalidDataException($"{name} is no SentencePiece model: it holds no pieces.");
    }

    private void ReadPiece(byte[] content, string name)
    {
        var (text, score, kind) = ("", 0f, Kind.Normal);
        Fields(content, (field, input) =>
        {
            if (field == 1) text = input.ReadString();
            else if (field == 2) score = input.ReadFloat();
            else if (field == 3) kind = (Kind)input.ReadEnum();
            else return false;
            return true;
        });
        if (!float.IsFinite(score))
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{name}: the score of piece {Pieces.Count}, {SafeTensorsException.Quote(text)}, is {score}; expected a finite number, by which pieces are ranked."));
        Pieces.Add((text, score, kind));
    }

    private bool ReadTrainer(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 3: ModelType = input.ReadEnum(); return true;
            case 24: BlanksAreSuffixes = input.ReadBool(); return true;
            case 35: ByteFallback = input.ReadBool(); return true;
            case 41: BeginId = input.ReadInt32(); return true;
            case 42: EndId = input.ReadInt32(); return true;
            default: return false;
        }
    }

    private bool ReadNormalizer(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 2: Replacements = input.ReadBytes().ToByteArray(); return true;
            case 3: AddsPrefix = input.ReadBool(); return true;
            case 4: RemovesBlanks = input.ReadBool(); return true;
            case 5: EscapesBlanks = input.ReadBool(); return true;
            default: return false;
        }
    }

    /// <summary>Goes through the fields of a message; those that <paramref name="read"/> does not want are passed over.</summary>
    private static void Fields(byte[] message, Func<int, CodedInputStream, bool> read)
    {
        using var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input)) input.SkipLastField();
        }
    }
}

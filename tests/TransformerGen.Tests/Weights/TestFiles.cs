using System.Buffers.Binary;
using System.Text;

namespace TransformerGen.Tests.Weights;

/// <summary>Bytes and folders that the safetensors tests share.</summary>
internal static class TestFiles
{
    /// <summary>A file of the given header text (as it stands, unpadded) and data of the bytes 0, 1, 2 ...</summary>
    public static byte[] Build(string header, int dataLength) => Build(Encoding.UTF8.GetBytes(header), dataLength);

    public static byte[] Build(byte[] header, int dataLength)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < dataLength; i++)
            file[8 + header.Length + i] = (byte)i;
        return file;
    }

    /// <summary>A file of the repository's <c>tests/Fixtures</c>.</summary>
    public static string Fixture(string relative)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TransformerGen.sln")))
                return Path.Combine(folder.FullName, "tests", "Fixtures", relative);
        }

        throw new DirectoryNotFoundException("No folder above the tests holds TransformerGen.sln.");
    }
}

/// <summary>A new folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("safetensors-tests-");

    public string File(string name) => Path.Combine(folder.FullName, name);

    public string[] Names() => [.. folder.GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Delete(recursive: true);
}

/// <summary>A stream like a network's: no length, no seeking, and never more than a few bytes at once.</summary>
internal sealed class TrickleStream(byte[] content, int most) : MemoryStream(content, writable: false)
{
    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(most, buffer.Length)]);
}

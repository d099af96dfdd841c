using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace TransformerGen.Weights;

/// <summary>
/// A safetensors file opened for reading. Its header is checked in full when it is opened; after that no offset in it can lead outside
/// the data. Safe for concurrent readers. Dispose it after the last use of any span that came from it.
/// </summary>
public sealed class SafeTensorsFile : TensorReader
{
    private readonly SafeTensorsHeader header;
    private readonly long dataStart;
    private ByteBlock? block;

    private SafeTensorsFile(ByteBlock block, SafeTensorsHeader header, long dataStart, string source)
        : base(source)
    {
        this.block = block;
        this.header = header;
        this.dataStart = dataStart;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => header.Tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Maps a file into memory: only what is read is loaded. The file must not be shortened by anyone while it is open; replacing it by rename is harmless.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="SafeTensorsException">The file is not a sound safetensors file; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a directory.</exception>
    public static new SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLittleEndian();
        if (OperatingSystem.IsBrowser())
        {
            // A browser's file system lives in memory and has nothing to map.
            using FileStream stream = File.OpenRead(path);
            return Read(stream, path);
        }

        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        long length = RandomAccess.GetLength(handle);
        if (length < SafeTensorsHeader.PrefixLength)
            throw TooShort(length, path);
        MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return FromBlock(new MappedBlock(mapping, length), path);
    }

    /// <summary>Reads a whole safetensors file from a stream, up to its end, into native memory. The stream need not be seekable and stays open.</summary>
    /// <param name="stream">The stream, standing at the first byte of the file.</param>
    /// <returns>The file, independent of the stream.</returns>
    /// <exception cref="SafeTensorsException">The bytes are not a sound safetensors file; the message says where.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public static SafeTensorsFile Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        RequireLittleEndian();
        return Read(stream, "stream");
    }

    /// <summary>Reads a safetensors file that is in memory already. Nothing is copied: the memory must not change while the file is in use.</summary>
    /// <param name="memory">The whole file, no byte more.</param>
    /// <returns>The file, a view of <paramref name="memory"/>.</returns>
    /// <exception cref="SafeTensorsException">The bytes are not a sound safetensors file; the message says where.</exception>
    public static SafeTensorsFile FromMemory(ReadOnlyMemory<byte> memory)
    {
        RequireLittleEndian();
        return memory.Length < SafeTensorsHeader.PrefixLength
            ? throw TooShort(memory.Length, "memory")
            : FromBlock(new ManagedBlock(memory), "memory");
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        block?.Dispose();
        block = null;
    }

    internal override ReadOnlySpan<byte> Slice(TensorInfo tensor, long offset, int length) =>
        (block ?? throw Closed()).Slice(dataStart + tensor.Offset + offset, length);

    private static SafeTensorsFile FromBlock(ByteBlock block, string source)
    {
        try
        {
            long available = block.Length - SafeTensorsHeader.PrefixLength;
            int length = SafeTensorsHeader.CheckLength(BinaryPrimitives.ReadUInt64LittleEndian(block.Slice(0, SafeTensorsHeader.PrefixLength)), available, source);
            SafeTensorsHeader header = SafeTensorsHeader.Parse(block.Slice(SafeTensorsHeader.PrefixLength, length), source);
            header.CheckData(available - length, source);
            return new SafeTensorsFile(block, header, SafeTensorsHeader.PrefixLength + length, source);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private static SafeTensorsFile Read(Stream stream, string source)
    {
        var block = new NativeBlock();
        try
        {
            long read = block.Append(stream, SafeTensorsHeader.PrefixLength);
            if (read < SafeTensorsHeader.PrefixLength)
                throw TooShort(read, source);
            long? available = stream.CanSeek ? stream.Length - stream.Position : null;
            int length = SafeTensorsHeader.CheckLength(BinaryPrimitives.ReadUInt64LittleEndian(block.Slice(0, SafeTensorsHeader.PrefixLength)), available, source);
            read = block.Append(stream, length);
            if (read < length)
                SafeTensorsHeader.CheckLength((ulong)length, read, source);
            SafeTensorsHeader header = SafeTensorsHeader.Parse(block.Slice(SafeTensorsHeader.PrefixLength, length), source);
            header.CheckData(available - length ?? header.DataLength, source);
            header.CheckData(block.Append(stream, header.DataLength) + (stream.ReadByte() < 0 ? 0 : 1), source);
            return new SafeTensorsFile(block, header, SafeTensorsHeader.PrefixLength + length, source);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private static SafeTensorsException TooShort(long length, string source) =>
        new(source, null, "The file is too short.", $"{length} bytes", $"at least the {SafeTensorsHeader.PrefixLength} of the header's length");

    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors data is little-endian and is used in place; this machine is big-endian.");
    }
}

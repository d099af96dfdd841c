using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TransformerGen.Weights;

/// <summary>
/// A safetensors file opened for reading. Its header is checked in full when it is opened; after that no offset in it can lead outside
/// the data. Safe for concurrent readers. Dispose it after the last use of any span that came from it.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    /// <summary>Elements converted at a time: keeps byte counts of a block far below the limit of a span.</summary>
    private const int Block = 1 << 24;

    private readonly SafeTensorsHeader header;
    private readonly string source;
    private readonly long dataStart;
    private ByteBlock? block;

    private SafeTensorsFile(ByteBlock block, SafeTensorsHeader header, long dataStart, string source)
    {
        this.block = block;
        this.header = header;
        this.dataStart = dataStart;
        this.source = source;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => header.Tensors;

    /// <summary>The file's free-form metadata; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    private ByteBlock Data => block ?? throw new ObjectDisposedException(nameof(SafeTensorsFile), $"{source} is closed; read its tensors before disposing it.");

    /// <summary>Maps a file into memory: only what is read is loaded. The file must not be shortened by anyone while it is open; replacing it by rename is harmless.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="SafeTensorsException">The file is not a sound safetensors file; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a directory.</exception>
    public static SafeTensorsFile Open(string path)
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

    /// <summary>Looks a tensor up and explains when it is not there.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The header's entry.</returns>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name; the message offers one that differs in its prefix only, if there is one.</exception>
    public TensorInfo Info(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Tensors.TryGetValue(name, out TensorInfo? tensor) ? tensor : throw Missing(name);
    }

    /// <summary>The bytes of a tensor as they stand in the file: little-endian, row-major, not necessarily aligned.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>A view of [<see cref="TensorInfo.ByteLength"/>] bytes, valid until this file is disposed; keep the file referenced meanwhile.</returns>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name, or the tensor is larger than a span (2 GB).</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorInfo tensor = Info(name);
        if (tensor.ByteLength > int.MaxValue)
            throw new SafeTensorsException(source, name, "It is larger than a span can be; read it in parts with ReadFloats(name, firstElement, destination).", $"{tensor.ByteLength} bytes", $"at most {int.MaxValue}");
        return Data.Slice(dataStart + tensor.Offset, (int)tensor.ByteLength);
    }

    /// <summary>Converts a whole tensor of F32, F16, BF16 (both exact) or F64 (rounded to nearest) to floats.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">Exactly as long as the tensor has elements.</param>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name, or its type is not one of the four.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length than the tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        RequireWhole(FloatInfo(name), destination.Length, nameof(destination));
        ReadFloats(name, 0, destination);
    }

    /// <summary>Converts a run of a tensor's elements, for example one row, to floats; the types are those of <see cref="ReadFloats(string, Span{float})"/>.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="firstElement">The index of the first element, counting row-major.</param>
    /// <param name="destination">As long as the run.</param>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name, or its type is not one of the four.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The run leaves the tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadFloats(string name, long firstElement, Span<float> destination)
    {
        TensorInfo tensor = FloatInfo(name);
        if (firstElement < 0 || firstElement > tensor.ElementCount - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(firstElement), firstElement, $"{destination.Length} elements from {firstElement} on leave {tensor} with its {tensor.ElementCount} elements.");
        int size = tensor.Type.BitSize() / 8;
        long position = dataStart + tensor.Offset + (firstElement * size);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(Block, destination.Length);
            FloatConversions.ToSingle(tensor.Type, Data.Slice(position, count * size), destination[..count]);
            destination = destination[count..];
            position += (long)count * size;
        }

        GC.KeepAlive(this);
    }

    /// <summary>Converts a whole tensor into native rows that are longer than the tensor's last dimension. What lies between the rows is left as it is.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">The first element of the first row; rows are the last dimension, all others counted through.</param>
    /// <param name="stride">Floats from the start of one row to the start of the next; at least the last dimension.</param>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name, or its type does not convert to float.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stride"/> is shorter than a row.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public unsafe void ReadRows(string name, float* destination, long stride)
    {
        TensorInfo tensor = FloatInfo(name);
        long columns = tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1];
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, columns);
        long elements = tensor.ElementCount;
        int longest = (int)Math.Min(Block, columns);
        for (long row = 0; row * columns < elements; row++)
        {
            for (long column = 0; column < columns; column += longest)
            {
                int count = (int)Math.Min(longest, columns - column);
                ReadFloats(name, (row * columns) + column, new Span<float>(destination + (row * stride) + column, count));
            }
        }
    }

    /// <summary>Reads a whole tensor of I64 or I32.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">Exactly as long as the tensor has elements.</param>
    /// <exception cref="SafeTensorsException">The file has no tensor of that name, or its type is neither I64 nor I32.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length than the tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void ReadInt64s(string name, Span<long> destination)
    {
        TensorInfo tensor = Info(name);
        if (tensor.Type is not (TensorType.I64 or TensorType.I32))
            throw new SafeTensorsException(source, name, "It does not hold whole numbers of 32 or 64 bits.", tensor.Type.HeaderName(), "I64 or I32");
        RequireWhole(tensor, destination.Length, nameof(destination));
        ReadOnlySpan<byte> bytes = Bytes(name);
        if (tensor.Type == TensorType.I64)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(destination));
        }
        else
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = MemoryMarshal.Read<int>(bytes[(i * sizeof(int))..]);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Closes the file. Spans that came from it must not be used any more.</summary>
    public void Dispose()
    {
        block?.Dispose();
        block = null;
    }

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

    private static void RequireWhole(TensorInfo tensor, int length, string parameter)
    {
        if (tensor.ElementCount != length)
            throw new ArgumentException($"The destination has {length} elements, but {tensor} has {tensor.ElementCount}.", parameter);
    }

    private TensorInfo FloatInfo(string name)
    {
        TensorInfo tensor = Info(name);
        return tensor.Type.ConvertsToFloat()
            ? tensor
            : throw new SafeTensorsException(source, name, "Its type does not convert to float.", tensor.Type.HeaderName(), "F32, F16, BF16 or F64");
    }

    /// <summary>Apart from <see cref="Info"/> so that its closure is not allocated by every look-up.</summary>
    private SafeTensorsException Missing(string name)
    {
        string? relative = Tensors.Keys.FirstOrDefault(key => key.EndsWith("." + name, StringComparison.Ordinal) || name.EndsWith("." + key, StringComparison.Ordinal));
        string found = relative is null ? $"{Tensors.Count} other tensors" : $"{Tensors.Count} tensors, among them {SafeTensorsException.Quote(relative)}";
        return new SafeTensorsException(source, name, "The file has no tensor of that name.", found, "a name listed by Tensors");
    }
}

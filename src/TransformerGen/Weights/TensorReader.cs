using System.Runtime.InteropServices;

namespace TransformerGen.Weights;

/// <summary>
/// Tensors by name, wherever they are: one file, a checkpoint in shards, a stream that has been read, memory. All headers are checked when it is opened;
/// after that no offset in them can lead outside the data. Safe for concurrent readers. Dispose it after the last use of any span that came from it.
/// </summary>
public abstract class TensorReader : IDisposable
{
    /// <summary>Elements converted at a time: keeps byte counts of a block far below the limit of a span.</summary>
    private const int Block = 1 << 24;

    private readonly string source;

    /// <summary>Only this assembly knows how to keep the promises above.</summary>
    private protected TensorReader(string source) => this.source = source;

    /// <summary>The tensors by name.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Free-form metadata; empty when there is none. Of shards, the entries of all; where they differ, those of the first in ordinal order of names.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Opens what a path stands for: a folder (its <c>model.safetensors</c>, else the shards of its <c>model.safetensors.index.json</c>, in the order in which
    /// transformers looks), an index (<c>*.index.json</c>) with its shards, or one safetensors file. Files are mapped into memory: only what is read is loaded.
    /// </summary>
    /// <param name="path">The folder or file.</param>
    /// <returns>The open tensors.</returns>
    /// <exception cref="FileNotFoundException">There is nothing of the kind; the message says where it was looked for.</exception>
    /// <exception cref="SafeTensorsException">A file is not sound, or index and shards do not fit together; the message says where.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static TensorReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            if (!File.Exists(path))
                throw new FileNotFoundException($"There are no weights at {path}. Expected a folder, a .safetensors file or an index of shards (*{SafeTensorsShards.IndexSuffix}).", path);
            return path.EndsWith(SafeTensorsShards.IndexSuffix, StringComparison.OrdinalIgnoreCase) ? ShardedTensors.Open(path) : SafeTensorsFile.Open(path);
        }

        string file = Path.Combine(path, SafeTensorsShards.WeightsName);
        if (File.Exists(file))
            return SafeTensorsFile.Open(file);
        string index = Path.Combine(path, SafeTensorsShards.IndexName);
        return File.Exists(index)
            ? ShardedTensors.Open(index)
            : throw new FileNotFoundException($"The folder {path} holds no weights. Expected {SafeTensorsShards.WeightsName}, or {SafeTensorsShards.IndexName} and its shards.", file);
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
        return Slice(tensor, 0, (int)tensor.ByteLength);
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
        Convert(tensor, firstElement, destination);
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
                Convert(tensor, (row * columns) + column, new Span<float>(destination + (row * stride) + column, count));
            }
        }

        GC.KeepAlive(this);
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

    /// <summary>Closes all files. Spans that came from them must not be used any more.</summary>
    public abstract void Dispose();

    /// <summary>A part of a tensor's bytes. The caller has checked the bounds.</summary>
    /// <exception cref="ObjectDisposedException">Closed.</exception>
    internal abstract ReadOnlySpan<byte> Slice(TensorInfo tensor, long offset, int length);

    /// <summary>What a closed reader throws.</summary>
    private protected ObjectDisposedException Closed() => new(GetType().Name, $"{source} is closed; read its tensors before disposing it.");

    private void Convert(TensorInfo tensor, long firstElement, Span<float> destination)
    {
        int size = tensor.Type.BitSize() / 8;
        long position = firstElement * size;
        while (!destination.IsEmpty)
        {
            int count = Math.Min(Block, destination.Length);
            FloatConversions.ToSingle(tensor.Type, Slice(tensor, position, count * size), destination[..count]);
            destination = destination[count..];
            position += (long)count * size;
        }
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

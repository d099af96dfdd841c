using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>Writing: what comes back, the bytes themselves, order, misuse, and that a failure leaves the old file.</summary>
public sealed class SafeTensorsWriterTests
{
    private static readonly float[] Values = [0f, -0f, 1f, -1.5f, 65504f, 1f / 1024, float.PositiveInfinity, float.NegativeInfinity];

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.F64)]
    public void Floats_that_a_type_can_hold_come_back_bit_for_bit(TensorType type)
    {
        using SafeTensorsFile file = RoundTrip([TensorSource.Floats("t", type, [2, 4], Values)]);
        Assert.Equal(type, file.Tensors["t"].Type);
        Assert.Equal([2L, 4L], file.Tensors["t"].Shape);
        Assert.Equal(Values.Select(BitConverter.SingleToUInt32Bits), Floats(file, "t").Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void BF16_and_F16_are_rounded_to_nearest_even()
    {
        float[] values = [65504f, 1.00390625f, 1.01171875f, 0.1f];
        using SafeTensorsFile file = RoundTrip([TensorSource.Floats("b", TensorType.BF16, [4], values), TensorSource.Floats("h", TensorType.F16, [4], values)]);
        Assert.Equal([65536f, 1f, 1.015625f, 0.10009765625f], Floats(file, "b"));
        Assert.Equal([65504f, 1.00390625f, 1.01171875f, 0.0999755859375f], Floats(file, "h"));
    }

    [Fact]
    public void Every_type_comes_back_as_raw_bytes()
    {
        TensorType[] types = Enum.GetValues<TensorType>();
        byte[] bytes = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 37))];
        TensorSource[] sources = [.. types.Select(type => TensorSource.Raw(type.HeaderName(), type, [2, 1, 4], bytes.AsMemory(0, type.BitSize())))];
        using SafeTensorsFile file = RoundTrip(sources);
        Assert.Equal(types.Length, file.Tensors.Count);
        foreach (TensorType type in types)
        {
            Assert.Equal(type, file.Tensors[type.HeaderName()].Type);
            Assert.True(file.Bytes(type.HeaderName()).SequenceEqual(bytes.AsSpan(0, type.BitSize())), type.HeaderName());
        }
    }

    [Fact]
    public void Integers_scalars_empty_tensors_and_metadata_come_back()
    {
        long[] ids = [long.MinValue, -1, 0, 1, long.MaxValue];
        var metadata = new Dictionary<string, string> { ["step"] = "12", ["naïve \"quote\" 😀"] = "line\nline", ["a"] = "" };
        using SafeTensorsFile file = RoundTrip(
            [TensorSource.Int64s("ids", [5], ids), Source("scalar", TensorType.F32, [], 3f), TensorSource.Floats("none", TensorType.F16, [4, 0], ReadOnlyMemory<float>.Empty)],
            metadata);
        long[] read = new long[5];
        file.ReadInt64s("ids", read);
        Assert.Equal(ids, read);
        Assert.Equal([3f], Floats(file, "scalar"));
        Assert.Empty(file.Tensors["scalar"].Shape);
        Assert.Equal([4L, 0L], file.Tensors["none"].Shape);
        Assert.Empty(Floats(file, "none"));
        Assert.Equal(metadata.OrderBy(e => e.Key), file.Metadata.OrderBy(e => e.Key));
    }

    [Fact]
    public void The_bytes_are_exactly_these()
    {
        byte[] file = Bytes(
            [Source("b", TensorType.F32, [2], 1f, -2f), Source("é", TensorType.BF16, [1], 1f), Source("a", TensorType.F32, [], 0.5f)],
            new Dictionary<string, string> { ["z"] = "1", ["format"] = "pt" });
        const string Header = """{"__metadata__":{"format":"pt","z":"1"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"é":{"dtype":"BF16","shape":[1],"data_offsets":[12,14]}}""";
        byte[] header = Encoding.UTF8.GetBytes(Header);
        int padded = (header.Length + 7) / 8 * 8;
        byte[] expected =
        [
            .. BitConverter.GetBytes((ulong)padded), .. header, .. Enumerable.Repeat((byte)' ', padded - header.Length),
            .. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(-2f), 0x80, 0x3F,
        ];
        Assert.Equal(expected, file);
    }

    [Fact]
    public void The_reference_fixture_is_reproduced_byte_for_byte()
    {
        string path = TestFiles.Fixture("paper/model.safetensors");
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        TensorSource[] sources = [.. file.Tensors.Values.Reverse().Select(t => TensorSource.Floats(t.Name, t.Type, t.Shape, (first, destination) => file.ReadFloats(t.Name, first, destination)))];
        Assert.Equal(File.ReadAllBytes(path), Bytes(sources, file.Metadata));
    }

    [Fact]
    public void The_order_given_changes_nothing_unless_it_is_asked_for()
    {
        TensorSource[] sources =
        [
            TensorSource.Floats("b", TensorType.F16, [3], new float[3]), TensorSource.Floats("c", TensorType.F32, [1], new float[1]),
            TensorSource.Int64s("d", [1], new long[1]), TensorSource.Floats("a", TensorType.F32, [1], new float[1]),
        ];
        byte[] file = Bytes(sources);
        Assert.Equal(file, Bytes([.. sources.Reverse()]));
        Assert.Equal(["d", "a", "c", "b"], Names(file));
        byte[] given = Bytes(sources, order: TensorOrder.AsGiven);
        Assert.Equal(["b", "c", "d", "a"], Names(given));

        // In the default order every tensor is aligned to its element, and the data to 8 bytes.
        using SafeTensorsFile read = SafeTensorsFile.FromMemory(file);
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(file) % 8);
        Assert.All(read.Tensors.Values, tensor => Assert.Equal(0, tensor.Offset % (tensor.Type.BitSize() / 8)));

        static string[] Names(byte[] bytes)
        {
            using SafeTensorsFile opened = SafeTensorsFile.FromMemory(bytes);
            return [.. opened.Tensors.Values.OrderBy(tensor => tensor.Offset).Select(tensor => tensor.Name)];
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(TensorSource.ChunkLength - 1)]
    [InlineData(TensorSource.ChunkLength + 1)]
    public void A_fill_is_asked_in_order_for_whole_rows_and_may_leave_zeros(int columns)
    {
        const int Rows = 700;
        long next = 0;
        int calls = 0;
        using SafeTensorsFile file = RoundTrip([TensorSource.Floats("t", TensorType.F16, [Rows, columns], (first, destination) =>
        {
            Assert.Equal(next, first);
            Assert.InRange(destination.Length, 1, TensorSource.ChunkLength);
            if (columns <= TensorSource.ChunkLength)
                Assert.Equal(0, destination.Length % columns);
            Assert.False(destination.ContainsAnyExcept(0f));
            destination[0] = 2;
            next += destination.Length;
            calls++;
        })]);
        Assert.Equal((long)Rows * columns, next);
        Assert.InRange(calls, 2, int.MaxValue);
        Assert.Equal(2.0 * calls, Floats(file, "t").Sum(x => (double)x));
    }

    [Fact]
    public unsafe void Native_rows_are_written_without_their_padding()
    {
        foreach ((long[] shape, int columns, int stride) in new[] { (new long[] { 5, 3 }, 3, 8), ([2, 2, 40_000], 40_000, 40_016), ([7], 7, 7), (Array.Empty<long>(), 1, 4) })
        {
            int rows = (int)(shape.Aggregate(1L, (a, b) => a * b) / columns);
            float* memory = (float*)NativeMemory.AllocZeroed((nuint)(rows * stride), sizeof(float));
            try
            {
                for (int i = 0; i < rows * stride; i++)
                    memory[i] = i % stride < columns ? (i / stride * columns) + (i % stride) : float.NaN;
                using SafeTensorsFile file = RoundTrip([TensorSource.Rows("t", TensorType.F32, shape, memory, stride)]);
                Assert.Equal(Enumerable.Range(0, rows * columns).Select(i => (float)i), Floats(file, "t"));
            }
            finally
            {
                NativeMemory.Free(memory);
            }
        }
    }

    [Fact]
    public void Misuse_is_refused_before_anything_is_written()
    {
        TensorSource one = TensorSource.Floats("one", TensorType.F32, [1], new float[1]);
        using var folder = new TemporaryFolder();
        string path = folder.File("m.safetensors");
        Assert.Contains("'one'", Assert.Throws<ArgumentException>("tensors", () => SafeTensorsWriter.Write(path, [one, one])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("tensors", () => SafeTensorsWriter.Write(path, [TensorSource.Int64s("__metadata__", [0], ReadOnlyMemory<long>.Empty)]));
        Assert.Throws<ArgumentException>("tensors", () => SafeTensorsWriter.Write(path, [TensorSource.Int64s("half \ud83d", [0], ReadOnlyMemory<long>.Empty)]));
        Assert.Throws<ArgumentException>("metadata", () => SafeTensorsWriter.Write(path, [one], new Dictionary<string, string> { ["k"] = "\ude00" }));
        Assert.Throws<ArgumentException>("values", () => TensorSource.Floats("t", TensorType.F32, [3], new float[2]));
        Assert.Throws<ArgumentException>("values", () => TensorSource.Int64s("t", [3], new long[4]));
        Assert.Throws<ArgumentException>("values", () => TensorSource.Raw("t", TensorType.U16, [3], new byte[3]));
        Assert.Throws<ArgumentException>("type", () => TensorSource.Floats("t", TensorType.I32, [2], new float[2]));
        Assert.Throws<ArgumentException>("shape", () => TensorSource.Floats("t", TensorType.F32, [-1], new float[1]));
        Assert.Throws<ArgumentException>("shape", () => TensorSource.Floats("t", TensorType.F32, [1L << 40, 1L << 40], static (_, _) => { }));
        Assert.Throws<ArgumentException>("shape", () => TensorSource.Raw("t", TensorType.F4, [3], new byte[2]));
        Assert.Throws<ArgumentException>("shape", () => TensorSource.Raw("t", TensorType.U8, new long[65], ReadOnlyMemory<byte>.Empty));
        Assert.Empty(folder.Names());
    }

    [Fact]
    public void A_fill_that_throws_leaves_the_old_file_and_no_other()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("m.safetensors");
        SafeTensorsWriter.Write(path, [Source("t", TensorType.F32, [2], 1f, 2f)]);
        byte[] old = File.ReadAllBytes(path);
        var failure = new InvalidOperationException("the fill failed");
        bool temporarySeen = false;
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => SafeTensorsWriter.Write(path,
        [
            TensorSource.Floats("t", TensorType.F32, [1_000_000], (first, _) =>
            {
                temporarySeen |= folder.Names().Length == 2;
                if (first > 500_000)
                    throw failure;
            }),
        ]));
        Assert.Same(failure, thrown);
        Assert.True(temporarySeen, "The new content must go to another file of the same folder first.");
        Assert.Equal(["m.safetensors"], folder.Names());
        Assert.Equal(old, File.ReadAllBytes(path));

        // And where there was no file, there is none.
        Assert.Throws<InvalidOperationException>(() => SafeTensorsWriter.Write(folder.File("new"), [TensorSource.Floats("t", TensorType.F32, [1], (_, _) => throw failure)]));
        Assert.Equal(["m.safetensors"], folder.Names());
    }

    [Fact]
    public void A_target_that_cannot_be_replaced_leaves_no_temporary_file()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("taken"));
        Exception? thrown = Record.Exception(() => SafeTensorsWriter.Write(folder.File("taken"), [TensorSource.Floats("t", TensorType.F32, [1], new float[1])]));
        Assert.True(thrown is IOException or UnauthorizedAccessException, thrown?.ToString() ?? "Nothing was thrown.");
        Assert.Empty(folder.Names());
    }

    [Fact]
    public void A_file_is_replaced_while_it_is_open_and_keeps_its_permissions()
    {
        if (OperatingSystem.IsWindows())
            return; // A mapped file cannot be replaced there; the writer's documentation says so.

        using var folder = new TemporaryFolder();
        string path = folder.File("m.safetensors");
        SafeTensorsWriter.Write(path, [Source("t", TensorType.F32, [1], 1f)]);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(path, Mode);
        using (SafeTensorsFile old = SafeTensorsFile.Open(path))
        {
            SafeTensorsWriter.Write(path, [Source("t", TensorType.F32, [1], 2f)]);
            Assert.Equal([1f], Floats(old, "t"));
        }

        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.Equal([2f], Floats(file, "t"));
        Assert.Equal(Mode, File.GetUnixFileMode(path));
    }

    private static byte[] Bytes(IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null, TensorOrder order = TensorOrder.ByName)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, tensors, metadata, order);
        return stream.ToArray();
    }

    /// <summary>Through a file on the disk.</summary>
    private static SafeTensorsFile RoundTrip(IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("m.safetensors");
        SafeTensorsWriter.Write(path, tensors, metadata);
        using FileStream stream = File.OpenRead(path);
        return SafeTensorsFile.Read(stream);
    }

    private static TensorSource Source(string name, TensorType type, long[] shape, params float[] values) => TensorSource.Floats(name, type, shape, values);

    private static float[] Floats(SafeTensorsFile file, string name)
    {
        float[] values = new float[file.Tensors[name].ElementCount];
        file.ReadFloats(name, values);
        return values;
    }
}

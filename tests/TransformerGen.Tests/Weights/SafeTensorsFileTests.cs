using System.Buffers.Binary;
using System.Text;
using TransformerGen.Weights;
using Xunit;
using Xunit.Abstractions;

namespace TransformerGen.Tests.Weights;

/// <summary>Reading: real files of another writer, parts, misuse, and files beyond what a span can hold.</summary>
public sealed class SafeTensorsFileTests(ITestOutputHelper output)
{
    [Fact]
    public void Reads_the_fixture_as_the_reference_library_wrote_it()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(TestFiles.Fixture("paper/model.safetensors"));
        Assert.Equal(85, file.Tensors.Count);
        Assert.Equal(178816, file.Tensors.Values.Sum(tensor => tensor.ByteLength));
        TensorInfo shared = file.Tensors["shared.weight"];
        Assert.Equal(TensorType.F32, shared.Type);
        Assert.Equal([61L, 32L], shared.Shape);
        Assert.Equal("shared.weight F32 [61, 32]", shared.ToString());

        // First elements and the sum of all, computed from the bytes by another program (exact sums per tensor, in order of names).
        Assert.Equal([0.02744220942258835f, -0.15600557625293732f, -0.0621115118265152f, -0.13583418726921082f], Floats(file, "shared.weight")[..4]);
        Assert.Equal([0.11913202702999115f, -0.002911951392889023f, -0.4082910716533661f, -0.40750065445899963f], Floats(file, "encoder.layers.1.fc1.weight")[..4]);
        double sum = file.Tensors.Keys.Sum(name => Floats(file, name).Sum(x => (double)x));
        Assert.Equal(427.3257340488941, sum, 1e-9);
    }

    [Fact]
    public void Reads_ids_and_outputs_of_the_fixture()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(TestFiles.Fixture("paper/expected.safetensors"));
        Assert.Equal(193, file.Tensors.Count);
        long[] labels = new long[21];
        file.ReadInt64s("input.labels", labels);
        Assert.Equal([60L, 50L], labels[..2]);
        Assert.Equal([3L, 7L, 61L], file.Tensors["logits"].Shape);
        double sum = file.Tensors.Values.Where(tensor => tensor.Type == TensorType.F32).Sum(tensor => Floats(file, tensor.Name).Sum(x => (double)x));
        Assert.Equal(1361.3030383259818, sum, 1e-9);
    }

    [SharedFact("fixtures")]
    public void Opens_every_reference_fixture()
    {
        string[] paths = Directory.GetFiles(SharedData.Find("fixtures"), "*.safetensors", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        foreach (string path in paths)
        {
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            foreach (TensorInfo tensor in file.Tensors.Values.Where(tensor => tensor.Type.ConvertsToFloat()))
                Assert.All(Floats(file, tensor.Name), x => Assert.False(float.IsNaN(x), $"{path}: NaN in {tensor}"));
        }

        output.WriteLine($"{paths.Length} files read.");
    }

    [Fact]
    public void Reads_a_matrix_row_by_row_and_into_padded_rows()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(TestFiles.Fixture("paper/model.safetensors"));
        float[] whole = Floats(file, "shared.weight");
        float[] row = new float[32];
        for (int i = 0; i < 61; i++)
        {
            file.ReadFloats("shared.weight", i * 32, row);
            Assert.Equal(whole[(i * 32)..((i + 1) * 32)], row);
        }

        const int Stride = 37;
        float[] padded = new float[61 * Stride];
        Array.Fill(padded, 77);
        unsafe
        {
            fixed (float* start = padded)
                file.ReadRows("shared.weight", start, Stride);
        }

        for (int i = 0; i < padded.Length; i++)
            Assert.Equal(i % Stride < 32 ? whole[(i / Stride * 32) + (i % Stride)] : 77, padded[i]);
    }

    [Fact]
    public void Reads_32_bit_integers_with_their_sign()
    {
        byte[] bytes = TestFiles.Build("""{"i":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""", 8);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(^8), int.MinValue);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(^4), 7);
        using SafeTensorsFile file = SafeTensorsFile.FromMemory(bytes);
        long[] values = new long[2];
        file.ReadInt64s("i", values);
        Assert.Equal([int.MinValue, 7L], values);
    }

    [Fact]
    public void Misuse_is_explained()
    {
        const string Header = """{"model.w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"i":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},"b":{"dtype":"U8","shape":[2],"data_offsets":[16,18]}}""";
        SafeTensorsFile file = SafeTensorsFile.FromMemory(TestFiles.Build(Header, 18));
        Assert.Contains("'model.w'", Assert.Throws<SafeTensorsException>(() => file.ReadFloats("w", new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("'i'", Assert.Throws<SafeTensorsException>(() => file.Bytes("model.i").Length).Message, StringComparison.Ordinal);
        Assert.Contains("3 other tensors", Assert.Throws<SafeTensorsException>(() => file.Info("nothing")).Message, StringComparison.Ordinal);
        Assert.Contains("I64", Assert.Throws<SafeTensorsException>(() => file.ReadFloats("i", new float[1])).Message, StringComparison.Ordinal);
        Assert.Contains("U8", Assert.Throws<SafeTensorsException>(() => file.ReadInt64s("b", new long[2])).Message, StringComparison.Ordinal);
        Assert.Contains("model.w F32 [2]", Assert.Throws<ArgumentException>("destination", () => file.ReadFloats("model.w", new float[3])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("destination", () => file.ReadInt64s("i", new long[2]));
        Assert.Throws<ArgumentOutOfRangeException>("firstElement", () => file.ReadFloats("model.w", -1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>("firstElement", () => file.ReadFloats("model.w", 1, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>("firstElement", () => file.ReadFloats("model.w", long.MaxValue, new float[1]));
        file.ReadFloats("model.w", 2, []);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Bytes("model.w").Length);
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("model.w", new float[2]));
    }

    [Fact]
    public void A_missing_file_is_reported_as_such() =>
        Assert.Throws<FileNotFoundException>(() => SafeTensorsFile.Open(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));

    [Fact]
    public void Reading_in_steady_state_allocates_nothing()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(TestFiles.Fixture("paper/model.safetensors"));
        float[] row = new float[32];
        file.ReadFloats("shared.weight", 0, row);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 61; i++)
            file.ReadFloats("shared.weight", i * 32, row);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Tensors_and_files_above_two_gigabytes_are_read_in_parts()
    {
        if (OperatingSystem.IsWindows())
        {
            output.WriteLine("Skipped: a file is not sparse by default here and would take 4 GB.");
            return;
        }

        const long Elements = (1L << 30) + 3_000;
        const long Bytes = Elements * 2;
        byte[] header = Encoding.UTF8.GetBytes($$$"""{"big":{"dtype":"BF16","shape":[{{{Elements}}}],"data_offsets":[0,{{{Bytes}}}]},"after":{"dtype":"F32","shape":[2],"data_offsets":[{{{Bytes}}},{{{Bytes + 8}}}]}}""");
        using var folder = new TemporaryFolder();
        string path = folder.File("big.safetensors");
        using (FileStream stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes((ulong)header.Length));
            stream.Write(header);

            // All zero, without taking space on the disk, but for the last element: 1 as BF16.
            stream.Seek(Bytes - 2, SeekOrigin.Current);
            stream.Write([0x80, 0x3F, .. BitConverter.GetBytes(3.5f), .. BitConverter.GetBytes(-4.5f)]);
        }

        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        SafeTensorsException exception = Assert.Throws<SafeTensorsException>(() => file.Bytes("big").Length);
        Assert.Contains("read it in parts", exception.Message, StringComparison.Ordinal);
        float[] last = new float[3];
        file.ReadFloats("big", Elements - 3, last);
        Assert.Equal([0f, 0f, 1f], last);
        Assert.Equal([3.5f, -4.5f], Floats(file, "after"));
    }

    private static float[] Floats(SafeTensorsFile file, string name)
    {
        float[] values = new float[file.Tensors[name].ElementCount];
        file.ReadFloats(name, values);
        return values;
    }
}

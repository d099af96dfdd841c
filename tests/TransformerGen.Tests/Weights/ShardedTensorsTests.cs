using System.Text;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>Reading checkpoints in shards: real ones of another writer, fetched ones, and indexes that lie.</summary>
public sealed class ShardedTensorsTests
{
    private const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    private static string Folder => TestFiles.Fixture("llama-f16-sharded");

    [Theory]
    [InlineData("")]
    [InlineData("model.safetensors.index.json")]
    public void Reads_the_fixture_by_its_folder_and_by_its_index(string name)
    {
        using TensorReader tensors = TensorReader.Open(Path.Combine(Folder, name));
        Assert.IsType<ShardedTensors>(tensors);
        Assert.Equal(21, tensors.Tensors.Count);
        Assert.Equal("pt", tensors.Metadata["format"]);

        // One tensor of each shard and the sum of all, computed from the bytes by another program.
        Assert.Equal([0.55859375f, -0.06451416015625f, -0.2064208984375f, -0.26416015625f], Floats(tensors, "model.embed_tokens.weight")[..4]);
        Assert.Equal([-0.55810546875f, -0.1314697265625f, 0.0948486328125f, 0.440673828125f], Floats(tensors, "lm_head.weight")[..4]);
        Assert.Equal(181.71474212408066, tensors.Tensors.Keys.Sum(key => Floats(tensors, key).Sum(x => (double)x)), 1e-9);
        Assert.Equal(39616, tensors.Tensors.Values.Sum(tensor => tensor.ByteLength));
        Assert.Equal(67 * 32 * 2, tensors.Bytes("lm_head.weight").Length);
        Assert.Throws<SafeTensorsException>(() => tensors.Info("embed_tokens.weight"));
    }

    [Fact]
    public void Shards_that_are_fetched_read_as_those_that_are_mapped()
    {
        byte[] index = File.ReadAllBytes(Path.Combine(Folder, SafeTensorsShards.IndexName));
        var asked = new List<string>();
        using ShardedTensors memory = ShardedTensors.Open(index, name => SafeTensorsFile.FromMemory(File.ReadAllBytes(Path.Combine(Folder, name))));
        using ShardedTensors streamed = ShardedTensors.Open(index, name =>
        {
            asked.Add(name);
            using var stream = new TrickleStream(File.ReadAllBytes(Path.Combine(Folder, name)), 1000);
            return SafeTensorsFile.Read(stream);
        });
        using TensorReader mapped = TensorReader.Open(Folder);
        Assert.Equal([First, Second], asked);
        Assert.Equal(mapped.Tensors, memory.Tensors);
        foreach (string name in mapped.Tensors.Keys)
        {
            Assert.True(mapped.Bytes(name).SequenceEqual(memory.Bytes(name)));
            Assert.True(mapped.Bytes(name).SequenceEqual(streamed.Bytes(name)));
        }
    }

    [Fact]
    public void A_folder_and_a_file_open_as_what_they_are()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("model.safetensors.index.json", Assert.Throws<FileNotFoundException>(() => TensorReader.Open(folder.File("."))).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => TensorReader.Open(folder.File("none.safetensors")));

        // As transformers does: one file comes before an index.
        Write(folder, SafeTensorsShards.WeightsName, ("whole", 1f));
        File.WriteAllText(folder.File(SafeTensorsShards.IndexName), """{"weight_map":{"a":"x.safetensors"}}""");
        using TensorReader whole = TensorReader.Open(folder.File("."));
        using TensorReader file = TensorReader.Open(folder.File(SafeTensorsShards.WeightsName));
        Assert.Equal(["whole"], whole.Tensors.Keys);
        Assert.Equal(["whole"], file.Tensors.Keys);
    }

    [Fact]
    public void Missing_shards_are_named_together()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "b.safetensors", ("b", 1f));
        SafeTensorsException e = Refused(folder, """{"weight_map":{"a":"a.safetensors","b":"b.safetensors","c":"sub/c.safetensors"}}""");
        Assert.Contains("no a.safetensors, sub/c.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("all 3 files", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_shards_lack_are_named_together()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "x.safetensors", ("a", 1f));
        Write(folder, "y.safetensors", ("b", 1f));
        SafeTensorsException e = Refused(folder, """{"weight_map":{"a":"y.safetensors","b":"y.safetensors","c":"x.safetensors"}}""");
        Assert.Contains("'a' (not in y.safetensors), 'c' (not in x.safetensors)", e.Message, StringComparison.Ordinal);
        string many = string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"t{i}\":\"x.safetensors\""));
        Assert.Contains("and 4990 more", Refused(folder, $$$"""{"weight_map":{{{{many}}}}}""").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_decides_where_a_tensor_is_and_what_there_is()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "x.safetensors", ("a", 1f), ("b", 2f), ("unlisted", 9f));
        Write(folder, "y.safetensors", ("a", 3f));
        File.WriteAllText(folder.File(SafeTensorsShards.IndexName), """{"metadata":{"total_size":"not even a number","deep":[{"er":null}]},"weight_map":{"a":"y.safetensors","b":"x.safetensors"},"later":1}""");
        using TensorReader tensors = TensorReader.Open(folder.File("."));
        Assert.Equal([3f], Floats(tensors, "a"));
        Assert.Equal([2f], Floats(tensors, "b"));
        Assert.Equal(["a", "b"], tensors.Tensors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_damaged_shard_is_named_and_no_file_stays_open()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "a.safetensors", ("a", 1f));
        Write(folder, "b.safetensors", ("b", 1f));
        using (FileStream cut = File.OpenWrite(folder.File("b.safetensors")))
            cut.SetLength(cut.Length - 1);
        SafeTensorsException e = Refused(folder, """{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}""");
        Assert.Contains("b.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("cut off", e.Message, StringComparison.Ordinal);
        SafeTensorsFile opened = SafeTensorsFile.Open(folder.File("a.safetensors"));
        Assert.Throws<SafeTensorsException>(() => ShardedTensors.Open("""{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}"""u8, name => name[0] == 'a' ? opened : throw new FileNotFoundException()));
        Assert.Throws<ObjectDisposedException>(() => opened.Bytes("a").Length);
    }

    [Theory]
    [InlineData("../x.safetensors", "not below the folder")]
    [InlineData("sub/../../x.safetensors", "not below the folder")]
    [InlineData("sub/../x.safetensors", "not below the folder")]
    [InlineData("..", "not below the folder")]
    [InlineData("/tmp/x.safetensors", "not below the folder")]
    [InlineData("./x.safetensors", "not below the folder")]
    [InlineData("sub//x.safetensors", "not below the folder")]
    [InlineData("..\\\\x.safetensors", "not below the folder")]
    [InlineData("C:x.safetensors", "not below the folder")]
    [InlineData("x\\u0000.safetensors", "not below the folder")]
    [InlineData("", "not below the folder")]
    [InlineData("pytorch_model-00001-of-00002.bin", "no safetensors file")]
    public void A_path_that_leaves_the_folder_is_refused(string name, string reason)
    {
        using var folder = new TemporaryFolder();
        SafeTensorsException e = Refused(folder, $$$"""{"weight_map":{"a":"{{{name}}}"}}""");
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal("a", e.TensorName);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}{}", "not valid JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "no weight_map")]
    [InlineData("""{"weight_map":{}}""", "an empty weight_map")]
    [InlineData("""{"weight_map":null}""", "must map tensors to files")]
    [InlineData("""{"weight_map":["a"]}""", "must map tensors to files")]
    [InlineData("""{"weight_map":{"a":1}}""", "'a' must be a string")]
    [InlineData("""{"weight_map":{"a":null}}""", "'a' must be a string")]
    [InlineData("""{"weight_map":{"a":"x.safetensors","a":"x.safetensors"}}""", "twice")]
    [InlineData("""{"weight_map":{"a":"x.safetensors"},"weight_map":{"a":"x.safetensors"}}""", "second weight_map")]
    [InlineData("""{"weight_map":{"\ud800":"x.safetensors"}}""", "surrogate")]
    public void An_index_that_is_none_is_refused(string json, string reason)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(reason, Refused(folder, json).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_is_not_text_is_refused() =>
        Assert.Contains("not UTF-8", Assert.Throws<SafeTensorsException>(() => ShardedTensors.Open(Encoding.Latin1.GetBytes("""{"é":1}"""), _ => throw new FileNotFoundException())).Message, StringComparison.Ordinal);

    [Fact]
    public void Reading_in_steady_state_allocates_nothing()
    {
        using TensorReader tensors = TensorReader.Open(Folder);
        float[] row = new float[32];
        tensors.ReadFloats("lm_head.weight", 0, row);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 67; i++)
            tensors.ReadFloats("lm_head.weight", i * 32, row);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static SafeTensorsException Refused(TemporaryFolder folder, string index)
    {
        File.WriteAllText(folder.File(SafeTensorsShards.IndexName), index);
        SafeTensorsException e = Assert.Throws<SafeTensorsException>(() => TensorReader.Open(folder.File(".")));
        Assert.Contains(folder.File(""), e.Message, StringComparison.Ordinal);
        return e;
    }

    private static void Write(TemporaryFolder folder, string name, params (string Name, float Value)[] tensors) =>
        SafeTensorsWriter.Write(folder.File(name), [.. tensors.Select(t => TensorSource.Floats(t.Name, TensorType.F32, [1], new[] { t.Value }))]);

    private static float[] Floats(TensorReader tensors, string name)
    {
        float[] values = new float[tensors.Info(name).ElementCount];
        tensors.ReadFloats(name, values);
        return values;
    }
}

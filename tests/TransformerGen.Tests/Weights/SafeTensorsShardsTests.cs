using System.Text.Json;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>Writing checkpoints in shards: Hugging Face's names and index, and a folder that is never a mixture of two saves.</summary>
public sealed class SafeTensorsShardsTests
{
    [Fact]
    public void A_small_model_is_one_file_without_an_index()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(["model.safetensors"], SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 10), ("b", 6)), 64));
        Assert.Equal(["model.safetensors"], folder.Names());
        using TensorReader tensors = TensorReader.Open(folder.File("."));
        Assert.Equal("pt", tensors.Metadata["format"]);
        Assert.Equal(10, tensors.Info("a").ElementCount);
    }

    [Theory]
    [InlineData(TensorType.F32, 4)]
    [InlineData(TensorType.F16, 2)]
    [InlineData(TensorType.BF16, 2)]
    public void Above_the_size_it_is_split_under_Hugging_Faces_names(TensorType type, int bytes)
    {
        // At most 12 elements a file: b and a share one, then d alone fills the next; large is too large for any and has its own, but does not end b's.
        (string Name, int Count)[] sizes = [("b", 7), ("large", 13), ("a", 5), ("d", 12), ("c", 1)];
        using var folder = new TemporaryFolder();
        IReadOnlyList<string> names = SafeTensorsShards.Write(folder.File("new/model"), Tensors(0.25f, type, sizes), 12 * bytes);
        Assert.Equal([.. Enumerable.Range(1, 4).Select(i => $"model-0000{i}-of-00004.safetensors")], names);
        string path = folder.File("new/model");
        Assert.Equal([.. names, "model.safetensors.index.json"], Directory.GetFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string text = File.ReadAllText(Path.Combine(path, "model.safetensors.index.json"));
        Assert.Equal(
            $$"""
            {
              "metadata": {
                "total_size": {{38 * bytes}}
              },
              "weight_map": {
                "a": "model-00002-of-00004.safetensors",
                "b": "model-00002-of-00004.safetensors",
                "c": "model-00004-of-00004.safetensors",
                "d": "model-00003-of-00004.safetensors",
                "large": "model-00001-of-00004.safetensors"
              }
            }

            """.ReplaceLineEndings("\n"), text);
        using TensorReader tensors = TensorReader.Open(path);
        foreach ((string name, int count) in sizes)
        {
            float[] values = new float[count];
            tensors.ReadFloats(name, values);
            Assert.Equal([.. Enumerable.Range(0, count).Select(i => 0.25f + i)], values);
            Assert.Equal(type, tensors.Info(name).Type);
        }

        foreach (string name in names)
        {
            using SafeTensorsFile shard = SafeTensorsFile.Open(Path.Combine(path, name));
            Assert.Equal("pt", shard.Metadata["format"]);
        }

        Directory.Delete(folder.File("new"), recursive: true);
    }

    [Fact]
    public void A_later_save_of_another_size_leaves_nothing_of_the_earlier()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model-00001-of-00002.bin"), "somebody else's");
        File.WriteAllText(folder.File("model-extra.safetensors"), "somebody else's");
        foreach ((long most, int files) in ((long, int)[])[(1000, 1), (8, 3), (16, 2), (8, 3), (1000, 1), (8, 3)])
        {
            float first = most + files;
            Assert.Equal(files, SafeTensorsShards.Write(folder.File("."), Tensors(first, ("a", 2), ("b", 2), ("c", 2)), most).Count);
            using (TensorReader tensors = TensorReader.Open(folder.File(".")))
            {
                float[] values = new float[2];
                tensors.ReadFloats("c", values);
                Assert.Equal([first, first + 1], values);
            }

            Assert.Equal(files + (files == 1 ? 0 : 1) + 2, folder.Names().Length);
        }
    }

    [Fact]
    public void When_a_tensor_cannot_be_provided_the_folder_is_as_it_was()
    {
        using var folder = new TemporaryFolder();
        SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2), ("b", 2)), 8);
        (string Name, byte[] Content)[] before = [.. folder.Names().Select(name => (name, File.ReadAllBytes(folder.File(name))))];
        TensorSource[] failing = [.. Tensors(5f, ("a", 2)), TensorSource.Floats("b", TensorType.F32, [2], (_, _) => throw new InvalidOperationException("no more"))];
        foreach (long most in (long[])[8, 1000])
        {
            Assert.Throws<InvalidOperationException>(() => SafeTensorsShards.Write(folder.File("."), failing, most));
            Assert.Equal(before.Select(file => file.Name), folder.Names());
            Assert.All(before, file => Assert.Equal(file.Content, File.ReadAllBytes(folder.File(file.Name))));
        }
    }

    [Fact]
    public void When_a_name_is_taken_the_renames_before_it_are_taken_back()
    {
        // The second shard's name is taken by a folder, so that its rename fails behind the first one's.
        using var folder = new TemporaryFolder();
        SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2), ("b", 2)), 8);
        File.Delete(folder.File("model-00002-of-00002.safetensors"));
        Directory.CreateDirectory(folder.File("model-00002-of-00002.safetensors"));
        byte[] first = File.ReadAllBytes(folder.File("model-00001-of-00002.safetensors"));
        Assert.ThrowsAny<Exception>(() => SafeTensorsShards.Write(folder.File("."), Tensors(5f, ("a", 2), ("b", 2)), 8));
        Assert.Equal(["model-00001-of-00002.safetensors", SafeTensorsShards.IndexName], folder.Names());
        Assert.Equal(first, File.ReadAllBytes(folder.File("model-00001-of-00002.safetensors")));
    }

    /// <summary>Sizes of shards before and after: one file is 1000, three shards are 8, two are 16; 0 is an empty folder.</summary>
    [Theory]
    [InlineData(0, 8)]
    [InlineData(1000, 1000)]
    [InlineData(1000, 8)]
    [InlineData(8, 1000)]
    [InlineData(8, 8)]
    [InlineData(8, 16)]
    [InlineData(16, 8)]
    [InlineData(-8, 8)]
    public void Whichever_rename_fails_the_folder_is_as_it_was_and_no_reader_sees_a_mixture(int before, int after)
    {
        (string, int)[] sizes = [("a", 2), ("b", 2), ("c", 2)];
        for (int failing = 0; ; failing++)
        {
            using var folder = new TemporaryFolder();
            if (before < 0)
            {
                // Shards that weights in one file hide.
                SafeTensorsShards.Write(folder.File("shards"), Tensors(3f, sizes), -before);
                SafeTensorsShards.Write(folder.File("."), Tensors(1f, sizes), 1000);
                foreach (string path in Directory.GetFiles(folder.File("shards")))
                    File.Move(path, folder.File(Path.GetFileName(path)));
            }
            else if (before > 0)
            {
                SafeTensorsShards.Write(folder.File("."), Tensors(1f, sizes), before);
            }

            (string Name, byte[] Content)[] old = [.. folder.Names().Select(name => (name, File.ReadAllBytes(folder.File(name))))];
            int count = 0;
            void Move(string from, string to)
            {
                Assert.Contains(First(folder), (float?[])[null, before == 0 ? (float?)null : 1f, 5f]);
                if (count++ == failing)
                    throw new IOException("The disk is gone.");
                File.Move(from, to, overwrite: true);
            }

            IReadOnlyList<string>? names = null;
            Exception? thrown = Record.Exception(() => names = SafeTensorsShards.Write(folder.File("."), Tensors(5f, sizes), after, null, TensorOrder.ByName, Move));
            if (names is null)
            {
                Assert.Equal("The disk is gone.", Assert.IsType<IOException>(thrown).Message);
                Assert.Equal(old.Select(file => file.Name), folder.Names());
                Assert.All(old, file => Assert.Equal(file.Content, File.ReadAllBytes(folder.File(file.Name))));
                Assert.Equal(before == 0 ? (float?)null : 1f, First(folder));
                continue;
            }

            Assert.Equal(failing, count);
            Assert.True(failing >= 1);
            Assert.Equal(5f, First(folder));
            Assert.Equal([.. names, .. (string[])(names.Count > 1 ? [SafeTensorsShards.IndexName] : [])], folder.Names());
            break;
        }
    }

    [Fact]
    public void What_cannot_be_taken_back_is_said()
    {
        // Behind the failing rename somebody else has taken the old index's name.
        using var folder = new TemporaryFolder();
        SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2), ("b", 2)), 8);
        int count = 0;
        void Move(string from, string to)
        {
            if (count++ == 2)
            {
                File.WriteAllText(folder.File(SafeTensorsShards.IndexName), "somebody else's");
                throw new IOException("The disk is gone.");
            }

            File.Move(from, to, overwrite: true);
        }

        string message = Assert.Throws<IOException>(() => SafeTensorsShards.Write(folder.File("."), Tensors(5f, ("a", 2), ("b", 2)), 8, null, TensorOrder.ByName, Move)).Message;
        Assert.Contains("The disk is gone.", message, StringComparison.Ordinal);
        string aside = Assert.Single(folder.Names(), name => name.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Contains($"What was there before: {SafeTensorsShards.IndexName} is {aside}.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_save_between_the_opening_of_two_shards_is_noticed()
    {
        using var folder = new TemporaryFolder();
        SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2), ("b", 2)), 8);
        string index = folder.File(SafeTensorsShards.IndexName);
        File.SetLastWriteTimeUtc(index, DateTime.UnixEpoch);
        bool isFirst = true;
        SafeTensorsFile Open(string name)
        {
            SafeTensorsFile shard = SafeTensorsFile.Open(folder.File(name));
            if (isFirst)
                SafeTensorsShards.Write(folder.File("."), Tensors(5f, ("a", 2), ("b", 2)), 8);
            isFirst = false;
            return shard;
        }

        Assert.Contains("replaced", Assert.Throws<SafeTensorsException>(() => ShardedTensors.Open(index, Open)).Message, StringComparison.Ordinal);
        using ShardedTensors again = ShardedTensors.Open(index, Open);
        Assert.Equal(2, again.Tensors.Count);
    }

    [Fact]
    public void Names_must_be_unique_across_shards()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2), ("a", 2)), 8)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SafeTensorsShards.Write(folder.File("."), Tensors(1f, ("a", 2)), 0));
        Assert.Empty(folder.Names());
    }

    [Fact]
    public void A_model_without_tensors_is_a_sound_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(["model.safetensors"], SafeTensorsShards.Write(folder.File("."), []));
        using TensorReader tensors = TensorReader.Open(folder.File("."));
        Assert.Empty(tensors.Tensors);
    }

    [Fact]
    public void The_fixtures_index_is_what_this_writer_would_write()
    {
        using TensorReader tensors = TensorReader.Open(TestFiles.Fixture("llama-f16-sharded"));
        using JsonDocument theirs = JsonDocument.Parse(File.ReadAllBytes(TestFiles.Fixture("llama-f16-sharded/model.safetensors.index.json")));
        using var folder = new TemporaryFolder();

        // Its shards are limited to 20 kB; the state's order is that of the index's shards, names within.
        string[] names = [.. theirs.RootElement.GetProperty("weight_map").EnumerateObject().OrderBy(e => e.Value.GetString(), StringComparer.Ordinal).ThenBy(e => e.Name, StringComparer.Ordinal).Select(e => e.Name)];
        SafeTensorsShards.Write(folder.File("."), [.. names.Select(name => TensorSource.Raw(name, tensors.Info(name).Type, tensors.Info(name).Shape, tensors.Bytes(name).ToArray()))], 20_000);
        using JsonDocument ours = JsonDocument.Parse(File.ReadAllBytes(folder.File("model.safetensors.index.json")));
        Assert.Equal(theirs.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(), ours.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal(
            theirs.RootElement.GetProperty("weight_map").EnumerateObject().Select(e => (e.Name, e.Value.GetString())),
            ours.RootElement.GetProperty("weight_map").EnumerateObject().Select(e => (e.Name, e.Value.GetString())));

        // The same bytes as the reference library's: header, order of tensors and padding.
        foreach (string name in (string[])["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
            Assert.Equal(File.ReadAllBytes(TestFiles.Fixture("llama-f16-sharded/" + name)), File.ReadAllBytes(folder.File(name)));
    }

    /// <summary>The first value that all tensors of a folder begin with; null where there is nothing to read.</summary>
    private static float? First(TemporaryFolder folder)
    {
        try
        {
            using TensorReader tensors = TensorReader.Open(folder.File("."));
            float[] values = new float[2];
            return Assert.Single(tensors.Tensors.Keys.Select(name =>
            {
                tensors.ReadFloats(name, values);
                return values[0];
            }).Distinct());
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static TensorSource[] Tensors(float first, params (string Name, int Count)[] sizes) => Tensors(first, TensorType.F32, sizes);

    private static TensorSource[] Tensors(float first, TensorType type, params (string Name, int Count)[] sizes) =>
        [.. sizes.Select(t => TensorSource.Floats(t.Name, type, [t.Count], Enumerable.Range(0, t.Count).Select(i => first + i).ToArray()))];
}

using TransformerGen.Tasks;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>The build task's reader finds what the runtime's finds, and refuses what that refuses.</summary>
public sealed class CheckpointHeaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("paper/model.safetensors")]
    [InlineData("paper-batch-norm/expected.safetensors")]
    [InlineData("llama-f16-sharded/model.safetensors.index.json")]
    public void Names_and_shapes_are_the_runtimes(string fixture)
    {
        string path = TestFiles.Fixture(fixture);
        using TensorReader tensors = TensorReader.Open(path);
        Assert.Equal(
            tensors.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]"),
            CheckpointHeader.Read(path).Select(tensor => tensor.Key + " " + tensor.Value));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "holds 7 bytes of data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "holds 9 bytes of data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "has 8 bytes of data")]
    [InlineData("""{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "The entry 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "The entry 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "begins at 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "JSON")]
    [InlineData("[]", 0, "no object")]
    public void Files_that_are_not_sound_are_refused(string header, int data, string reason)
    {
        File.WriteAllBytes(_folder.File("m.safetensors"), TestFiles.Build(header, data));
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => CheckpointHeader.Read(_folder.File("m.safetensors"))).Message);
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Open(_folder.File("m.safetensors")));
    }

    [Fact]
    public void A_file_that_is_another_thing_is_refused()
    {
        File.WriteAllText(_folder.File("m.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        Assert.Contains("no safetensors file", Assert.Throws<InvalidDataException>(() => CheckpointHeader.Read(_folder.File("m.safetensors"))).Message);
        File.WriteAllText(_folder.File("m.safetensors.index.json"), """{ "weight_map": { "a": "../m.safetensors" } }""");
        Assert.Contains("not below its folder", Assert.Throws<InvalidDataException>(() => CheckpointHeader.Read(_folder.File("m.safetensors.index.json"))).Message);
    }
}

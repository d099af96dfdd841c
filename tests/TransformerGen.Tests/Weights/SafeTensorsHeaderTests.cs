using System.Text;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>What a header must not say, through every door by which a file comes in, and the unusual things it may say.</summary>
public sealed class SafeTensorsHeaderTests
{
    private const string A = """
        "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}
        """;

    /// <summary>Header, bytes of data, the tensor that the error names, a part of the message.</summary>
    public static TheoryData<string, int, string?, string> Malformed => new()
    {
        // The data is covered once, from begin to end.
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "b", "hole" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "a", "hole" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "b", "overlaps" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null, "overlaps" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"z":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", 8, "z", "overlaps" },
        { $"{{{A}}}", 12, null, "follow the last tensor" },
        { $"{{{A}}}", 7, "a", "cut off" },
        { "{}", 1, null, "follow the last tensor" },
        { """{"z":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", 0, "z", "hole" },

        // Offsets, sizes and shapes agree.
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "a", "backwards" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "a", "12 for F32 [3]" },
        { """{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,16]}}""", 16, "a", "16 bytes" },
        { """{"a":{"dtype":"F32","shape":[],"data_offsets":[0,8]}}""", 8, "a", "4 for F32 []" },
        { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "a", "'-2'" },
        { """{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}""", 0, "a", "'-0'" },
        { """{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}""", 8, "a", "'-1'" },
        { """{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8, "a", "'2.0'" },
        { """{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}""", 8, "a", "'2e0'" },
        { """{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", 8, "a", "whole numbers" },
        { """{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""", 8, "a", "whole numbers" },
        { """{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", 8, "a", "must be an array" },
        { """{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}""", 8, "a", "must be an array" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "a", "overflows" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}""", 0, "a", "overflows" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "a", "fewer than 2^63" },
        { """{"a":{"dtype":"F32","shape":[18446744073709551618],"data_offsets":[0,8]}}""", 8, "a", "'18446744073709551618'" },
        { """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "a", "whole bytes" },
        { """{"a":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,2]}}""", 2, "a", "whole bytes" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "a", "'-8'" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "a", "pair" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "a", "too long" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":{"begin":0,"end":8}}}""", 8, "a", "must be an array" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775808]}}""", 8, "a", "whole numbers" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}}""", 8, "a", "hole" },
        { """{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,9223372036854775804]}}""", 8, "a", "cut off" },
        { $$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(',', Enumerable.Repeat(1, 65))}}}],"data_offsets":[0,4]}}""", 4, "a", "too long" },

        // Entries hold what the format names and nothing else.
        { """{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "a", "'F33'" },
        { """{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}""", 8, "a", "'f32'" },
        { """{"a":{"dtype":0,"shape":[2],"data_offsets":[0,8]}}""", 8, "a", "must be a string" },
        { """{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8, "a", "no dtype" },
        { """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "a", "no shape" },
        { """{"a":{"dtype":"F32","shape":[2]}}""", 8, "a", "no data_offsets" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "a", "second dtype" },
        { """{"a":{"dtype":"F32","shape":[2],"sh\u0061pe":[2],"data_offsets":[0,8]}}""", 8, "a", "second shape" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"\ud800":0}}""", 8, null, "surrogate" },
        { """{"a":{"dtype":"\ud800","shape":[2],"data_offsets":[0,8]}}""", 8, null, "surrogate" },
        { """{"a":["F32",[2],[0,8]]}""", 8, "a", "must be an object" },
        { $$$"""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"junk":{{{new string('[', 10_000)}}}{{{new string(']', 10_000)}}}}}""", 8, null, "not valid JSON" },
        { """{"a":[0,8]}""", 8, "a", "must be an object" },
        { """{"a":null}""", 0, "a", "must be an object" },
        { $"{{{A},{A}}}", 8, "a", "twice" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\u0061":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "a", "twice" },

        // Metadata maps strings to strings.
        { """{"__metadata__":{"n":1}}""", 0, null, "'n' must be a string" },
        { """{"__metadata__":{"n":null}}""", 0, null, "'n' must be a string" },
        { """{"__metadata__":{"n":{"m":"x"}}}""", 0, null, "'n' must be a string" },
        { """{"__metadata__":["x"]}""", 0, null, "map strings to strings" },
        { """{"__metadata__":1}""", 0, null, "map strings to strings" },
        { """{"__metadata__":{"n":"x","n":"x"}}""", 0, null, "lists 'n' twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", 0, null, "second __metadata__" },

        // The text is one JSON object.
        { "", 0, null, "empty header" },
        { "[]", 0, null, "begin with '{'" },
        { " {}", 0, null, "begin with '{'" },
        { "\uFEFF{}", 0, null, "0xEF" },
        { "{", 0, null, "not valid JSON" },
        { "{}}", 0, null, "not valid JSON" },
        { "{}{}", 0, null, "not valid JSON" },
        { "{}\0\0", 0, null, "not valid JSON" },
        { $"{{{A},}}", 8, null, "not valid JSON" },
        { $"{{/**/{A}}}", 8, null, "not valid JSON" },
        { "{'a':1}", 0, null, "not valid JSON" },
        { """{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}""", 8, null, "not valid JSON" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]""", 8, null, "not valid JSON" },
        { "{\"a\":" + new string('[', 10_000) + new string(']', 10_000) + "}", 0, "a", "must be an object" },
        { """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null, "surrogate" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses(string header, int dataLength, string? tensor, string reason)
    {
        byte[] file = TestFiles.Build(header, dataLength);
        foreach (SafeTensorsException exception in ThroughEveryDoor(file))
        {
            Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
            Assert.NotNull(exception.Found);
            Assert.NotNull(exception.Expected);
            if (tensor is not null)
            {
                Assert.Equal(tensor, exception.TensorName);
                Assert.Contains($"'{tensor}'", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Refuses_a_file_shorter_than_its_length_field(int length) =>
        Assert.All(ThroughEveryDoor(new byte[length]), e => Assert.Contains("too short", e.Message, StringComparison.Ordinal));

    [Theory]
    [InlineData(100_000_001UL, "too long")]
    [InlineData(1UL << 63, "too long")]
    [InlineData(ulong.MaxValue, "too long")]
    [InlineData(100_000_000UL, "beyond the end")]
    [InlineData(3UL, "beyond the end")]
    public void Refuses_a_length_field_that_lies(ulong length, string reason)
    {
        byte[] file = [.. BitConverter.GetBytes(length), .. "{}"u8];
        Assert.All(ThroughEveryDoor(file), e => Assert.Contains(reason, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_a_header_cut_off_at_every_byte()
    {
        byte[] whole = TestFiles.Build($"{{{A}}}", 8);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.FromMemory(cut));
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new TrickleStream(cut, 3)));
        }
    }

    [Fact]
    public void Refuses_bytes_that_are_not_utf8()
    {
        byte[] header = Encoding.Latin1.GetBytes("""{"é":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""");
        Assert.All(ThroughEveryDoor(TestFiles.Build(header, 8)), e => Assert.Contains("not UTF-8", e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_of_a_megabyte_makes_no_message_of_a_megabyte()
    {
        string header = $$$"""{"{{{new string('n', 1 << 20)}}}":{"dtype":"X","shape":[],"data_offsets":[0,4]}}""";
        Assert.All(ThroughEveryDoor(TestFiles.Build(header, 4)), e => Assert.True(e.Message.Length < 1000, $"{e.Message.Length} characters"));
    }

    [Theory]
    [InlineData(99_000_000UL)]
    [InlineData(100_000_000UL)]
    public void A_lying_length_field_allocates_nothing_of_that_size(ulong length)
    {
        byte[] file = [.. BitConverter.GetBytes(length), .. "{}"u8];
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.FromMemory(file));
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new MemoryStream(file)));
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new TrickleStream(file, 3)));
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Open(folder.File("x")));

        // Four exceptions with their messages and stack traces; first runs of the code included.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 512 * 1024);
    }

    [Fact]
    public void A_tensor_that_claims_terabytes_allocates_nothing_of_that_size()
    {
        byte[] file = TestFiles.Build("""{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}""", 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.FromMemory(file));
        Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new TrickleStream(file, 7)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
    }

    [Fact]
    public void A_header_of_nothing_but_tiny_entries_takes_memory_in_proportion()
    {
        string header = $"{{{string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"))}}}";
        byte[] file = TestFiles.Build(header, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using SafeTensorsFile opened = SafeTensorsFile.FromMemory(file);
        double ratio = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)file.Length;
        Assert.Equal(20_000, opened.Tensors.Count);

        // An entry of 55 bytes becomes a name, a shape, a record and its places in a dictionary that grows by doubling: about 5 times that.
        Assert.InRange(ratio, 0, 8);
    }

    [Fact]
    public void Native_memory_grows_with_the_bytes_that_arrive_and_not_with_those_promised()
    {
        using var block = new NativeBlock();
        Assert.Equal(200_000, block.Append(new TrickleStream(new byte[200_000], 70_000), 1L << 60));
        Assert.Equal(200_000, block.Length);
    }

    [Theory]
    [InlineData("{}", 0, 0)]
    [InlineData("{}     ", 0, 0)]
    [InlineData("{ \"a\" : { \"shape\" : [ 2 ] , \"data_offsets\" : [ 0 , 8 ] , \"dtype\" : \"F32\" } } \n\t\r ", 8, 1)]
    [InlineData("""{"__metadata__":null,"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, 1)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"junk":{"deep":[1,{"er":null}]}}}""", 8, 1)]
    [InlineData("""{"__metadata__":{},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, 1)]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, 2)]
    [InlineData("""{"z":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}}""", 0, 1)]
    [InlineData("""{"z":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""", 0, 1)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"z":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"y":{"dtype":"I8","shape":[0],"data_offsets":[2,2]}}""", 2, 4)]
    [InlineData("""{"":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}""", 4, 1)]
    [InlineData("""{"a\"\\\n😀é\u00e9":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}""", 4, 1)]
    public void Accepts(string header, int dataLength, int tensors)
    {
        byte[] file = TestFiles.Build(header, dataLength);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        using SafeTensorsFile memory = SafeTensorsFile.FromMemory(file);
        using SafeTensorsFile stream = SafeTensorsFile.Read(new TrickleStream(file, 5));
        using SafeTensorsFile mapped = SafeTensorsFile.Open(folder.File("x"));
        Assert.Equal(tensors, memory.Tensors.Count);
        Assert.Equal(memory.Tensors, stream.Tensors);
        Assert.Equal(memory.Tensors, mapped.Tensors);
        Assert.Empty(memory.Metadata);
        foreach (TensorInfo tensor in memory.Tensors.Values)
        {
            Assert.True(memory.Bytes(tensor.Name).SequenceEqual(file.AsSpan(file.Length - dataLength + (int)tensor.Offset, (int)tensor.ByteLength)));
            Assert.True(memory.Bytes(tensor.Name).SequenceEqual(stream.Bytes(tensor.Name)));
            Assert.True(memory.Bytes(tensor.Name).SequenceEqual(mapped.Bytes(tensor.Name)));
        }
    }

    [Fact]
    public void Knows_every_type_of_the_format_and_its_size()
    {
        // 8 elements take as many bytes as one takes bits.
        (string Name, int Bits)[] types =
        [
            ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8), ("I16", 16),
            ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32), ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
        ];
        Assert.Equal(Enum.GetValues<TensorType>().Length, types.Length);
        foreach ((string name, int bits) in types)
        {
            string header = $$$"""{"t":{"dtype":"{{{name}}}","shape":[8],"data_offsets":[0,{{{bits}}}]}}""";
            using SafeTensorsFile file = SafeTensorsFile.FromMemory(TestFiles.Build(header, bits));
            TensorInfo tensor = file.Tensors["t"];
            Assert.Equal(name, tensor.Type.HeaderName());
            Assert.Equal(bits, tensor.Type.BitSize());
            Assert.Equal(bits, file.Bytes("t").Length);
        }
    }

    private static SafeTensorsException[] ThroughEveryDoor(byte[] file)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("bad.safetensors");
        File.WriteAllBytes(path, file);
        SafeTensorsException[] exceptions =
        [
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.FromMemory(file)),
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new MemoryStream(file))),
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Read(new TrickleStream(file, 3))),
            Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Open(path)),
        ];
        Assert.StartsWith(path, exceptions[^1].Message, StringComparison.Ordinal);
        return exceptions;
    }
}

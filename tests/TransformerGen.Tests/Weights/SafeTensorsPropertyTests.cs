using CsCheck;
using TransformerGen.Weights;
using Xunit;

namespace TransformerGen.Tests.Weights;

/// <summary>Whatever is written comes back; whatever is damaged is refused or still sound. CsCheck prints the seed of a failure.</summary>
public sealed class SafeTensorsPropertyTests
{
    private static readonly Gen<long[]> Shapes = Gen.Long[0, 7].Array[0, 4];

    private static readonly Gen<TensorType> FloatTypes = Gen.OneOfConst(TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.F64);

    /// <summary>Names of any characters but halves of surrogate pairs, which have no UTF-8.</summary>
    private static readonly Gen<string> Names = Gen.String[0, 12].Where(name => name != "__metadata__" && !name.Any(char.IsSurrogate));

    private static readonly Gen<(string Name, TensorType Type, long[] Shape, int Seed)[]> Models =
        Gen.Select(Names, FloatTypes, Shapes, Gen.Int).Array[0, 9].Select(tensors => tensors.DistinctBy(tensor => tensor.Item1).ToArray());

    [Fact]
    public void What_is_written_comes_back_in_any_order_and_through_every_door() =>
        Gen.Select(Models, Gen.Dictionary(Names, Names)[0, 3], Gen.Bool).Sample((tensors, metadata, given) =>
        {
            TensorSource[] sources = [.. tensors.Select(t => TensorSource.Floats(t.Name, t.Type, t.Shape, Values(t.Seed, t.Shape)))];
            using var stream = new MemoryStream();
            SafeTensorsWriter.Write(stream, sources, metadata, given ? TensorOrder.AsGiven : TensorOrder.ByName);
            using SafeTensorsFile memory = SafeTensorsFile.FromMemory(stream.ToArray());
            using SafeTensorsFile streamed = SafeTensorsFile.Read(new TrickleStream(stream.ToArray(), 100));
            Assert.Equal(tensors.Length, memory.Tensors.Count);
            Assert.Equal(metadata.OrderBy(e => e.Key, StringComparer.Ordinal), memory.Metadata.OrderBy(e => e.Key, StringComparer.Ordinal));
            foreach ((string name, TensorType type, long[] shape, int seed) in tensors)
            {
                Assert.Equal(type, memory.Tensors[name].Type);
                Assert.Equal(shape, memory.Tensors[name].Shape);
                float[] values = Values(seed, shape);
                float[] expected = [.. values.Select(x => Rounded(type, x))];
                float[] read = new float[values.Length];
                memory.ReadFloats(name, read);
                Assert.Equal(expected, read);
                streamed.ReadFloats(name, read);
                Assert.Equal(expected, read);
            }
        }, iter: 400);

    [Fact]
    public void A_damaged_header_is_refused_or_describes_the_data_soundly()
    {
        float[] values = Values(1, [12]);
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(
            stream,
            [TensorSource.Floats("a", TensorType.F32, [3, 4], values), TensorSource.Floats("b.c", TensorType.BF16, [12], values), TensorSource.Int64s("ids", [0], ReadOnlyMemory<long>.Empty)],
            new Dictionary<string, string> { ["k"] = "v" });
        byte[] sound = stream.ToArray();
        int headerEnd = 8 + (int)BitConverter.ToUInt64(sound);
        Gen.Select(Gen.Int[0, headerEnd - 1], Gen.Byte).Array[1, 3].Sample(
            edits =>
            {
                byte[] damaged = (byte[])sound.Clone();
                foreach ((int position, byte value) in edits)
                    damaged[position] = value;
                try
                {
                    using SafeTensorsFile file = SafeTensorsFile.FromMemory(damaged);
                    long covered = 0;
                    foreach (TensorInfo tensor in file.Tensors.Values)
                        covered += file.Bytes(tensor.Name).Length;
                    Assert.InRange(covered, 0, damaged.Length - 8);
                }
                catch (SafeTensorsException)
                {
                    // The only way in which a damaged file may fail.
                }
            },
            iter: 20_000);
    }

    private static float[] Values(int seed, long[] shape)
    {
        // A hash rather than a random number generator: the same at any framework version.
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
            values[i] = (int)((uint)((seed * 31) + i) * 2654435769u) / 16777216f;
        return values;
    }

    /// <summary>Rounds to nearest even without the library's conversions.</summary>
    private static float Rounded(TensorType type, float value)
    {
        if (type == TensorType.F16)
            return (float)(Half)value;
        if (type != TensorType.BF16 || value == 0)
            return value;

        // 8 significant bits: scale so that they stand before the point, round, scale back; all exact in double.
        double unit = Math.ScaleB(1, Math.ILogB(value) - 7);
        return (float)(Math.Round(value / unit, MidpointRounding.ToEven) * unit);
    }
}

using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Model;

public unsafe class KeyValueCacheTests
{
    private static readonly CacheLayerInfo[] Layers = [new(2, 3), new(1, 17)];
    private static readonly int[] Widths = [3, 3, 16, 16, 17, 32];

    private static IEnumerable<(int Offset, int Width)> Blocks()
    {
        int offset = 0;
        foreach (int width in Widths)
        {
            yield return (offset, width);
            offset += width;
        }
    }

    // The first n positions, n a multiple of 16, of a block are its first n x width floats.
    private static void Fill(KeyValueCache cache, int slot, int positions, float mark)
    {
        foreach ((int offset, int width) in Blocks())
        {
            for (int i = 0; i < positions * width; i++) cache.At(slot, offset)[i] = mark + (offset * 10_000) + i;
        }
    }

    private static void AssertFilled(KeyValueCache cache, int slot, int first, int end, float mark)
    {
        foreach ((int offset, int width) in Blocks())
        {
            for (int i = first * width; i < end * width; i++) Assert.Equal(mark + (offset * 10_000) + i, cache.At(slot, offset)[i]);
        }
    }

    [Fact]
    public void A_layers_places_are_its_heads_keys_and_then_padded_values()
    {
        Assert.Equal(Widths.Sum(), Layers.Sum(layer => layer.Floats));
        using var cache = new KeyValueCache(Layers);
        cache.Reserve(2, 20);
        Assert.Equal(32, cache.Capacity);
        Assert.Equal(32 * Widths.Sum(), cache.At(1, 0) - cache.At(0, 0));
    }

    [Fact]
    public void Extending_keeps_what_is_filled()
    {
        using var cache = new KeyValueCache(Layers);
        cache.Reserve(3, 32);
        int[] lengths = [17, 0, 32];
        for (int slot = 0; slot < 3; slot++)
        {
            Fill(cache, slot, 32, slot + 1);
            cache.Lengths[slot] = lengths[slot];
        }

        cache.Extend(33);
        Assert.Equal(48, cache.Capacity);
        AssertFilled(cache, 0, 0, 32, 1);
        AssertFilled(cache, 2, 0, 32, 3);
        Assert.Equal(lengths, new Span<int>(cache.Lengths, 3));
    }

    [Fact]
    public void Memory_is_divided_among_the_slots_and_kept()
    {
        using var cache = new KeyValueCache(Layers);
        cache.Reserve(6, 64);
        long floats = cache.Floats;
        cache.Reserve(12, 16);
        Assert.Equal(32, cache.Capacity);
        cache.Reserve(4, 96);
        Assert.Equal(96, cache.Capacity);
        Assert.Equal(floats, cache.Floats);
        cache.Reserve(4, 97);
        Assert.True(cache.Floats > floats);
    }

    [Fact]
    public void A_copy_takes_the_filled_panels_and_no_more()
    {
        using var cache = new KeyValueCache(Layers);
        cache.Reserve(3, 64);
        for (int slot = 0; slot < 3; slot++) Fill(cache, slot, 64, slot + 1);
        cache.Lengths[0] = 17;
        cache.Lengths[2] = 64;
        cache.Copy(0, 2);
        AssertFilled(cache, 2, 0, 32, 1);
        AssertFilled(cache, 2, 32, 64, 3);
        AssertFilled(cache, 1, 0, 64, 2);
        Assert.Equal(17, cache.Lengths[2]);
    }

    [Fact]
    public void Reserving_anew_empties_the_slots()
    {
        using var cache = new KeyValueCache(Layers);
        cache.Reserve(2, 16);
        cache.Lengths[1] = 9;
        cache.Reserve(2, 16);
        Assert.Equal(0, cache.Lengths[1]);
    }

    [Fact]
    public void A_cache_without_layers_says_what_it_lacks()
    {
        using var cache = new KeyValueCache(4);
        cache.Reserve(2, 16);
        Assert.Contains("Create it from its layers", Assert.Throws<InvalidOperationException>(() => cache.Copy(0, 1)).Message);
        Assert.Contains("Create it from its layers", Assert.Throws<InvalidOperationException>(() => cache.Extend(17)).Message);
    }
}

using TransformerGen.Model;
using Xunit;

namespace TransformerGen.Tests.Model;

/// <summary>What a set of rows knows beside its tokens.</summary>
public sealed unsafe class RowSetTests
{
    [Fact]
    public void Types_are_zero_unless_given_and_grow_with_the_set()
    {
        using var rows = new RowSet();
        rows.Add([5, 6, 7], types: [0, 2, 1]);
        rows.Add([8, 9]);
        rows.Add([.. Enumerable.Range(0, 100)], past: 7, types: [.. Enumerable.Repeat(1, 100)]);
        Assert.Equal([0, 2, 1, 0, 0, .. Enumerable.Repeat(1, 100)], new ReadOnlySpan<int>(rows.View.Types, rows.Count).ToArray());
        Assert.Equal(107, rows.View.Reach);

        // Memory is used again: a type of an earlier batch is not one of this.
        rows.Clear();
        Assert.Equal(0, rows.View.Reach);
        rows.Add([1, 2, 3, 4]);
        Assert.Equal([0, 0, 0, 0], new ReadOnlySpan<int>(rows.View.Types, 4).ToArray());
        Assert.Equal(4, rows.View.Reach);
    }

    [Fact]
    public void An_empty_sequence_reaches_nowhere()
    {
        using var rows = new RowSet();
        rows.Add([], past: 9);
        Assert.Equal(0, rows.Reach);
    }

    [Fact]
    public void One_type_per_token_or_none()
    {
        using var rows = new RowSet();
        rows.Add([1]);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => rows.Add([1, 2, 3], types: [0, 1]));
        Assert.Contains("2 token types for 3 tokens", exception.Message, StringComparison.Ordinal);
        Assert.Equal((1, 1), (rows.Count, rows.Sequences));
    }

    [Fact]
    public void Padding_ends_the_keys_of_its_own_sequence()
    {
        using var rows = new RowSet();
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.MarkPadding(1));
        rows.Add([1, 2, 3]);
        rows.Add([4, 5, 6, 7]);
        rows.MarkPadding(3);
        rows.Add([8]);
        Assert.Equal([3, 4, 8], new ReadOnlySpan<int>(rows.View.KeyEnds, 3).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.MarkPadding(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.MarkPadding(-1));
        rows.Clear();
        rows.Add([1, 2]);
        Assert.Equal(2, rows.KeyEnds[0]);
    }
}

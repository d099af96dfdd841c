using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace TransformerGen.Kernels;

/// <summary>
/// Up to 64 keys of one attention head, packed for a kernel, and who sees them: each key is seen by the queries of one interval of
/// positions (a pattern that needs two intervals visits its keys in two passes). For generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public unsafe struct KeyBlock
{
    /// <summary>Keys that fit.</summary>
    public const int Capacity = 64;

    /// <summary>Keys of one panel.</summary>
    public const int Panel = 16;

    private fixed int _panelFirst[Capacity / Panel];
    private fixed int _panelLast[Capacity / Panel];
    private int _allFirst, _allLast;

    /// <summary>The keys as [<see cref="Panels"/>][K][16].</summary>
    public float* Keys { readonly get; set; }

    /// <summary>The values as [<see cref="Count"/>][K rounded up to 16].</summary>
    public float* Values { readonly get; set; }

    /// <summary>First position that sees each key, [64]; infinity where none does.</summary>
    public float* First { readonly get; set; }

    /// <summary>Last position that sees each key, [64].</summary>
    public float* Last { readonly get; set; }

    /// <summary>Keys in the block.</summary>
    public int Count { readonly get; private set; }

    /// <summary>Panels of 16 keys, the last perhaps not full.</summary>
    public readonly int Panels => (Count + Panel - 1) / Panel;

    /// <summary>First position that sees any key.</summary>
    public int FirstQuery { readonly get; private set; }

    /// <summary>Last position that sees any key.</summary>
    public int LastQuery { readonly get; private set; }

    /// <summary>Begins a block of <paramref name="count"/> keys; <see cref="See"/> must follow for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Begin(int count)
    {
        Count = count;
        FirstQuery = _allLast = int.MaxValue;
        LastQuery = _allFirst = int.MinValue;
        int panels = Panels;
        for (int panel = 0; panel < panels; panel++)
        {
            _panelFirst[panel] = int.MaxValue;
            _panelLast[panel] = int.MinValue;
        }

        for (int key = count; key < panels * Panel; key++)
        {
            First[key] = float.PositiveInfinity;
            Last[key] = float.NegativeInfinity;
            _allFirst = int.MaxValue;
        }
    }

    /// <summary>All keys of the block are seen by the same queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SeeAll(int first, int last)
    {
        for (int key = 0; key < Count; key++)
        {
            First[key] = first;
            Last[key] = last;
        }

        int panels = Panels;
        for (int panel = 0; panel < panels; panel++)
        {
            _panelFirst[panel] = first;
            _panelLast[panel] = last;
        }

        FirstQuery = first;
        LastQuery = last;
        _allFirst = Math.Max(_allFirst, first);
        _allLast = Math.Min(_allLast, last);
    }

    /// <summary>Key number <paramref name="key"/> is seen by the queries at positions first..last; by none where first is behind last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void See(int key, int first, int last)
    {
        if (first > last)
        {
            First[key] = float.PositiveInfinity;
            Last[key] = float.NegativeInfinity;
            _allFirst = int.MaxValue;
            return;
        }

        First[key] = first;
        Last[key] = last;
        int panel = key / Panel;
        _panelFirst[panel] = Math.Min(_panelFirst[panel], first);
        _panelLast[panel] = Math.Max(_panelLast[panel], last);
        FirstQuery = Math.Min(FirstQuery, first);
        LastQuery = Math.Max(LastQuery, last);
        _allFirst = Math.Max(_allFirst, first);
        _allLast = Math.Min(_allLast, last);
    }

    /// <summary>Whether some of the queries first..last must not see some key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Masks(int first, int last) => first < _allFirst || last > _allLast;

    /// <summary>The smallest range of panels that holds every key that the queries first..last see.</summary>
    /// <returns>Whether there is one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Trim(int first, int last, out int panel, out int end)
    {
        panel = 0;
        end = Panels;
        while (end > 0 && (_panelFirst[end - 1] > last || _panelLast[end - 1] < first))
        {
            end--;
        }

        while (panel < end && (_panelFirst[panel] > last || _panelLast[panel] < first))
        {
            panel++;
        }

        return panel < end;
    }
}

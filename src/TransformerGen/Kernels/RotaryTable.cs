using System.ComponentModel;
using System.Runtime.InteropServices;
using TransformerGen.Model;

namespace TransformerGen.Kernels;

/// <summary>
/// Cosines and sines of rotary positions (RoPE, Su et al. 2021), computed in double precision as far as positions are really used: pages of
/// 256 positions outside the garbage collector's heap, which never move. Any number of threads may ask at once. For generated code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed unsafe class RotaryTable
{
    /// <summary>Position p stands in page p &gt;&gt; PageShift, row p &amp; (PagePositions - 1).</summary>
    public const int PageShift = 8;

    /// <summary>Positions of a page.</summary>
    public const int PagePositions = 1 << PageShift;

    private readonly Lock _growing = new();
    private readonly double[] _frequencies;
    private readonly float _factor;
    private readonly bool _interleaved;

    // Directories that were outgrown: a thread may still read one.
    private readonly List<nint> _old = [];
    private float** _pages;
    private int _capacity, _used, _positions;

    /// <summary>Creates a table; nothing is computed yet.</summary>
    /// <param name="inverseFrequencies">Angle per position of each pair of columns.</param>
    /// <param name="factor">Of cosines and sines.</param>
    /// <param name="interleaved">
    /// False: a row holds the pairs' cosines and then their sines. True: a row holds a cosine per column and then a sine per column, each value twice, the
    /// first sine of a pair negative. Either half is padded with zeros to 16.
    /// </param>
    public RotaryTable(ReadOnlySpan<double> inverseFrequencies, float factor, bool interleaved)
    {
        (_frequencies, _factor, _interleaved) = (inverseFrequencies.ToArray(), factor, interleaved);
        Half = Padding.RoundUp((interleaved ? 2 : 1) * inverseFrequencies.Length);
    }

    /// <summary>Frees the pages.</summary>
    ~RotaryTable()
    {
        for (int page = 0; page < _used; page++)
        {
            NativeMemory.AlignedFree(_pages[page]);
        }

        NativeMemory.Free(_pages);
        foreach (nint directory in _old)
        {
            NativeMemory.Free((void*)directory);
        }
    }

    /// <summary>Floats from a row's cosines to its sines; a row has twice as many.</summary>
    public int Half { get; }

    /// <summary>Positions that have been computed.</summary>
    public int Positions => Volatile.Read(ref _positions);

    /// <summary>Computes what is missing for positions below <paramref name="positions"/>: one comparison when nothing is.</summary>
    /// <returns>The pages; valid as long as the table is, for the positions that were asked for.</returns>
    public float** Ensure(int positions)
    {
        if (positions > Volatile.Read(ref _positions))
        {
            Grow(positions);
        }

        return _pages;
    }

    private void Grow(int positions)
    {
        lock (_growing)
        {
            while (_positions < positions)
            {
                if (_used == _capacity)
                {
                    GrowDirectory();
                }

                _pages[_used] = Compute(_used * (long)PagePositions);
                _used++;

                // Whoever sees the new count sees the page.
                Volatile.Write(ref _positions, (int)Math.Min(int.MaxValue, _used * (long)PagePositions));
            }
        }
    }

    private void GrowDirectory()
    {
        int capacity = Math.Max(16, 2 * _capacity);
        float** pages = (float**)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(float*));
        new ReadOnlySpan<nint>(_pages, _used).CopyTo(new Span<nint>(pages, capacity));
        _old.Add((nint)_pages);
        _capacity = capacity;
        _pages = pages;
    }

    private float* Compute(long first)
    {
        nuint floats = (nuint)PagePositions * 2 * (nuint)Half;
        float* page = (float*)NativeMemory.AlignedAlloc(floats * sizeof(float), 64);
        NativeMemory.Clear(page, floats * sizeof(float));
        for (int p = 0; p < PagePositions; p++)
        {
            float* cosines = page + ((long)p * 2 * Half), sines = cosines + Half;
            for (int i = 0; i < _frequencies.Length; i++)
            {
                (double sin, double cos) = Math.SinCos((first + p) * _frequencies[i]);
                float c = (float)(_factor * cos), s = (float)(_factor * sin);
                if (_interleaved)
                {
                    (cosines[2 * i], cosines[(2 * i) + 1], sines[2 * i], sines[(2 * i) + 1]) = (c, c, -s, s);
                }
                else
                {
                    (cosines[i], sines[i]) = (c, s);
                }
            }
        }

        return page;
    }
}

using System;
using System.Collections.Generic;

namespace TransformerGen.Generator.Plan;

/// <summary>What is free in a region that grows as it is needed: gaps by offset, neighbours joined, and everything behind the last place.</summary>
internal sealed class FreeSpace
{
    private readonly List<(int Offset, int Length)> _gaps = [];
    private int _end;

    /// <summary>Floats that were ever taken.</summary>
    public int Size { get; private set; }

    /// <summary>Gaps looked at so far.</summary>
    public int Visits { get; private set; }

    /// <summary>Takes the lowest gap that is long enough, or the space behind the last place.</summary>
    public int Take(int length)
    {
        for (int i = 0; i < _gaps.Count; i++)
        {
            Visits++;
            (int offset, int free) = _gaps[i];
            if (free >= length)
            {
                if (free == length)
                {
                    _gaps.RemoveAt(i);
                }
                else
                {
                    _gaps[i] = (offset + length, free - length);
                }

                return offset;
            }
        }

        int at = _end;
        _end = checked(_end + length);
        Size = Math.Max(Size, _end);
        return at;
    }

    /// <summary>Gives a place back.</summary>
    public void Free(int offset, int length)
    {
        int next = Find(offset);
        if (next > 0 && _gaps[next - 1].Offset + _gaps[next - 1].Length == offset)
        {
            (offset, length) = (_gaps[next - 1].Offset, _gaps[next - 1].Length + length);
            _gaps.RemoveAt(--next);
        }

        if (next < _gaps.Count && offset + length == _gaps[next].Offset)
        {
            length += _gaps[next].Length;
            _gaps.RemoveAt(next);
        }

        if (offset + length == _end)
        {
            _end = offset;
        }
        else
        {
            _gaps.Insert(next, (offset, length));
        }
    }

    /// <summary>The first gap behind an offset.</summary>
    private int Find(int offset)
    {
        int low = 0, high = _gaps.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            Visits++;
            (low, high) = _gaps[middle].Offset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

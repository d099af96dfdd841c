using System.Buffers;
using TransformerGen.Weights;

namespace TransformerGen.Model;

/// <summary>
/// The one map between a tensor as a checkpoint stores it and its place in a flat buffer (values, gradients, moments). Stored elements are counted row-major
/// from 0; any run of them can be read from the buffer or written to it. Loading, saving, views and initialisation all go through it.
/// </summary>
/// <remarks>
/// A stored tensor is lines of equal length: rows, or where it is transposed columns; of a vector there is one line. A run is cut into rectangles of
/// whole lines, or of a part of one, and a rectangle along the pieces that neighbour each other on both sides.
/// </remarks>
internal readonly unsafe struct StoredTensor
{
    /// <summary>Elements that are copied at a time: 128 KB, which stay in the second-level cache.</summary>
    private const int ChunkLength = 32 * 1024;

    private readonly float* _held;
    private readonly long _stride;
    private readonly TensorLayout _layout;

    /// <summary>Whether a stored line runs across the held rows: in transposed matrices, and in vectors, whose elements are rows of one column.</summary>
    private readonly bool _across;

    /// <summary>Held rows of one expert.</summary>
    private readonly int _rows;

    private readonly int _columns;
    private readonly int _groupRows;

    /// <summary>The tensor's place in a buffer.</summary>
    /// <param name="parameter">The tensor.</param>
    /// <param name="buffer">Start of the flat buffer; must stay valid while this is used.</param>
    public StoredTensor(ParameterInfo parameter, float* buffer)
    {
        bool isVector = parameter.Rank == 1;
        _layout = parameter.Layout;
        _held = buffer + parameter.Offset;
        _across = isVector || _layout.Transposed;
        _stride = isVector ? 1 : parameter.Stride;
        _rows = isVector ? parameter.Columns : parameter.Rows / Math.Max(1, _layout.Experts);
        _columns = isVector ? 1 : parameter.Columns;
        _groupRows = _layout.Groups > 0 ? _rows / _layout.Groups : _rows;
        Length = (long)parameter.Rows * parameter.Columns;
    }

    /// <summary>Elements.</summary>
    public long Length { get; }

    private int LineLength => _across ? _rows : _columns;

    /// <summary>Copies a run of stored elements from the buffer.</summary>
    /// <param name="first">Number of the run's first element.</param>
    /// <param name="destination">As long as the run.</param>
    public void Read(long first, Span<float> destination)
    {
        fixed (float* run = destination)
        {
            Copy<FromHeld>(first, run, destination.Length);
        }
    }

    /// <summary>Copies a run of stored elements to the buffer.</summary>
    /// <param name="first">Number of the run's first element.</param>
    /// <param name="source">The elements.</param>
    public void Write(long first, ReadOnlySpan<float> source)
    {
        fixed (float* run = source)
        {
            Copy<ToHeld>(first, run, source.Length);
        }
    }

    /// <summary>Copies a whole tensor of a file to the buffer, converting it on the way; a chunk at a time, so that nothing of the tensor's size is allocated.</summary>
    /// <param name="tensors">The file.</param>
    /// <param name="name">The tensor's name there; its shape has been checked.</param>
    public void Load(TensorReader tensors, string name)
    {
        if (!_across && _layout.IsPlain)
        {
            tensors.ReadRows(name, _held, _stride);
            return;
        }

        StoredTensor self = this;
        self.Chunks((first, chunk) =>
        {
            tensors.ReadFloats(name, first, chunk);
            self.Write(first, chunk);
        });
    }

    /// <summary>Goes through all stored elements in order, in chunks of whole lines where lines are short enough.</summary>
    /// <param name="visit">Receives the number of a chunk's first element, and scratch as long as the chunk whose content means nothing.</param>
    public void Chunks(TensorFill visit)
    {
        int line = LineLength, longest = line is > 0 and < ChunkLength ? ChunkLength - (ChunkLength % line) : ChunkLength;
        float[] scratch = ArrayPool<float>.Shared.Rent((int)Math.Min(longest, Length));
        try
        {
            for (long first = 0; first < Length; first += longest)
            {
                visit(first, scratch.AsSpan(0, (int)Math.Min(longest, Length - first)));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }
    }

    /// <summary>The held row of a stored one that lies whole in the buffer, or null where the checkpoint's rows are columns here.</summary>
    public float* Row(int stored) => _across ? null : _held + (Held(stored, out _) * _stride);

    private void Copy<TDirection>(long first, float* run, int length)
        where TDirection : struct, IDirection
    {
        int width = LineLength;
        while (length > 0)
        {
            (long line, long from) = Math.DivRem(first, width);
            int lines = from == 0 ? Math.Max(1, length / width) : 1;
            if (_across)
            {
                // A rectangle across rows stays within one expert.
                lines = (int)Math.Min(lines, _columns - (line % _columns));
            }

            int count = lines > 1 ? lines * width : (int)Math.Min(width - from, length);
            if (_across)
            {
                Across<TDirection>(line, lines, (int)from, count / lines, run);
            }
            else
            {
                for (int i = 0; i < lines; i++)
                {
                    TDirection.Contiguous(_held + (Held(line + i, out _) * _stride) + from, run + ((long)i * width), count / lines);
                }
            }

            run += count;
            first += count;
            length -= count;
        }
    }

    /// <summary>Stored lines are columns of the held rows [from, from + count): piece by piece, each held row takes one element of every line, side by side.</summary>
    private void Across<TDirection>(long line, int lines, int from, int count, float* run)
        where TDirection : struct, IDirection
    {
        long expert = line / _columns, column = line % _columns;
        for (int done = 0; done < count;)
        {
            long row = Held((expert * _rows) + from + done, out int piece);
            piece = Math.Min(piece, count - done);
            float* held = _held + (row * _stride) + column;
            if (_stride == 1)
            {
                TDirection.Contiguous(held, run + done, piece);
            }
            else
            {
                for (int r = 0; r < piece; r++)
                {
                    TDirection.Strided(held + (r * _stride), run + done + r, count, lines);
                }
            }

            done += piece;
        }
    }

    /// <summary>Where a stored row is held, and how many that follow it (itself included) are held behind it.</summary>
    private long Held(long stored, out int piece)
    {
        if (_layout.Groups == 0)
        {
            piece = _rows - (int)(stored % _rows);
            return stored;
        }

        (long expert, long inExpert) = Math.DivRem(stored, _rows);
        (long group, long inGroup) = Math.DivRem(inExpert, _groupRows);
        int before = 0, part = 0;
        while (inGroup >= before + _layout.Parts[part])
        {
            before += _layout.Parts[part++];
        }

        piece = before + _layout.Parts[part] - (int)inGroup;
        return (expert * _rows) + ((long)_layout.Groups * before) + (group * _layout.Parts[part]) + inGroup - before;
    }

    /// <summary>Which way elements go between the buffer and a run.</summary>
    private interface IDirection
    {
        static abstract void Contiguous(float* held, float* run, int count);

        static abstract void Strided(float* held, float* run, int runStride, int count);
    }

    private readonly struct FromHeld : IDirection
    {
        public static void Contiguous(float* held, float* run, int count) => new ReadOnlySpan<float>(held, count).CopyTo(new Span<float>(run, count));

        public static void Strided(float* held, float* run, int runStride, int count)
        {
            for (int i = 0; i < count; i++)
            {
                run[(long)i * runStride] = held[i];
            }
        }
    }

    private readonly struct ToHeld : IDirection
    {
        public static void Contiguous(float* held, float* run, int count) => new ReadOnlySpan<float>(run, count).CopyTo(new Span<float>(held, count));

        public static void Strided(float* held, float* run, int runStride, int count)
        {
            for (int i = 0; i < count; i++)
            {
                held[i] = run[(long)i * runStride];
            }
        }
    }
}

using System.ComponentModel;
using TransformerGen.Model;

namespace TransformerGen.Kernels;

/// <summary>Scratch memory of the current thread, for a kernel's packed panels and tiles. It grows once and is then reused. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class KernelScratch
{
    [ThreadStatic]
    private static NativeBuffer? s_buffer;

    /// <summary>At least <paramref name="floats"/> floats on a 64-byte boundary, with any contents; valid until this thread's next call.</summary>
    public static float* Get(long floats)
    {
        NativeBuffer buffer = s_buffer ??= new NativeBuffer();
        if (buffer.Length < floats)
        {
            buffer.Grow(floats);
        }

        return buffer.Start;
    }
}

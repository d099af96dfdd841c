using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TransformerGen.Kernels;

/// <summary>Transposes rows to panels of 16: [rows][K] to [rows / 16][K][16], the order in which one vector holds one column of 16 keys. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class KeyPanels
{
    private const int Panel = KeyBlock.Panel;

    /// <summary>Packs rows into panels; the lanes behind the last row are set to zero.</summary>
    /// <param name="source">First row.</param>
    /// <param name="stride">Floats from a row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">K, columns of a row.</param>
    /// <param name="panels">Receives ceil(rows / 16) panels of K · 16 floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* source, nint stride, int rows, int width, float* panels)
    {
        int row = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; rows - row >= Panel; row += Panel)
            {
                PanelOfRows(source + (row * stride), stride, width, panels + ((long)row * width));
            }
        }

        for (; row < rows; row += 4)
        {
            float* panel = panels + ((long)(row / Panel) * width * Panel) + (row % Panel);
            if (rows - row >= 4)
            {
                FourRows(source + (row * stride), stride, width, panel);
                continue;
            }

            for (int column = 0; column < width; column++)
            {
                for (int lane = 0; lane < 4; lane++)
                {
                    panel[(column * Panel) + lane] = row + lane < rows ? source[((row + lane) * stride) + column] : 0f;
                }
            }
        }

        for (row = (rows + 3) & ~3; row % Panel != 0; row++)
        {
            float* lane = panels + ((long)(row / Panel) * width * Panel) + (row % Panel);
            for (int column = 0; column < width; column++)
            {
                lane[column * Panel] = 0f;
            }
        }
    }

    /// <summary>Writes one row into its lane of the panels: <see cref="Pack"/> for a key that comes alone.</summary>
    /// <param name="source">The row.</param>
    /// <param name="width">K.</param>
    /// <param name="panels">The first panel.</param>
    /// <param name="row">Which row of the panels it is.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(float* source, int width, float* panels, int row)
    {
        float* lane = panels + ((long)(row / Panel) * width * Panel) + (row % Panel);
        for (int column = 0; column < width; column++)
        {
            lane[column * Panel] = source[column];
        }
    }

    /// <summary>Reads rows back from panels, every <paramref name="step"/>-th, into other panels.</summary>
    /// <param name="panels">The first panel of the source.</param>
    /// <param name="first">First row to take.</param>
    /// <param name="step">Rows from one to the next.</param>
    /// <param name="rows">Rows to take.</param>
    /// <param name="width">K.</param>
    /// <param name="destination">Receives ceil(rows / 16) panels; lanes behind the last row are set to zero.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* panels, int first, int step, int rows, int width, float* destination)
    {
        for (int row = 0; row < rows || row % Panel != 0; row++)
        {
            int from = first + (row * step);
            float* source = panels + ((long)(from / Panel) * width * Panel) + (from % Panel);
            float* lane = destination + ((long)(row / Panel) * width * Panel) + (row % Panel);
            for (int column = 0; column < width; column++)
            {
                lane[column * Panel] = row < rows ? source[column * Panel] : 0f;
            }
        }
    }

    // A whole panel: squares of 16 × 16, and what is left of the columns by fours of rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PanelOfRows(float* source, nint stride, int width, float* panel)
    {
        int squares = width / Panel * Panel;
        for (int column = 0; column < squares; column += Panel)
        {
            LaneTranspose.Sixteen(source + column, (int)stride, panel + (column * Panel), Panel);
        }

        if (squares < width)
        {
            for (int lane = 0; lane < Panel; lane += 4)
            {
                FourRows(source + (lane * stride) + squares, stride, width - squares, panel + (squares * Panel) + lane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows(float* source, nint stride, int width, float* panel)
    {
        int column = 0;
        for (; column + 4 <= width; column += 4)
        {
            Transpose(source + column, stride, panel + (column * Panel));
        }

        for (; column < width; column++)
        {
            panel[column * Panel] = source[column];
            panel[(column * Panel) + 1] = source[stride + column];
            panel[(column * Panel) + 2] = source[(2 * stride) + column];
            panel[(column * Panel) + 3] = source[(3 * stride) + column];
        }
    }

    // 4 rows × 4 columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(float* source, nint stride, float* panel)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> a = *(Vector128<float>*)source, b = *(Vector128<float>*)(source + stride);
            Vector128<float> c = *(Vector128<float>*)(source + (2 * stride)), d = *(Vector128<float>*)(source + (3 * stride));
            Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d);
            *(Vector128<float>*)panel = Sse.MoveLowToHigh(ab, cd);
            *(Vector128<float>*)(panel + Panel) = Sse.MoveHighToLow(cd, ab);
            ab = Sse.UnpackHigh(a, b);
            cd = Sse.UnpackHigh(c, d);
            *(Vector128<float>*)(panel + (2 * Panel)) = Sse.MoveLowToHigh(ab, cd);
            *(Vector128<float>*)(panel + (3 * Panel)) = Sse.MoveHighToLow(cd, ab);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<float> a = *(Vector128<float>*)source, b = *(Vector128<float>*)(source + stride);
            Vector128<float> c = *(Vector128<float>*)(source + (2 * stride)), d = *(Vector128<float>*)(source + (3 * stride));
            Vector128<float> ac = AdvSimd.Arm64.ZipLow(a, c), bd = AdvSimd.Arm64.ZipLow(b, d);
            *(Vector128<float>*)panel = AdvSimd.Arm64.ZipLow(ac, bd);
            *(Vector128<float>*)(panel + Panel) = AdvSimd.Arm64.ZipHigh(ac, bd);
            ac = AdvSimd.Arm64.ZipHigh(a, c);
            bd = AdvSimd.Arm64.ZipHigh(b, d);
            *(Vector128<float>*)(panel + (2 * Panel)) = AdvSimd.Arm64.ZipLow(ac, bd);
            *(Vector128<float>*)(panel + (3 * Panel)) = AdvSimd.Arm64.ZipHigh(ac, bd);
        }
        else
        {
            for (int column = 0; column < 4; column++)
            {
                for (int row = 0; row < 4; row++)
                {
                    panel[(column * Panel) + row] = source[(row * stride) + column];
                }
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TransformerGen;

/// <summary>
/// Which vectors the kernels use in this process, and whether that is less than the processor offers. A NativeAOT image is compiled for one instruction
/// set: built for the default one it has neither 256-bit vectors nor FMA, and the kernels are 25 to 200 times slower. The package's targets choose
/// x86-64-v3 for x64, so this happens only to a build that bypasses them or chose otherwise.
/// </summary>
/// <remarks>
/// The first model of a process writes <see cref="Problem"/> to standard error, once. It is a warning and not an exception because the numbers are
/// right and an image for very old processors may be what somebody wants. A program that would rather stop asks <see cref="Problem"/> itself; the AppContext
/// switch <c>TransformerGen.WarnAboutVectors</c>, false, silences the warning.
/// </remarks>
public static class VectorSupport
{
    /// <summary>Name of the AppContext switch that, set to false, silences the warning.</summary>
    public const string WarningSwitch = "TransformerGen.WarnAboutVectors";

    private const int Fma = 1 << 12, OsXSave = 1 << 27, Avx = 1 << 28;      // leaf 1, ECX
    private const int Avx2Bit = 1 << 5;                                     // leaf 7, EBX

    private static int s_warned;

    /// <summary>Bits of the vectors that the kernels compute with: 512, 256 or 128.</summary>
    public static int Bits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>What makes this process much slower than the processor allows, and how to mend it; null when nothing does.</summary>
    public static string? Problem { get; } = Describe(
        compiledAhead: !RuntimeFeature.IsDynamicCodeSupported,
        Vector256.IsHardwareAccelerated,
        ProcessorHasWideVectors());

    /// <summary>Writes <see cref="Problem"/> to standard error the first time it is called.</summary>
    internal static void WarnOnce()
    {
        if (Problem is null || Interlocked.Exchange(ref s_warned, 1) != 0 || (AppContext.TryGetSwitch(WarningSwitch, out bool warn) && !warn))
        {
            return;
        }

#pragma warning disable RS0030 // the one place where the library speaks up by itself: there is no logger before the first model
        Console.Error.WriteLine("warning: " + Problem);
#pragma warning restore RS0030
    }

    /// <summary>The message for a process with these properties, or null.</summary>
    internal static string? Describe(bool compiledAhead, bool usesWideVectors, bool processorHasThem) =>
        compiledAhead && !usesWideVectors && processorHasThem
            ? "TransformerGen: this NativeAOT image was compiled without AVX2 and FMA, which this processor has; models run 25 to 200 times slower than they could. " +
              "Publish with <IlcInstructionSet>x86-64-v3</IlcInstructionSet> in the project file (the package TransformerGen sets it where the project chose nothing)."
            : null;

    /// <summary>Whether this is x86 or x64 and the processor has AVX2 and FMA, whatever this image was compiled for.</summary>
    private static bool ProcessorHasWideVectors()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        int features = X86Base.CpuId(1, 0).Ecx;
        return (features & (Fma | OsXSave | Avx)) == (Fma | OsXSave | Avx) && (X86Base.CpuId(7, 0).Ebx & Avx2Bit) != 0;
    }
}

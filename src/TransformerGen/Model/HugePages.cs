using System.Runtime.InteropServices;

namespace TransformerGen.Model;

/// <summary>
/// Asks Linux for pages of 2 MB. A training step goes through hundreds of megabytes: in pages of 4 KB a core looks addresses up all the time, and no
/// prefetcher reads on across a page's end. Where the kernel gives none, nothing changes.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page.</summary>
    public const int Bytes = 2 << 20;

    private const int Advice = 14;      // MADV_HUGEPAGE

    private static volatile bool s_refused;

    /// <summary>Whether memory of this size should begin on a page's boundary.</summary>
    public static bool Suit(nuint bytes) => bytes >= 2 * Bytes && OperatingSystem.IsLinux();

    /// <summary>Asks for memory that begins on a page's boundary and has not been touched.</summary>
    public static void Ask(void* start, nuint bytes)
    {
        if (s_refused)
        {
            return;
        }

        try
        {
            _ = Advise(start, bytes, Advice);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            s_refused = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* start, nuint bytes, int advice);
}

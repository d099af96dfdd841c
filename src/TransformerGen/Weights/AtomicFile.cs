namespace TransformerGen.Weights;

/// <summary>Writes a file so that its name always stands for a whole file: the old one or the new one.</summary>
internal static class AtomicFile
{
    private const int BufferSize = 64 * 1024;

    /// <summary>
    /// Writes to a temporary file (<c>.*.tmp</c>) in the same folder, flushes it to the disk and renames it over <paramref name="path"/>. When anything
    /// throws, the temporary file is removed and the old file is as it was. A process killed midway leaves the temporary file behind.
    /// </summary>
    /// <param name="path">The file to create or replace; it keeps its Unix permissions, a symbolic link is replaced by the file.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = Stage(path, write);
        try
        {
            File.Move(temporary, Path.GetFullPath(path), overwrite: true);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>The first half of <see cref="Write"/>, for files that belong together: all are staged before the first is renamed.</summary>
    /// <param name="path">The file that is to be created or replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <returns>The temporary file in the same folder; to be renamed over <paramref name="path"/>, or given to <see cref="Remove"/>.</returns>
    public static string Stage(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        string temporary = NameBeside(target);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = BufferSize };
        if (!OperatingSystem.IsWindows() && File.Exists(target))
            options.UnixCreateMode = File.GetUnixFileMode(target);

        var stream = new FileStream(temporary, options);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
        }
        catch
        {
            Remove(temporary);
            throw;
        }

        return temporary;
    }

    /// <summary>A name that nobody has, in the folder of a file.</summary>
    public static string NameBeside(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? path, $".{Path.GetRandomFileName()}.tmp");

    /// <summary>Removes what is left without hiding the failure that made it necessary.</summary>
    public static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one the caller has to hear of.
        }
    }
}

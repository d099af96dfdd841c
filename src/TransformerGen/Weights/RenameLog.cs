namespace TransformerGen.Weights;

/// <summary>Renames that belong together. They are noted, so that those that were done can be taken back when a later one throws.</summary>
/// <param name="move">Renames a file, over another if there is one.</param>
internal sealed class RenameLog(Action<string, string> move)
{
    private readonly List<(string From, string To)> _done = [];
    private readonly List<string> _aside = [];

    /// <summary>Files that were set aside, under the names that they have now.</summary>
    public IReadOnlyList<string> Aside => _aside;

    /// <summary>Renames a file.</summary>
    public void Rename(string from, string to)
    {
        move(from, to);
        _done.Add((from, to));
    }

    /// <summary>Gives a file a temporary name beside its own; where there is none nothing is done.</summary>
    public void SetAside(string path)
    {
        if (File.Exists(path))
        {
            string aside = AtomicFile.NameBeside(path);
            Rename(path, aside);
            _aside.Add(aside);
        }
    }

    /// <summary>Takes the renames back, the last one first. What was renamed over another file does not bring that one back.</summary>
    /// <param name="reason">Why.</param>
    /// <exception cref="IOException">A file cannot be renamed back; the message says which files of before have other names now.</exception>
    public void Undo(Exception reason)
    {
        for (int i = _done.Count - 1; i >= 0; i--)
        {
            (string from, string to) = _done[i];
            try
            {
                File.Move(to, from);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                string names = string.Join(", ", _done.Take(i + 1).Where(done => _aside.Contains(done.To)).Select(done => $"{Path.GetFileName(done.From)} is {Path.GetFileName(done.To)}"));
                throw new IOException($"Files could not be replaced ({reason.Message}), nor could {to} be renamed back ({e.Message}). What was there before: {(names.Length > 0 ? names : "nothing")}.", reason);
            }
        }
    }
}

namespace Translate.Session;

/// <summary>
/// Where a model lives: <c>models/phrasebook</c> next to the program, <c>models/NAME</c> for pairs of one's own, or the folder
/// that <c>--model</c> names. A model is saved into a folder beside it first and takes its place when it is whole.
/// </summary>
internal sealed class ModelStore(string directory)
{
    /// <summary>The folder of the model.</summary>
    public string Directory { get; } = Path.GetFullPath(directory);

    /// <summary>Where training leaves its state when it is interrupted; beside the model, so that neither disturbs the other.</summary>
    public string CheckpointPath => Directory + ".checkpoint";

    /// <summary>Whether there is a finished model.</summary>
    public bool HasModel => System.IO.Directory.Exists(Directory) && System.IO.Directory.EnumerateFileSystemEntries(Directory).Any();

    /// <summary>Whether an interrupted training waits to be resumed.</summary>
    public bool HasCheckpoint => File.Exists(CheckpointPath);

    /// <summary>The store that the options ask for.</summary>
    public static ModelStore For(SessionOptions options)
    {
        if (options.Model is { } chosen) return new(chosen.FullName);
        string name = options.Data is { } data ? "data-" + Path.GetFileNameWithoutExtension(data.Name) : "phrasebook";
        return new(Path.Combine(AppContext.BaseDirectory, "models", name));
    }

    /// <summary>Makes the folder that will hold the checkpoint and the model, and drops a checkpoint that is not wanted.</summary>
    public void Prepare(bool discardCheckpoint)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(Directory)!);
        if (discardCheckpoint) File.Delete(CheckpointPath);
    }

    /// <summary>Saves a model through a folder beside it; only then the checkpoint is dropped.</summary>
    public void Save(ITranslatorEngine engine)
    {
        string half = Directory + ".new";
        if (System.IO.Directory.Exists(half)) System.IO.Directory.Delete(half, recursive: true);
        System.IO.Directory.CreateDirectory(half);
        engine.Save(half);
        if (System.IO.Directory.Exists(Directory)) System.IO.Directory.Delete(Directory, recursive: true);
        System.IO.Directory.Move(half, Directory);
        File.Delete(CheckpointPath);
    }
}

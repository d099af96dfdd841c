using System.Text;
using Microsoft.Build.Framework;

namespace TransformerGen.Tasks;

/// <summary>
/// Writes the tensors of the checkpoints that a project lists (names and shapes) to a text file, which the analyzer compares with the generated models: an
/// analyzer may not read files itself. A file that is not sound is an error of the build.
/// </summary>
public sealed class WriteTensorShapes : ITask
{
    /// <summary>First line of the text file.</summary>
    internal const string Format = "TransformerGen tensors 1";

    /// <inheritdoc/>
    public IBuildEngine? BuildEngine { get; set; }

    /// <inheritdoc/>
    public ITaskHost? HostObject { get; set; }

    /// <summary>Checkpoints: .safetensors files or indices of shards, with the metadata Config (the config.json of the model) and AllowMissingHead (true: the head may be missing).</summary>
    [Required]
    public ITaskItem[] Weights { get; set; } = [];

    /// <summary>Folder that paths are relative to.</summary>
    [Required]
    public string ProjectFolder { get; set; } = "";

    /// <summary>The text file.</summary>
    [Required]
    public string Output { get; set; } = "";

    /// <inheritdoc/>
    public bool Execute()
    {
        var text = new StringBuilder(Format + "\n");
        var configs = new HashSet<string>(StringComparer.Ordinal);
        bool succeeded = true;
        foreach (ITaskItem item in Weights)
        {
            string path = Full(item.ItemSpec), config = item.GetMetadata("Config");
            config = config.Length > 0 ? Full(config) : Path.Combine(Path.GetDirectoryName(path)!, "config.json");
            if (!configs.Add(config))
            {
                continue;
            }

            try
            {
                SortedDictionary<string, string> tensors = CheckpointHeader.Read(path);
                bool freshHead = string.Equals(item.GetMetadata("AllowMissingHead"), "true", StringComparison.OrdinalIgnoreCase);
                text.Append("config\t").Append(config).Append('\n').Append("weights\t").Append(path).Append('\n').Append(freshHead ? "head\tmay be missing\n" : "");
                foreach (KeyValuePair<string, string> tensor in tensors)
                {
                    text.Append(tensor.Value).Append('\t').Append(tensor.Key).Append('\n');
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException or OverflowException)
            {
                succeeded = false;
                BuildEngine?.LogErrorEvent(new BuildErrorEventArgs(
                    "TransformerGen", "TFG029", path, 0, 0, 0, 0, $"The checkpoint cannot be checked: {e.Message} Mend the file, take it out of TransformerModelWeights, or set TransformerGenCheckWeights to false.", null, nameof(WriteTensorShapes)));
            }
        }

        if (succeeded)
        {
            string output = Full(Output);
            Directory.CreateDirectory(Path.GetDirectoryName(output)!);
            File.WriteAllText(output, text.ToString());
        }

        return succeeded;
    }

    private string Full(string path) => Path.GetFullPath(Path.Combine(ProjectFolder, path));
}

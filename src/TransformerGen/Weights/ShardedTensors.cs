namespace TransformerGen.Weights;

/// <summary>
/// A checkpoint in several safetensors files and the index that says which tensor is in which (Hugging Face's <c>model.safetensors.index.json</c>). Opening
/// it checks the index, every shard's header, and that each shard holds what the index promises. A tensor that the index does not list is not there, as for
/// transformers.
/// </summary>
public sealed class ShardedTensors : TensorReader
{
    private readonly Dictionary<string, SafeTensorsFile> shardOf;
    private readonly SafeTensorsFile[] shards;

    private ShardedTensors(string source, SafeTensorsFile[] shards, Dictionary<string, SafeTensorsFile> shardOf)
        : base(source)
    {
        this.shards = shards;
        this.shardOf = shardOf;
        Tensors = shardOf.ToDictionary(entry => entry.Key, entry => entry.Value.Tensors[entry.Key], StringComparer.Ordinal).AsReadOnly();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in shards.SelectMany(shard => shard.Metadata))
            metadata.TryAdd(key, value);
        Metadata = metadata.AsReadOnly();
    }

    /// <summary>The tensors that the index lists. Offsets are those in the shard that holds the tensor.</summary>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps the shards of an index, which lie in its folder (or are symbolic links there, as in Hugging Face's cache).</summary>
    /// <param name="indexPath">The index, usually <c>model.safetensors.index.json</c>.</param>
    /// <returns>The open shards.</returns>
    /// <exception cref="SafeTensorsException">The index or a shard is not sound, shards are missing, or lack tensors (the message names them all), or the checkpoint is replaced meanwhile.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static new ShardedTensors Open(string indexPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(indexPath);
        string folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        return Open(indexPath, name => SafeTensorsFile.Open(Path.Combine(folder, name)));
    }

    /// <summary>Opens shards that somebody fetches, for example from a server into memory or from streams; there need be no file.</summary>
    /// <param name="indexJson">The bytes of the index.</param>
    /// <param name="openShard">
    /// Opens a shard by the name that the index gives it, such as <c>model-00001-of-00002.safetensors</c>: <see cref="SafeTensorsFile.Read(Stream)"/> or
    /// <see cref="SafeTensorsFile.FromMemory"/>. Throws a <see cref="FileNotFoundException"/> where there is none.
    /// </param>
    /// <returns>The open shards; they are disposed with it.</returns>
    /// <exception cref="SafeTensorsException">The index or a shard is not sound, shards are missing, or lack tensors; the message names them all.</exception>
    public static ShardedTensors Open(ReadOnlySpan<byte> indexJson, Func<string, SafeTensorsFile> openShard)
    {
        ArgumentNullException.ThrowIfNull(openShard);
        return Open(ShardIndex.Parse(indexJson, "index"), "index", openShard);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (SafeTensorsFile shard in shards)
            shard.Dispose();
    }

    /// <summary>As above, with shards that a test opens. <see cref="SafeTensorsShards"/> takes the index away before it touches its shards: one that has stayed says that they are of one save.</summary>
    internal static ShardedTensors Open(string indexPath, Func<string, SafeTensorsFile> openShard)
    {
        (DateTime, long) before = Stamp(indexPath);
        ShardedTensors? tensors = null;
        try
        {
            tensors = Open(ShardIndex.Read(indexPath), indexPath, openShard);
        }
        catch (SafeTensorsException) when (Stamp(indexPath) != before)
        {
            // Its shards are those of two saves: what is wrong with them says nothing.
        }

        if (tensors is not null && Stamp(indexPath) == before)
            return tensors;
        tensors?.Dispose();
        throw new SafeTensorsException(indexPath, null, "The checkpoint was replaced while it was opened; open it again.", "another index than at the beginning", "the same one until all shards are open");
    }

    internal override ReadOnlySpan<byte> Slice(TensorInfo tensor, long offset, int length) => shardOf[tensor.Name].Slice(tensor, offset, length);

    private static ShardedTensors Open(Dictionary<string, string> weightMap, string source, Func<string, SafeTensorsFile> openShard)
    {
        var open = new SortedDictionary<string, SafeTensorsFile>(StringComparer.Ordinal);
        try
        {
            var missing = new List<string>();
            string[] names = [.. weightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            foreach (string name in names)
            {
                try
                {
                    open.Add(name, openShard(name));
                }
                catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
                {
                    missing.Add(name);
                }
            }

            if (missing.Count > 0)
                throw new SafeTensorsException(source, null, "Shards are missing; fetch them into the folder of the index.", $"no {List(missing)}", $"all {names.Length} files that weight_map names");
            List<string> lacking = [.. weightMap.Where(entry => !open[entry.Value].Tensors.ContainsKey(entry.Key)).Select(entry => $"{SafeTensorsException.Quote(entry.Key)} (not in {entry.Value})").Order(StringComparer.Ordinal)];
            if (lacking.Count > 0)
                throw new SafeTensorsException(source, null, "Shards lack tensors that the index promises; they are not of one checkpoint.", List(lacking), "every tensor of weight_map in the shard that it names");
            return new ShardedTensors(source, [.. open.Values], weightMap.ToDictionary(entry => entry.Key, entry => open[entry.Value], StringComparer.Ordinal));
        }
        catch
        {
            foreach (SafeTensorsFile shard in open.Values)
                shard.Dispose();
            throw;
        }
    }

    private static (DateTime Written, long Length) Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private static string List(List<string> items)
    {
        const int Most = 10;
        string text = string.Join(", ", items.Take(Most));
        return items.Count > Most ? $"{text} and {items.Count - Most} more" : text;
    }
}

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TransformerGen.Weights;

/// <summary>Writes a checkpoint as Hugging Face's <c>save_pretrained</c> does: one file, or above a size several and an index.</summary>
public static partial class SafeTensorsShards
{
    /// <summary>Name of the weights in one file.</summary>
    public const string WeightsName = "model.safetensors";

    /// <summary>Name of the index of weights in several files.</summary>
    public const string IndexName = "model" + IndexSuffix;

    /// <summary>How the name of an index ends.</summary>
    public const string IndexSuffix = ".safetensors.index.json";

    /// <summary>Bytes of data in a file, above which transformers 4 begins another: 5 GB of 10^9 bytes.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    /// <summary>
    /// Writes <c>model.safetensors</c>, or <c>model-00001-of-0000N.safetensors</c> ... and <c>model.safetensors.index.json</c> when the tensors take more than
    /// <paramref name="maxShardBytes"/>. All files are written beside the old ones and flushed to the disk before the first is renamed, the index comes last,
    /// and only then are weights of an earlier save removed that no longer belong to it.
    /// </summary>
    /// <remarks>
    /// <para>
    /// When it throws, the folder holds the weights that it held before: renames that were done are taken back. Two exceptions say in their message that it is
    /// otherwise: old files that cannot be removed behind the switch (the new weights hold), and renames that cannot be taken back (the message names the files).
    /// </para>
    /// <para>
    /// A process that is killed leaves temporary files (<c>.*.tmp</c>) behind, and beside them the old weights or the new. Only where shards replace shards of
    /// the same names no single rename switches. There the old index goes first and the new one comes last: a kill in between leaves shards without an index,
    /// which readers refuse, and the old shards under temporary names. A mixture with an index that names it never stands in the folder.
    /// </para>
    /// </remarks>
    /// <param name="folder">The folder; created when it is missing.</param>
    /// <param name="tensors">The tensors, each name once; shards take them in this order.</param>
    /// <param name="maxShardBytes">The most bytes of data in a file; a larger tensor has a file of its own.</param>
    /// <param name="metadata">Free-form text in every file; null is <c>{"format": "pt"}</c>, without which transformers refuses to load.</param>
    /// <param name="order">The order of the tensors within a file.</param>
    /// <returns>The names of the files that hold the tensors, without the index.</returns>
    /// <exception cref="ArgumentException">A name stands twice, is reserved or is not text, or a header would exceed the format's 100 MB.</exception>
    /// <exception cref="IOException">A file cannot be written, or an old one cannot be removed; on Windows also when another reader holds an old file mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or a file may not be written.</exception>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<TensorSource> tensors, long maxShardBytes = DefaultShardBytes, IReadOnlyDictionary<string, string>? metadata = null, TensorOrder order = TensorOrder.ByName) =>
        Write(folder, tensors, maxShardBytes, metadata, order, static (from, to) => File.Move(from, to, overwrite: true));

    /// <summary>As the public method, with renames that a test can watch and let fail.</summary>
    internal static IReadOnlyList<string> Write(
        string folder, IReadOnlyList<TensorSource> tensors, long maxShardBytes, IReadOnlyDictionary<string, string>? metadata, TensorOrder order, Action<string, string> move)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        metadata ??= new Dictionary<string, string> { ["format"] = "pt" };
        List<List<TensorSource>> shards = Split(SafeTensorsWriter.Order(tensors, TensorOrder.AsGiven), maxShardBytes);
        string[] names = [.. Enumerable.Range(0, shards.Count).Select(i => Name(i, shards.Count))];
        Directory.CreateDirectory(folder);
        var staged = new List<(string Temporary, string Target)>();
        var renames = new RenameLog(move);
        try
        {
            for (int i = 0; i < names.Length; i++)
            {
                string target = Path.Combine(folder, names[i]);
                List<TensorSource> shard = shards[i];
                staged.Add((AtomicFile.Stage(target, stream => SafeTensorsWriter.Write(stream, shard, metadata, order)), target));
            }

            string index = Path.Combine(folder, IndexName);
            if (names.Length > 1)
                staged.Add((AtomicFile.Stage(index, stream => WriteIndex(stream, shards, names)), index));
            Switch(folder, staged, renames);
        }
        catch (Exception e)
        {
            try
            {
                renames.Undo(e);
            }
            finally
            {
                foreach ((string temporary, _) in staged)
                    AtomicFile.Remove(temporary);
            }

            throw;
        }

        RemoveOld(folder, names, renames.Aside);
        return names;
    }

    /// <summary>
    /// Gives the files their names. The last rename is the one that switches: of one file, that file's; of shards, their index's, or, where weights in one file
    /// hid it, the one that sets those aside.
    /// </summary>
    private static void Switch(string folder, List<(string Temporary, string Target)> staged, RenameLog renames)
    {
        if (staged.Count > 1)
        {
            string index = staged[^1].Target, weights = Path.Combine(folder, WeightsName);
            if (File.Exists(weights) || staged.SkipLast(1).Any(file => File.Exists(file.Target)))
                renames.SetAside(index);
            foreach ((string temporary, string target) in staged.SkipLast(1))
            {
                renames.SetAside(target);
                renames.Rename(temporary, target);
            }

            renames.Rename(staged[^1].Temporary, index);
            renames.SetAside(weights);
        }
        else
        {
            renames.Rename(staged[0].Temporary, staged[0].Target);
        }
    }

    /// <summary>Tensors in their order, a new shard where the next would make one too large; what is too large alone does not end the shard that is open (as in huggingface_hub).</summary>
    private static List<List<TensorSource>> Split(TensorSource[] tensors, long most)
    {
        var shards = new List<List<TensorSource>>();
        var current = new List<TensorSource>();
        long size = 0;
        foreach (TensorSource tensor in tensors)
        {
            if (tensor.ByteLength > most)
            {
                shards.Add([tensor]);
                continue;
            }

            if (tensor.ByteLength > most - size)
            {
                shards.Add(current);
                current = [];
                size = 0;
            }

            current.Add(tensor);
            size += tensor.ByteLength;
        }

        if (current.Count > 0 || shards.Count == 0)
            shards.Add(current);
        return shards;
    }

    private static string Name(int shard, int count) =>
        count == 1 ? WeightsName : string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{count:D5}.safetensors");

    private static void WriteIndex(Stream stream, List<List<TensorSource>> shards, string[] names)
    {
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata"u8);
            json.WriteNumber("total_size"u8, shards.Sum(shard => shard.Sum(tensor => tensor.ByteLength)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map"u8);
            foreach ((string tensor, string file) in shards.SelectMany((shard, i) => shard.Select(tensor => (tensor.Name, names[i]))).OrderBy(entry => entry.Name, StringComparer.Ordinal))
                json.WriteString(tensor, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    /// <summary>Removes what the earlier save has left: nothing reads it any more.</summary>
    private static void RemoveOld(string folder, string[] names, IReadOnlyList<string> aside)
    {
        List<string> old = [.. aside];
        if (names.Length == 1)
            old.Add(Path.Combine(folder, IndexName));
        old.AddRange(Directory.EnumerateFiles(folder, "model-*.safetensors").Where(path => ShardName().IsMatch(Path.GetFileName(path)) && !names.Contains(Path.GetFileName(path))));
        foreach (string path in old)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"The weights in {folder} are the new ones, but a file of the earlier save cannot be removed: {e.Message} Remove {path} by hand.", e);
            }
        }
    }

    [GeneratedRegex(@"^model-[0-9]{5}-of-[0-9]{5}\.safetensors\z")]
    private static partial Regex ShardName();
}

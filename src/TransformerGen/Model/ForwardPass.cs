namespace TransformerGen.Model;

/// <summary>Whole sequences through a model: an encoder's pass, and the logits of every position.</summary>
internal static unsafe class ForwardPass
{
    /// <summary>Runs the encoder of an encoder-decoder: afterwards the source cache holds slot s for source s.</summary>
    public static void Encode<TModel>(Workspace workspace, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths)
        where TModel : class, ITransformer<TModel>
    {
        RowSet source = workspace.Source;
        PackedRows.Fill(source, TModel.Info, tokens, lengths, TModel.Info.TakesPairs ? "Source" : "Sequence");
        workspace.Target.Clear();
        workspace.Labels.Clear();
        KeyValueCache cache = workspace.SourceCache;
        cache.Reserve(lengths.Length, source.Longest);
        lengths.CopyTo(new Span<int>(cache.Lengths, lengths.Length));
        if (source.Count > 0)
        {
            TModel.Encode(workspace);
        }
    }

    /// <summary>
    /// What the head says about its rows, in <see cref="Workspace.Logits"/>, or the hidden states. An encoder reads the sequences as its source; a decoder reads them as its target,
    /// sequence s behind source s of an encoder-decoder, which <see cref="Encode"/> has encoded. Where the decoder is fed the source itself, the encoder reads the sequences, too.
    /// </summary>
    public static void Run<TModel>(Workspace workspace, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        RowSet rows = info.HasDecoder ? workspace.Target : workspace.Source;
        if (info.MirrorsSource)
        {
            Encode<TModel>(workspace, tokens, lengths);
        }

        PackedRows.Fill(rows, info, tokens, lengths, info.TakesPairs ? "Target" : "Sequence", types, globals);
        if (info.MirrorsSource)
        {
            MirroredRows.Shift(info, rows);
        }

        workspace.Labels.Choose(info, rows, info.HasEncoder ? workspace.Source : rows);
        if (rows.Count == 0)
        {
            return;
        }

        if (!info.HasDecoder)
        {
            TModel.Encode(workspace);
            return;
        }

        KeyValueCache cache = workspace.SelfCache;
        cache.Reserve(lengths.Length, rows.Longest);
        TModel.Decode(workspace);
        lengths.CopyTo(new Span<int>(cache.Lengths, lengths.Length));
    }

    /// <summary>Copies rows of logits out, without the columns that pad them.</summary>
    /// <param name="workspace">Who holds them.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="logits">[count, classes].</param>
    public static void CopyLogits(Workspace workspace, int first, int count, Span<float> logits) =>
        Copy(workspace.Logits, workspace.Weights.Info.Classes, first, count, logits);

    /// <summary>Copies rows out without the columns that pad them.</summary>
    /// <param name="from">All rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="to">[count, width].</param>
    public static void Copy(float* from, int width, int first, int count, Span<float> to)
    {
        int stride = Padding.RoundUp(width);
        for (int row = 0; row < count; row++)
        {
            new ReadOnlySpan<float>(from + ((long)(first + row) * stride), width).CopyTo(to[(row * width)..]);
        }
    }
}

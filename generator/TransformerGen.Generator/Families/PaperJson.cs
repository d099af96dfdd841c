using System.Text;
using TransformerGen.Generator.Parsing;

namespace TransformerGen.Generator.Families;

/// <summary>
/// The paper's config.json, read and written. d_model, heads, vocab and the layers of each stack that exists must be there. What else is absent or null
/// has the paper's value: d_ff 4 · d_model, max_length 512, interleaved sinusoids, post-norm, ReLU, ids 0, 1, 2. An absent dropout is 0: the file
/// describes a model, and only a file that says so trains with dropout.
/// </summary>
internal static class PaperJson
{
    /// <summary>Reads all keys; problems go to the reader, and what could not be read has a harmless value.</summary>
    public static PaperConfig Read(ConfigReader reader)
    {
        PaperArchitecture architecture = reader.Choice(PaperFields.Architecture, PaperFields.Architectures, PaperArchitecture.EncoderDecoder);
        int width = reader.RequiredInteger(PaperFields.DModel, "the width of every position");
        bool encoder = architecture != PaperArchitecture.Decoder, decoder = architecture != PaperArchitecture.Encoder;
        int? encoderLayers = reader.Integer(PaperFields.EncoderLayers), decoderLayers = reader.Integer(PaperFields.DecoderLayers);
        return new PaperConfig
        {
            Architecture = architecture,
            DModel = width,
            Heads = reader.RequiredInteger(PaperFields.Heads, "the number of attention heads"),
            HeadDim = reader.Integer(PaperFields.HeadDim) ?? 0,
            EncoderLayers = encoderLayers ?? (encoder ? reader.RequiredInteger(PaperFields.EncoderLayers, "the number of the encoder's layers") : decoderLayers ?? 0),
            DecoderLayers = decoderLayers ?? (decoder ? reader.RequiredInteger(PaperFields.DecoderLayers, "the number of the decoder's layers") : encoderLayers ?? 0),
            FeedForward = reader.Integer(PaperFields.FeedForward) ?? PaperRules.DefaultFeedForward(width),
            Vocab = reader.RequiredInteger(PaperFields.Vocab, "the number of tokens"),
            MaxLength = reader.Integer(PaperFields.MaxLength) ?? 512,
            Activation = reader.Choice(PaperFields.Activation, PaperFields.Activations, Spec.ActivationKind.Relu),
            Norm = reader.Choice(PaperFields.Norm, PaperFields.Norms, Spec.NormKind.Layer),
            NormPlacement = reader.Choice(PaperFields.NormPlacement, PaperFields.NormPlacements, Families.NormPlacement.Post),
            NormEpsilon = reader.Real(PaperFields.NormEpsilon) ?? 1e-5,
            Positions = reader.Choice(PaperFields.Positions, PaperFields.PositionKinds, Spec.PositionKind.Sinusoidal),
            ScaleEmbeddings = reader.Boolean(PaperFields.ScaleEmbeddings) ?? true,
            ShareEmbeddings = reader.Boolean(PaperFields.ShareEmbeddings) ?? true,
            Attention = reader.Choice(PaperFields.Attention, PaperFields.Attentions, Spec.ScoreKind.DotProduct),
            Pattern = reader.Choice(PaperFields.Pattern, PaperFields.Patterns, Spec.PatternKind.Full),
            Window = reader.Integer(PaperFields.Window) ?? 0,
            Dilation = reader.Integer(PaperFields.Dilation) ?? 1,
            DilationGrowth = reader.Integer(PaperFields.DilationGrowth) ?? 1,
            GlobalTokens = reader.Integer(PaperFields.GlobalTokens) ?? 0,
            Stride = reader.Integer(PaperFields.Stride) ?? 0,
            TopK = reader.Integer(PaperFields.TopK) ?? 0,
            Bias = reader.Boolean(PaperFields.Bias) ?? true,
            PadId = reader.Integer(PaperFields.PadId) ?? 0,
            BeginId = reader.Integer(PaperFields.BeginId) ?? 1,
            EndId = reader.Integer(PaperFields.EndId) ?? 2,
            Dropout = reader.Real(PaperFields.Dropout) ?? 0,
        };
    }

    /// <summary>The file that a saved model has beside its weights: reading it gives the same Spec.</summary>
    public static string Write(PaperConfig config)
    {
        var text = new StringBuilder("{\n \"model_type\": \"transformer\"");
        foreach (string key in PaperFields.Keys)
        {
            text.Append(",\n \"").Append(key).Append("\": ").Append(Value(config, key));
        }

        return text.Append("\n}").ToString();
    }

    private static string Value(PaperConfig config, string key) => key switch
    {
        PaperFields.Architecture => Quote(PaperFields.Architectures.WordOf(config.Architecture)),
        PaperFields.DModel => Number.Text(config.DModel),
        PaperFields.Heads => Number.Text(config.Heads),
        PaperFields.HeadDim => Number.Text(config.HeadDim),
        PaperFields.EncoderLayers => Number.Text(config.EncoderLayers),
        PaperFields.DecoderLayers => Number.Text(config.DecoderLayers),
        PaperFields.FeedForward => Number.Text(config.FeedForward),
        PaperFields.Vocab => Number.Text(config.Vocab),
        PaperFields.MaxLength => Number.Text(config.MaxLength),
        PaperFields.Activation => Quote(PaperFields.Activations.WordOf(config.Activation)),
        PaperFields.Norm => Quote(PaperFields.Norms.WordOf(config.Norm)),
        PaperFields.NormPlacement => Quote(PaperFields.NormPlacements.WordOf(config.NormPlacement)),
        PaperFields.NormEpsilon => Number.Text(config.NormEpsilon),
        PaperFields.Positions => Quote(PaperFields.PositionKinds.WordOf(config.Positions)),
        PaperFields.ScaleEmbeddings => config.ScaleEmbeddings ? "true" : "false",
        PaperFields.ShareEmbeddings => config.ShareEmbeddings ? "true" : "false",
        PaperFields.Attention => Quote(PaperFields.Attentions.WordOf(config.Attention)),
        PaperFields.Pattern => Quote(PaperFields.Patterns.WordOf(config.Pattern)),
        PaperFields.Window => Number.Text(config.Window),
        PaperFields.Dilation => Number.Text(config.Dilation),
        PaperFields.DilationGrowth => Number.Text(config.DilationGrowth),
        PaperFields.GlobalTokens => Number.Text(config.GlobalTokens),
        PaperFields.Stride => Number.Text(config.Stride),
        PaperFields.TopK => Number.Text(config.TopK),
        PaperFields.Bias => config.Bias ? "true" : "false",
        PaperFields.PadId => Number.Text(config.PadId),
        PaperFields.BeginId => Number.Text(config.BeginId),
        PaperFields.EndId => Number.Text(config.EndId),
        PaperFields.Dropout => Number.Text(config.Dropout),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "A key of PaperFields.Keys was expected."),
    };

    private static string Quote(string word) => "\"" + word + "\"";
}

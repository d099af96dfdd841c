using TransformerGen.Generator.Diagnostics;
using TransformerGen.Generator.Families;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Parsing;

/// <summary>Reads a model that the attribute itself describes. Defaults are the attribute's own, which tests compare.</summary>
internal static class PaperAttribute
{
    /// <summary>The configuration; choices that do not exist are reported.</summary>
    public static PaperConfig Read(AttributeFields fields)
    {
        int width = fields.Get("dModel", 0), layers = fields.Get(PaperFields.Layers, 0), feedForward = Integer(PaperFields.FeedForward, 0);
        return new PaperConfig
        {
            Architecture = Choice(fields, PaperFields.Architecture, PaperFields.Architectures, PaperArchitecture.EncoderDecoder),
            DModel = width,
            Heads = fields.Get("heads", 0),
            HeadDim = Integer(PaperFields.HeadDim, 0),
            EncoderLayers = OrElse(Integer(PaperFields.EncoderLayers, 0), layers),
            DecoderLayers = OrElse(Integer(PaperFields.DecoderLayers, 0), layers),
            FeedForward = OrElse(feedForward, PaperRules.DefaultFeedForward(width)),
            Vocab = fields.Get("vocab", 0),
            MaxLength = Integer(PaperFields.MaxLength, 512),
            Activation = Choice(fields, PaperFields.Activation, PaperFields.Activations, ActivationKind.Relu),
            Norm = Choice(fields, PaperFields.Norm, PaperFields.Norms, NormKind.Layer),
            NormPlacement = Choice(fields, PaperFields.NormPlacement, PaperFields.NormPlacements, NormPlacement.Post),
            NormEpsilon = Real(PaperFields.NormEpsilon, 1e-5),
            Positions = Choice(fields, PaperFields.Positions, PaperFields.PositionKinds, PositionKind.Sinusoidal),
            ScaleEmbeddings = Boolean(PaperFields.ScaleEmbeddings, true),
            ShareEmbeddings = Boolean(PaperFields.ShareEmbeddings, true),
            Attention = Choice(fields, PaperFields.Attention, PaperFields.Attentions, ScoreKind.DotProduct),
            Pattern = Choice(fields, PaperFields.Pattern, PaperFields.Patterns, PatternKind.Full),
            Window = Integer(PaperFields.Window, 0),
            Dilation = Integer(PaperFields.Dilation, 1),
            DilationGrowth = Integer(PaperFields.DilationGrowth, 1),
            GlobalTokens = Integer(PaperFields.GlobalTokens, 0),
            Stride = Integer(PaperFields.Stride, 0),
            TopK = Integer(PaperFields.TopK, 0),
            Bias = Boolean(PaperFields.Bias, true),
            PadId = Integer(PaperFields.PadId, 0),
            BeginId = Integer(PaperFields.BeginId, 1),
            EndId = Integer(PaperFields.EndId, 2),
            Dropout = Real(PaperFields.Dropout, 0.1),
        };

        int Integer(string key, int ordinary) => fields.Get(PaperFields.Member(key), ordinary);
        double Real(string key, double ordinary) => fields.Get(PaperFields.Member(key), ordinary);
        bool Boolean(string key, bool ordinary) => fields.Get(PaperFields.Member(key), ordinary);
    }

    private static int OrElse(int value, int ordinary) => value != 0 ? value : ordinary;

    private static T Choice<T>(AttributeFields fields, string key, WordTable<T> table, T ordinary)
        where T : struct
    {
        string member = PaperFields.Member(key);
        if (!fields.Has(member))
        {
            return ordinary;
        }

        if (table.FromMember(fields.Get(member, -1)) is T value)
        {
            return value;
        }

        fields.ReportAt(Descriptors.UnknownChoice, member, member, fields.Source(member), ConfigReader.Alternatives(table.Members));
        return ordinary;
    }
}

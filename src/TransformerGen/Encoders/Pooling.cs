namespace TransformerGen.Encoders;

/// <summary>How the hidden states of a sequence become one vector.</summary>
public enum Pooling
{
    /// <summary>The mean over all tokens (Reimers and Gurevych 2019); sentence-transformers' usual choice.</summary>
    Mean,

    /// <summary>The first token, which BERT's kin call [CLS].</summary>
    Cls,

    /// <summary>The last token, for decoders.</summary>
    LastToken,

    /// <summary>The model's own pooler, such as BERT's tanh layer over the first token.</summary>
    Pooler,
}

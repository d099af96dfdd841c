namespace TransformerGen;

/// <summary>Which stacks a model has.</summary>
public enum Architecture
{
    /// <summary>Both, joined by cross-attention (the paper): source tokens in, target tokens out.</summary>
    EncoderDecoder,

    /// <summary>Encoder alone: every position sees every other one (BERT).</summary>
    Encoder,

    /// <summary>Decoder alone: every position sees those before it (GPT).</summary>
    Decoder,
}

/// <summary>Function between the two products of the feed-forward sublayer.</summary>
public enum Activation
{
    /// <summary>max(0, x) (the paper).</summary>
    ReLU,

    /// <summary>x · Φ(x), exact.</summary>
    GELU,
}

/// <summary>How a row of activations is normalised.</summary>
public enum Norm
{
    /// <summary>Each row by its own mean and variance (the paper).</summary>
    Layer,

    /// <summary>Each column by the mean and variance over the batch's real tokens; running statistics in inference.</summary>
    Batch,
}

/// <summary>Where the norm of a sublayer stands.</summary>
public enum NormPlacement
{
    /// <summary>norm(x + f(x)) (the paper).</summary>
    Post,

    /// <summary>x + f(norm(x)), and one more norm at the end of each stack.</summary>
    Pre,
}

/// <summary>What is added to a token's embedding to tell its position.</summary>
public enum Positions
{
    /// <summary>sin, cos, sin, cos ... of falling frequency (the paper).</summary>
    Sinusoidal,

    /// <summary>The same numbers, all sines first, then all cosines.</summary>
    SinusoidalHalf,

    /// <summary>One trained vector for each position up to the maximum length.</summary>
    Learned,
}

/// <summary>How a query is compared with a key.</summary>
public enum Attention
{
    /// <summary>q · k / √K (the paper).</summary>
    DotProduct,

    /// <summary>v · tanh(q + k), with one trained v for each head (Bahdanau et al. 2015).</summary>
    Additive,
}

/// <summary>Which keys j a query i may see in self-attention (i and j are positions). A decoder's queries see no later key, whatever the pattern.</summary>
public enum Pattern
{
    /// <summary>All of them (the paper).</summary>
    Full,

    /// <summary>Those of its own block of Window positions.</summary>
    Block,

    /// <summary>|i − j| ≤ Window.</summary>
    Window,

    /// <summary>Every r-th one: |i − j| ≤ Window · r, where r = Dilation · DilationGrowth^layer divides i − j (layers count from 0).</summary>
    Dilated,

    /// <summary>|i − j| ≤ Window, and the first GlobalTokens positions see all and are seen by all.</summary>
    Sparse,

    /// <summary>|i − j| &lt; Stride, and every Stride-th position: j mod Stride = Stride − 1.</summary>
    Strided,

    /// <summary>Of all that it may see, the TopK with the largest scores.</summary>
    TopK,
}

/// <summary>What a model from a Hugging Face config.json answers.</summary>
public enum ModelHead
{
    /// <summary>What the file's "architectures" says.</summary>
    FromConfig,

    /// <summary>The last hidden states, and one vector per sequence where the model has a pooler.</summary>
    Model,

    /// <summary>The next token.</summary>
    CausalLanguage,

    /// <summary>The tokens behind masks.</summary>
    MaskedLanguage,

    /// <summary>The next token of a target, given its source.</summary>
    SequenceToSequence,

    /// <summary>One class, or several, or numbers, for each sequence.</summary>
    SequenceClassification,

    /// <summary>One class for each token.</summary>
    TokenClassification,

    /// <summary>Where in a text the answer to a question begins and ends.</summary>
    QuestionAnswering,

    /// <summary>The last hidden states of an encoder-decoder's encoder alone.</summary>
    Encoder,
}

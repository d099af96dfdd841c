namespace TransformerGen.Model;

/// <summary>What a model answers: its head.</summary>
public enum OutputKind
{
    /// <summary>Logits over the vocabulary for each token: causal, masked and sequence-to-sequence language models.</summary>
    Language,

    /// <summary>Logits over classes, for each token or one row per sequence: see <see cref="ModelInfo.Rows"/>.</summary>
    Classes,

    /// <summary>Two logits for each token: that the answer begins there, and that it ends there.</summary>
    Spans,

    /// <summary>The last hidden states themselves, and where there is a pooler, one vector per sequence.</summary>
    HiddenStates,
}

/// <summary>Rows that a head is asked about.</summary>
public enum OutputRows
{
    /// <summary>Every token.</summary>
    All,

    /// <summary>The first token of each sequence.</summary>
    First,

    /// <summary>The last token of each sequence that is not padding (<see cref="ModelInfo.PadId"/>).</summary>
    Last,

    /// <summary>The last end token (<see cref="ModelInfo.EndId"/>) of each sequence, which must have one.</summary>
    End,
}

/// <summary>Where the tokens come from that the decoder of an encoder-decoder is fed when whole sequences are answered for.</summary>
public enum TargetOrigin
{
    /// <summary>The caller: sources and targets are pairs.</summary>
    Given,

    /// <summary>The sequence that the encoder reads, one place to the right, behind <see cref="ModelInfo.BeginId"/>.</summary>
    Begin,

    /// <summary>
    /// The sequence that the encoder reads, one place to the right, behind its own token of place n - 1, where n are its tokens that are not
    /// <see cref="ModelInfo.PadId"/>: its last one, the id of its language.
    /// </summary>
    Last,
}

/// <summary>What a head's numbers are compared with in training.</summary>
public enum OutputLoss
{
    /// <summary>One class per row: -log softmax at it.</summary>
    CrossEntropy,

    /// <summary>A number from 0 to 1 for each class: the mean of their binary cross-entropies.</summary>
    MultiLabel,

    /// <summary>A number for each column: the mean squared error.</summary>
    Regression,
}

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

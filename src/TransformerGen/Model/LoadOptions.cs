namespace TransformerGen.Model;

/// <summary>How a model is loaded where a checkpoint does not hold all of it.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// Take the base of a checkpoint and begin with a fresh head where it has none: to fine-tune a bare or a masked-language model for another task. Tensors of
    /// the head (<see cref="ParameterInfo.IsHead"/>) that the checkpoint lacks start as <see cref="ParameterInfo.Initialization"/> says; the heads of other
    /// tasks in it are passed by. Everything else still has to fit.
    /// </summary>
    public bool AllowMissingHead { get; init; }

    /// <summary>Seed of a fresh head.</summary>
    public ulong Seed { get; init; }
}

using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Plan;

/// <summary>A graph and where its values live.</summary>
internal sealed record PlannedGraph(ModelGraph Graph, MemoryPlan Plan);

/// <summary>A spec, compiled as far as it goes without text: parameters, caches, graphs and their plans.</summary>
internal sealed class CompiledModel
{
    public CompiledModel(ModelSpec spec)
    {
        Spec = spec;
        Caches = new CacheLayout(spec);
        bool share = spec.Options.ShareMemory;

        // Training comes first whether it is emitted or not: it meets the parameters in the order of the model, source before target.
        ModelGraph training = GraphBuilder.Training(spec, Parameters, Caches);
        if (spec.Options.Training)
        {
            ModelGraph backward = Fusion.Apply(Differentiation.Append(training, Parameters));
            Training = new PlannedGraph(backward, MemoryPlan.Of("Training", backward, share));
        }

        if (spec.Encoder is not null)
        {
            ModelGraph encoding = GraphBuilder.Encoding(spec, Parameters, Caches);
            Encoding = new PlannedGraph(encoding, MemoryPlan.Of("Encoding", encoding, share));
        }

        if (spec.Decoder is not null)
        {
            ModelGraph decoding = GraphBuilder.Decoding(spec, Parameters, Caches);
            Decoding = new PlannedGraph(decoding, MemoryPlan.Of("Decoding", decoding, share));
        }

        if (spec.Options.CaptureAttention || spec.Options.CaptureHiddenStates)
        {
            ModelGraph evaluation = GraphBuilder.Evaluation(spec, Parameters, Caches);
            Evaluation = new PlannedGraph(evaluation, MemoryPlan.Of("Evaluation", evaluation, share));
        }
    }

    public ModelSpec Spec { get; }

    public ParameterTable Parameters { get; } = new();

    public CacheLayout Caches { get; }

    public PlannedGraph? Training { get; }

    public PlannedGraph? Encoding { get; }

    public PlannedGraph? Decoding { get; }

    /// <summary>The whole forward pass without caches; only where something is captured.</summary>
    public PlannedGraph? Evaluation { get; }
}

using System;
using System.Collections.Generic;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Emit.Operations;

/// <summary>The emitter of each operation: a sentence for the reader and a call of a kernel, which it registers.</summary>
internal static class OperationEmitters
{
    private static readonly Dictionary<Type, Action<GraphEmitter, Operation, SourceWriter>> s_emitters = new()
    {
        [typeof(Embed)] = Of<Embed>(EmbedEmitter.Emit),
        [typeof(EmbedBackward)] = Of<EmbedBackward>(EmbedEmitter.Emit),
        [typeof(Linear)] = Of<Linear>(LinearEmitter.Emit),
        [typeof(LinearBackwardInput)] = Of<LinearBackwardInput>(LinearEmitter.Emit),
        [typeof(LinearBackwardWeights)] = Of<LinearBackwardWeights>(LinearEmitter.Emit),
        [typeof(ActivationBackward)] = Of<ActivationBackward>(LinearEmitter.Emit),
        [typeof(AddNorm)] = Of<AddNorm>(AddNormEmitter.Emit),
        [typeof(AddNormBackward)] = Of<AddNormBackward>(AddNormEmitter.Emit),
        [typeof(AddNormBackwardWeights)] = Of<AddNormBackwardWeights>(AddNormEmitter.Emit),
        [typeof(Add)] = Of<Add>(AddEmitter.Emit),
        [typeof(AddBackward)] = Of<AddBackward>(AddEmitter.Emit),
        [typeof(Dropout)] = Of<Dropout>(AddEmitter.Emit),
        [typeof(DropoutBackward)] = Of<DropoutBackward>(AddEmitter.Emit),
        [typeof(SkipLayer)] = Of<SkipLayer>(SkipLayerEmitter.Emit),
        [typeof(SkipLayerBackward)] = Of<SkipLayerBackward>(SkipLayerEmitter.Emit),
        [typeof(Gate)] = Of<Gate>(GateEmitter.Emit),
        [typeof(GateBackward)] = Of<GateBackward>(GateEmitter.Emit),
        [typeof(Cap)] = Of<Cap>(CapEmitter.Emit),
        [typeof(CapBackward)] = Of<CapBackward>(CapEmitter.Emit),
        [typeof(Clip)] = Of<Clip>(ClipEmitter.Emit),
        [typeof(ClipBackward)] = Of<ClipBackward>(ClipEmitter.Emit),
        [typeof(HeadNorm)] = Of<HeadNorm>(HeadNormEmitter.Emit),
        [typeof(HeadNormBackward)] = Of<HeadNormBackward>(HeadNormEmitter.Emit),
        [typeof(HeadNormBackwardWeights)] = Of<HeadNormBackwardWeights>(HeadNormEmitter.Emit),
        [typeof(Rotary)] = Of<Rotary>(RotaryEmitter.Emit),
        [typeof(RotaryBackward)] = Of<RotaryBackward>(RotaryEmitter.Emit),
        [typeof(Attention)] = Of<Attention>(AttentionEmitter.Emit),
        [typeof(AttentionBackward)] = Of<AttentionBackward>(AttentionEmitter.Emit),
        [typeof(CacheAppend)] = Of<CacheAppend>(AttentionEmitter.Emit),
        [typeof(CachedAttention)] = Of<CachedAttention>(AttentionEmitter.Emit),
        [typeof(GlobalAttention)] = Of<GlobalAttention>(AttentionEmitter.Emit),
        [typeof(GlobalAttentionBackward)] = Of<GlobalAttentionBackward>(AttentionEmitter.Emit),
        [typeof(RelativeBias)] = Of<RelativeBias>(RelativeBiasEmitter.Emit),
        [typeof(RelativeBiasBackward)] = Of<RelativeBiasBackward>(RelativeBiasEmitter.Emit),
        [typeof(CaptureProbabilities)] = Of<CaptureProbabilities>(AttentionEmitter.Emit),
        [typeof(Route)] = Of<Route>(ExpertEmitter.Emit),
        [typeof(RouteBackward)] = Of<RouteBackward>(ExpertEmitter.Emit),
        [typeof(Dispatch)] = Of<Dispatch>(ExpertEmitter.Emit),
        [typeof(DispatchBackward)] = Of<DispatchBackward>(ExpertEmitter.Emit),
        [typeof(ExpertLinear)] = Of<ExpertLinear>(ExpertEmitter.Emit),
        [typeof(ExpertLinearBackwardInput)] = Of<ExpertLinearBackwardInput>(ExpertEmitter.Emit),
        [typeof(ExpertLinearBackwardWeights)] = Of<ExpertLinearBackwardWeights>(ExpertEmitter.Emit),
        [typeof(Combine)] = Of<Combine>(ExpertEmitter.Emit),
        [typeof(CombineBackward)] = Of<CombineBackward>(ExpertEmitter.Emit),
        [typeof(Select)] = Of<Select>(OutputEmitter.Emit),
        [typeof(SelectBackward)] = Of<SelectBackward>(OutputEmitter.Emit),
        [typeof(TargetLoss)] = Of<TargetLoss>(OutputEmitter.Emit),
        [typeof(SpanLoss)] = Of<SpanLoss>(OutputEmitter.Emit),
        [typeof(GivenGradient)] = Of<GivenGradient>(OutputEmitter.Emit),
        [typeof(CrossEntropy)] = Of<CrossEntropy>(OutputEmitter.Emit),
    };

    /// <summary>Operations that have an emitter.</summary>
    public static IReadOnlyCollection<Type> Operations => s_emitters.Keys;

    public static void Emit(GraphEmitter graph, Operation operation, SourceWriter writer)
    {
        if (!s_emitters.TryGetValue(operation.GetType(), out Action<GraphEmitter, Operation, SourceWriter>? emit))
        {
            throw new InvalidOperationException($"{operation.GetType().Name} has no emitter: add one to {nameof(OperationEmitters)}.");
        }

        emit(graph, operation, writer);
    }

    private static Action<GraphEmitter, Operation, SourceWriter> Of<TOperation>(Action<GraphEmitter, TOperation, SourceWriter> emit)
        where TOperation : Operation => (graph, operation, writer) => emit(graph, (TOperation)operation, writer);
}

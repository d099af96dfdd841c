using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Oracle.Rules;

namespace TransformerGen.Oracle;

/// <summary>What each operation means: one rule per type.</summary>
internal static class OracleRules
{
    private static readonly Dictionary<Type, Action<Execution, Operation>> s_rules = new()
    {
        [typeof(Embed)] = Rule<Embed>(EmbedRule.Forward),
        [typeof(EmbedBackward)] = Rule<EmbedBackward>(EmbedRule.Backward),
        [typeof(Linear)] = Rule<Linear>(LinearRule.Forward),
        [typeof(LinearBackwardInput)] = Rule<LinearBackwardInput>(LinearRule.BackwardInput),
        [typeof(LinearBackwardWeights)] = Rule<LinearBackwardWeights>(LinearRule.BackwardWeights),
        [typeof(ActivationBackward)] = Rule<ActivationBackward>(ActivationRule.Backward),
        [typeof(AddNorm)] = Rule<AddNorm>(AddNormRule.Forward),
        [typeof(AddNormBackward)] = Rule<AddNormBackward>(AddNormBackwardRule.Backward),
        [typeof(AddNormBackwardWeights)] = Rule<AddNormBackwardWeights>(AddNormBackwardRule.BackwardWeights),
        [typeof(Add)] = Rule<Add>(AddRule.Forward),
        [typeof(AddBackward)] = Rule<AddBackward>(AddRule.Backward),
        [typeof(HeadNorm)] = Rule<HeadNorm>(HeadNormRule.Forward),
        [typeof(HeadNormBackward)] = Rule<HeadNormBackward>(HeadNormRule.Backward),
        [typeof(HeadNormBackwardWeights)] = Rule<HeadNormBackwardWeights>(HeadNormRule.BackwardWeights),
        [typeof(Rotary)] = Rule<Rotary>(RotaryRule.Forward),
        [typeof(RotaryBackward)] = Rule<RotaryBackward>(RotaryRule.Backward),
        [typeof(Gate)] = Rule<Gate>(GateRule.Forward),
        [typeof(GateBackward)] = Rule<GateBackward>(GateRule.Backward),
        [typeof(Cap)] = Rule<Cap>(CapRule.Forward),
        [typeof(CapBackward)] = Rule<CapBackward>(CapRule.Backward),
        [typeof(Clip)] = Rule<Clip>(ClipRule.Forward),
        [typeof(ClipBackward)] = Rule<ClipBackward>(ClipRule.Backward),
        [typeof(Dropout)] = Rule<Dropout>(DropoutRule.Forward),
        [typeof(DropoutBackward)] = Rule<DropoutBackward>(DropoutRule.Backward),
        [typeof(SkipLayer)] = Rule<SkipLayer>(SkipLayerRule.Forward),
        [typeof(SkipLayerBackward)] = Rule<SkipLayerBackward>(SkipLayerRule.Backward),
        [typeof(AttentionOperation)] = Rule<AttentionOperation>(AttentionRule.Forward),
        [typeof(AttentionBackward)] = Rule<AttentionBackward>(AttentionBackwardRule.Backward),
        [typeof(GlobalAttention)] = Rule<GlobalAttention>(GlobalAttentionRule.Forward),
        [typeof(GlobalAttentionBackward)] = Rule<GlobalAttentionBackward>(GlobalAttentionRule.Backward),
        [typeof(RelativeBias)] = Rule<RelativeBias>(RelativeBiasRule.Forward),
        [typeof(RelativeBiasBackward)] = Rule<RelativeBiasBackward>(RelativeBiasRule.Backward),
        [typeof(CaptureProbabilities)] = Rule<CaptureProbabilities>(AttentionRule.Capture),
        [typeof(CacheAppend)] = Rule<CacheAppend>(CachedAttentionRule.Append),
        [typeof(CachedAttention)] = Rule<CachedAttention>(CachedAttentionRule.Forward),
        [typeof(Route)] = Rule<Route>(ExpertRules.Forward),
        [typeof(RouteBackward)] = Rule<RouteBackward>(ExpertRules.Backward),
        [typeof(Dispatch)] = Rule<Dispatch>(ExpertRules.Forward),
        [typeof(DispatchBackward)] = Rule<DispatchBackward>(ExpertRules.Backward),
        [typeof(ExpertLinear)] = Rule<ExpertLinear>(ExpertRules.Forward),
        [typeof(ExpertLinearBackwardInput)] = Rule<ExpertLinearBackwardInput>(ExpertRules.BackwardInput),
        [typeof(ExpertLinearBackwardWeights)] = Rule<ExpertLinearBackwardWeights>(ExpertRules.BackwardWeights),
        [typeof(Combine)] = Rule<Combine>(ExpertRules.Forward),
        [typeof(CombineBackward)] = Rule<CombineBackward>(ExpertRules.Backward),
        [typeof(Select)] = Rule<Select>(SelectRule.Forward),
        [typeof(SelectBackward)] = Rule<SelectBackward>(SelectRule.Backward),
        [typeof(TargetLoss)] = Rule<TargetLoss>(HeadLossRule.Targets),
        [typeof(SpanLoss)] = Rule<SpanLoss>(HeadLossRule.Spans),
        [typeof(GivenGradient)] = Rule<GivenGradient>(HeadLossRule.Given),
        [typeof(CrossEntropy)] = Rule<CrossEntropy>(CrossEntropyRule.Forward),
    };

    /// <summary>Operations that have a rule.</summary>
    public static IReadOnlyCollection<Type> Operations => s_rules.Keys;

    /// <summary>The rule of an operation.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Action<Execution, Operation> Of(Operation operation) =>
        s_rules.TryGetValue(operation.GetType(), out Action<Execution, Operation>? rule)
            ? rule
            : throw new InvalidOperationException($"{operation.GetType().Name} has no oracle rule: add one to {nameof(OracleRules)}.");

    private static Action<Execution, Operation> Rule<TOperation>(Action<Execution, TOperation> rule)
        where TOperation : Operation => (execution, operation) => rule(execution, (TOperation)operation);
}

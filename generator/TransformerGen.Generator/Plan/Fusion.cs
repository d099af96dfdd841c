using System.Collections.Generic;
using System.Linq;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Plan;

/// <summary>
/// Steps that one kernel does better together. A fused operation computes exactly what its parts do; the oracle runs the graph before and after.
/// Forward fusions (bias and activation, sum and norm, softmax and loss) are operations already.
/// </summary>
internal static class Fusion
{
    /// <summary>dHidden = dy·W, then dBefore = dHidden where ReLU's output was positive: the product's last step sees that output.</summary>
    public static ModelGraph Apply(ModelGraph graph)
    {
        var readers = new Dictionary<Value, int>();
        foreach (Value input in graph.Operations.SelectMany(o => o.Inputs))
        {
            readers[input] = readers.TryGetValue(input, out int count) ? count + 1 : 1;
        }

        var fused = new ModelGraph { ForwardCount = graph.ForwardCount, MainDropout = graph.MainDropout };
        for (int i = 0; i < graph.Operations.Count; i++)
        {
            if (i + 1 < graph.Operations.Count
                && graph.Operations[i] is LinearBackwardInput { Existing: null } product
                && graph.Operations[i + 1] is ActivationBackward { Forward.Activation: ActivationKind.Relu } activation
                && activation.DY == product.DX
                && readers[product.DX] == 1)
            {
                fused.Add(new LinearBackwardInput(product.Forward, product.DY, null, activation.DBefore) { ReluOutput = activation.Of });
                i++;
                continue;
            }

            fused.Add(graph.Operations[i]);
        }

        foreach (KeyValuePair<string, Value> output in graph.Outputs)
        {
            fused.Keep(output.Key, output.Value);
        }

        return GraphVerifier.Verify(fused);
    }
}

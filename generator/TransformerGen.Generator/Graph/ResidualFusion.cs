using TransformerGen.Generator.Graph.Operations;

namespace TransformerGen.Generator.Graph;

/// <summary>
/// Pre-norm: z = x + f(x), then y = norm(z) in front of the next sublayer, are one "add &amp; norm" that gives both, as post-norm's is one that gives y. Only within
/// a stage: a layer does not normalise for the next one.
/// </summary>
internal static class ResidualFusion
{
    public static ModelGraph Apply(ModelGraph graph)
    {
        var fused = new ModelGraph { MainDropout = graph.MainDropout };
        for (int i = 0; i < graph.Operations.Count; i++)
        {
            if (i + 1 < graph.Operations.Count
                && graph.Operations[i] is Add { Scale: 1f } add
                && graph.Operations[i + 1] is AddNorm { Sub: null } norm
                && norm.X == add.Z
                && norm.Stage == add.Stage)
            {
                fused.Add(new AddNorm(add.Stage, add.X, add.Sub, norm.Norm, add.Dropout, add.Z, norm.Y, norm.Statistics));
                i++;
                continue;
            }

            fused.Add(graph.Operations[i]);
        }

        fused.ForwardCount = fused.Operations.Count;
        foreach (KeyValuePair<string, Value> output in graph.Outputs)
        {
            fused.Keep(output.Key, output.Value);
        }

        return GraphVerifier.Verify(fused);
    }
}

namespace TransformerGen.Generator.Spec;

/// <summary>Which tensors belong to a model's head, so that the rest of a checkpoint can be loaded without them.</summary>
internal static class HeadTensors
{
    /// <summary>Names of the tensors of the head; an embedding's table that the output shares is not one of them.</summary>
    public static HashSet<string> Of(ModelSpec spec)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        Add(spec.Head.Output);
        foreach (HeadStepSpec step in spec.Head.Steps)
        {
            switch (step)
            {
                case DenseStepSpec dense:
                    Add(dense.Projection);
                    break;
                case NormStepSpec norm:
                    names.UnionWith([norm.Norm.Weight, norm.Norm.Name + ".bias"]);
                    break;
            }
        }

        names.ExceptWith(new[] { spec.Encoder, spec.Decoder }.OfType<StackSpec>().Select(stack => stack.Embedding.Table));
        return names;

        void Add(ProjectionSpec? projection) =>
            names.UnionWith((projection?.Weights ?? EquatableList<TensorSpec>.Empty).Concat(projection?.Biases ?? EquatableList<TensorSpec>.Empty).Select(tensor => tensor.Name));
    }
}

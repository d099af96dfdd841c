using TransformerGen.Generator.Backward;
using TransformerGen.Generator.Graph;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Oracle.Tests;

/// <summary>A spec with every graph that is built from it, over one table of parameters.</summary>
internal sealed class OracleModel
{
    public OracleModel(ModelSpec spec)
    {
        Spec = spec;
        var caches = new CacheLayout(spec);
        Training = Differentiation.Append(GraphBuilder.Training(spec, Table, caches), Table);
        Evaluation = GraphBuilder.Evaluation(spec, Table, caches);
        Encoding = spec.Encoder is null ? null : GraphBuilder.Encoding(spec, Table, caches);
        Decoding = spec.Decoder is null ? null : GraphBuilder.Decoding(spec, Table, caches);
    }

    public ModelSpec Spec { get; }

    public ParameterTable Table { get; } = new();

    public ModelGraph Training { get; }

    public ModelGraph Evaluation { get; }

    public ModelGraph? Encoding { get; }

    public ModelGraph? Decoding { get; }

    /// <summary>Names of the tensors that are trained.</summary>
    public IEnumerable<string> Trainable => Table.All.SelectMany(parameter => parameter.Tensors).Where(tensor => !tensor.IsBuffer).Select(tensor => tensor.Name);
}

using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>The head: from the last hidden states to what the model answers, and its loss.</summary>
internal sealed partial class GraphBuilder
{
    private void Answer(Value last) => _graph.Keep("Logits", Logits(last));

    private void Losses(Value last)
    {
        Value logits = Logits(last);
        var losses = new Value(logits.Stage, "Losses", Symbol.LabelRows, 1);
        var gradient = new Value(logits.Stage, "DLogits", Symbol.LabelRows, logits.Width);
        _graph.Add(new CrossEntropy(logits.Stage, logits, losses, gradient));
        _graph.Keep("Losses", losses);
    }

    private Value Logits(Value last)
    {
        HeadSpec head = _spec.Head;
        string over = head.Kind == HeadKind.Language ? "the vocabulary" : "the classes";
        var stage = new Stage("Output", "Output", $"logits ← x·Wᵀ over {over}");
        var x = new Value(stage, "X", Symbol.LabelRows, last.Width);
        _graph.Add(new Select(stage, last, x));
        x = Steps(stage, x);
        string logits = head.Scale == 1f && head.SoftCap == 0f ? "Logits" : "Uncapped";
        x = Linear(stage, "Output", head.Output!, x, ActivationKind.None, logits, head.BiasIsBuffer, Naming.Pascal(head.Output!.Weights[0].Name.Replace(".weight", "")));
        if (logits == "Logits")
        {
            return x;
        }

        var capped = new Value(stage, "Logits", x.Rows, x.Width);
        _graph.Add(new Cap(stage, x, head.Scale, head.SoftCap, capped));
        return capped;
    }

    private Value Steps(Stage stage, Value x)
    {
        for (int i = 0; i < _spec.Head.Steps.Count; i++)
        {
            string role = $"Step{i + 1}";
            x = _spec.Head.Steps[i] switch
            {
                DenseStepSpec dense => Linear(stage, role, dense.Projection, x, dense.Activation, role),
                NormStepSpec norm => Norm(stage, norm.Norm, x, role),
                DropoutStepSpec dropout => Drop(stage, x, dropout.Rate, role),
                _ => throw new InvalidOperationException($"The head's step {_spec.Head.Steps[i].GetType().Name} has no builder."),
            };
        }

        return x;
    }
}

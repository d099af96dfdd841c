using TransformerGen.Generator.Graph.Operations;
using TransformerGen.Generator.Spec;

namespace TransformerGen.Generator.Graph;

/// <summary>The head: from the last hidden states to what the model answers, and its loss.</summary>
internal sealed partial class GraphBuilder
{
    private void Answer(Value last)
    {
        if (_spec.Head.Kind != HeadKind.Hidden)
        {
            _graph.Keep(OutputNames.Logits, Logits(last));
            return;
        }

        _graph.Keep(OutputNames.Hidden, last);
        if (Pooled(last) is { } pooled)
        {
            _graph.Keep(OutputNames.Pooled, pooled);
        }
    }

    private void Losses(Value last)
    {
        if (_spec.Head.Kind == HeadKind.Hidden)
        {
            Given(OutputNames.Hidden, new Stage("Output", "Output", "the last hidden states, and a place for their gradient"), last);
            if (Pooled(last) is { } pooled)
            {
                Given(OutputNames.Pooled, pooled.Stage, pooled);
            }

            return;
        }

        Value logits = Logits(last);
        Stage stage = logits.Stage;
        var losses = new Value(stage, "Losses", Symbol.LabelRows, 1);
        var gradient = new Value(stage, "DLogits", Symbol.LabelRows, logits.Width);
        _graph.Add<Operation>(_spec.Head switch
        {
            { Kind: HeadKind.Span } => new SpanLoss(stage, last.Rows, logits, losses, gradient),
            { Loss: LossKind.CrossEntropy } => new CrossEntropy(stage, logits, losses, gradient),
            { Loss: var kind } => new TargetLoss(stage, kind, logits, losses, gradient),
        });
        _graph.Keep(OutputNames.Losses, losses);
    }

    private void Given(string name, Stage stage, Value y)
    {
        var gradient = new Value(stage, "D" + y.Role + "Given", y.Rows, y.Width);
        _graph.Add(new GivenGradient(stage, y, gradient));
        _graph.Keep(name, y);
        _graph.Keep(OutputNames.Gradient(name), gradient);
    }

    /// <summary>One vector per sequence; null where the model has no pooler.</summary>
    private Value? Pooled(Value last)
    {
        if (_spec.Head.Steps.Count == 0)
        {
            return null;
        }

        var stage = new Stage("Pooler", "Pooler", $"one vector per sequence, from its {(_spec.Head.Rows == HeadRows.Last ? "last" : "first")} token");
        return Steps(stage, Chosen(stage, last));
    }

    private Value Logits(Value last)
    {
        HeadSpec head = _spec.Head;
        string over = head.Kind switch
        {
            HeadKind.Language => "the vocabulary",
            HeadKind.Span => "first and last token of the answer",
            _ => "the classes",
        };
        var stage = new Stage("Output", "Output", $"logits ← x·Wᵀ over {over}");
        Value x = Steps(stage, Chosen(stage, last));
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

    private Value Chosen(Stage stage, Value last)
    {
        var x = new Value(stage, "X", Symbol.LabelRows, last.Width);
        _graph.Add(_spec.Head.Kind == HeadKind.Language
            ? new Select(stage, last, x)
            : new Select(stage, last, x) { Reason = _spec.Head.Rows == HeadRows.All ? "The rows that are asked about." : "One row of each sequence stands for it." });
        return x;
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

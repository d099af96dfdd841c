namespace TransformerGen.Embeddings;

/// <summary>
/// One prediction of word2vec: loss, and its gradients added to sinks. Training passes the tables themselves as sinks and minus the learning rate as
/// factor, which is gradient descent with every row used before it changes; the losses pass tables of gradients and 1.
/// </summary>
internal sealed class Word2VecStep(VectorTable inputs, VectorTable outputs, VectorTable inputSink, VectorTable outputSink, Word2VecObjective objective)
{
    private readonly float[] _hidden = new float[VectorMath.Stride(inputs.Dimension)];
    private readonly float[] _hiddenGradient = new float[VectorMath.Stride(inputs.Dimension)];
    private readonly float[] _probabilities = new float[objective == Word2VecObjective.FullSoftmax ? outputs.Rows : 0];

    /// <summary>What gradients are multiplied with on their way into the sinks.</summary>
    public float Factor { get; set; } = 1;

    /// <summary>The centre predicts one word of its context; h is the centre's input vector.</summary>
    public double SkipGram(int center, int target, ReadOnlySpan<int> negatives)
    {
        // A copy: the sink may be the table that h stands in.
        inputs[center].CopyTo(_hidden);
        double loss = Predict(target, negatives);
        VectorMath.AddScaled(inputSink[center], _hiddenGradient, Factor);
        return loss;
    }

    /// <summary>The mean of the context predicts the centre; every occurrence in the context gets its share of the gradient.</summary>
    public double Cbow(int center, ReadOnlySpan<int> context, ReadOnlySpan<int> negatives)
    {
        float share = 1f / context.Length;
        _hidden.AsSpan().Clear();
        foreach (int word in context)
        {
            VectorMath.AddScaled(_hidden, inputs[word], share);
        }

        double loss = Predict(center, negatives);
        foreach (int word in context)
        {
            VectorMath.AddScaled(inputSink[word], _hiddenGradient, Factor * share);
        }

        return loss;
    }

    private double Predict(int target, ReadOnlySpan<int> negatives)
    {
        _hiddenGradient.AsSpan().Clear();
        if (objective == Word2VecObjective.FullSoftmax)
        {
            return Softmax(target);
        }

        double loss = Logistic(target, 1);
        foreach (int negative in negatives)
        {
            loss += Logistic(negative, 0);
        }

        return loss;
    }

    /// <summary>-log σ(±u · h) of one output word; the gradient of the score is σ(u · h) - label.</summary>
    private float Logistic(int word, float label)
    {
        float score = VectorMath.Dot(outputs[word], _hidden);
        float small = MathF.Exp(-MathF.Abs(score));
        float probability = (score >= 0 ? 1 : small) / (1 + small);
        Spread(word, probability - label);

        // log(1 + e^x) for x = -score where the label is 1, x = score where it is 0.
        return MathF.Max(label > 0 ? -score : score, 0) + MathF.Log(1 + small);
    }

    /// <summary>-log softmax(U h)[target]; the gradient of the scores is softmax - one-hot.</summary>
    private double Softmax(int target)
    {
        Span<float> scores = _probabilities;
        float largest = float.NegativeInfinity;
        for (int word = 0; word < scores.Length; word++)
        {
            scores[word] = VectorMath.Dot(outputs[word], _hidden);
            largest = MathF.Max(largest, scores[word]);
        }

        double loss = largest - scores[target], sum = 0;
        foreach (ref float score in scores)
        {
            score = MathF.Exp(score - largest);
            sum += score;
        }

        float scale = (float)(1 / sum);
        for (int word = 0; word < scores.Length; word++)
        {
            Spread(word, (scores[word] * scale) - (word == target ? 1 : 0));
        }

        return loss + Math.Log(sum);
    }

    /// <summary>A gradient of one score goes to h by way of u, and to u by way of h.</summary>
    private void Spread(int word, float gradient)
    {
        VectorMath.AddScaled(_hiddenGradient, outputs[word], gradient);
        VectorMath.AddScaled(outputSink[word], _hidden, Factor * gradient);
    }
}

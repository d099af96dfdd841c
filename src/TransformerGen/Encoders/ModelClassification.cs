using TransformerGen.Decoding;
using TransformerGen.Model;

namespace TransformerGen.Encoders;

/// <summary>A class and how sure the model is of it.</summary>
/// <param name="Class">The class, from 0.</param>
/// <param name="Name">Its name, as id2label of config.json has it; LABEL_ and its number where there is none.</param>
/// <param name="Probability">From 0 to 1.</param>
public readonly record struct ClassPrediction(int Class, string Name, float Probability);

/// <summary>Classes of sequences or tokens, for models whose head is <see cref="OutputKind.Classes"/>. Any number of callers may use one model at a time.</summary>
public static unsafe class ModelClassification
{
    /// <summary>
    /// Probability of every class: softmax over the classes, or for a multi-label model a sigmoid of each. A row per sequence, or per token where the head answers for
    /// every token.
    /// </summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="tokens">[N] token ids of all sequences, end to end.</param>
    /// <param name="lengths">[S] tokens of each sequence, at least one.</param>
    /// <param name="probabilities">[S, C], or for every token [N, C], receives the probabilities.</param>
    /// <param name="types">[N] type of each token; none for 0 everywhere.</param>
    /// <param name="globals">[N] which tokens are global, for a model that has them; none for what it does by itself (<see cref="ModelInfo.Globals"/>).</param>
    /// <exception cref="ArgumentException">A sequence is empty or too long, an id or a type is none of the model's, the lengths do not add up, or the probabilities do not fit.</exception>
    /// <exception cref="NotSupportedException">The model does not classify.</exception>
    public static void ClassProbabilities<TModel>(
        this TModel model, ReadOnlySpan<int> tokens, ReadOnlySpan<int> lengths, Span<float> probabilities, ReadOnlySpan<int> types = default, ReadOnlySpan<bool> globals = default)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = RequireClasses(TModel.Info);
        model.Forward(tokens, lengths, types, globals, probabilities);
        for (int at = 0; at < probabilities.Length; at += info.Classes)
        {
            Normalize(info, probabilities.Slice(at, info.Classes));
        }
    }

    /// <summary>The most probable class of each sequence.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence, at least one.</param>
    /// <param name="types">Types of each sequence's tokens; null for 0 everywhere.</param>
    /// <returns>A class for each sequence.</returns>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id or a type is none of the model's.</exception>
    /// <exception cref="NotSupportedException">The model does not classify sequences.</exception>
    public static ClassPrediction[] Classify<TModel>(this TModel model, IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types = null)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sequences);
        return RequireClasses(TModel.Info).Rows != OutputRows.All
            ? [.. Best(model, sequences, types)]
            : throw new NotSupportedException($"{TModel.Info.Name} has a class for each token. Call ClassifyTokens.");
    }

    /// <summary>The most probable class of each token.</summary>
    /// <typeparam name="TModel">The generated class.</typeparam>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence, at least one.</param>
    /// <param name="types">Types of each sequence's tokens; null for 0 everywhere.</param>
    /// <returns>For each sequence a class for each token.</returns>
    /// <exception cref="ArgumentException">A sequence is empty or too long, or an id or a type is none of the model's.</exception>
    /// <exception cref="NotSupportedException">The model does not classify tokens.</exception>
    public static ClassPrediction[][] ClassifyTokens<TModel>(this TModel model, IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types = null)
        where TModel : class, ITransformer<TModel>
    {
        ArgumentNullException.ThrowIfNull(sequences);
        if (RequireClasses(TModel.Info).Rows != OutputRows.All)
        {
            throw new NotSupportedException($"{TModel.Info.Name} has one class for each sequence. Call Classify.");
        }

        ClassPrediction[] all = Best(model, sequences, types);
        var result = new ClassPrediction[sequences.Count][];
        for (int s = 0, at = 0; s < result.Length; at += sequences[s++].Length)
        {
            result[s] = all.AsSpan(at, sequences[s].Length).ToArray();
        }

        return result;
    }

    private static ClassPrediction[] Best<TModel>(TModel model, IReadOnlyList<int[]> sequences, IReadOnlyList<int[]>? types)
        where TModel : class, ITransformer<TModel>
    {
        ModelInfo info = TModel.Info;
        (int[] tokens, int[] lengths, int[] packedTypes) = SequencePacking.Pack(sequences, types);
        int rows = info.Rows == OutputRows.All ? tokens.Length : lengths.Length;
        var probabilities = new float[checked(rows * info.Classes)];
        model.ClassProbabilities(tokens, lengths, probabilities, packedTypes);
        var best = new ClassPrediction[rows];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> one = probabilities.AsSpan(row * info.Classes, info.Classes);
            int most = 0;
            for (int c = 1; c < one.Length; c++)
            {
                most = one[c] > one[most] ? c : most;
            }

            best[row] = new ClassPrediction(most, most < info.ClassNames.Count ? info.ClassNames[most] : $"LABEL_{most}", one[most]);
        }

        return best;
    }

    private static void Normalize(ModelInfo info, Span<float> row)
    {
        if (info.Loss == OutputLoss.MultiLabel)
        {
            foreach (ref float x in row)
            {
                x = (float)(1 / (1 + Math.Exp(-(double)x)));
            }

            return;
        }

        LogitMath.Softmax(row);
    }

    private static ModelInfo RequireClasses(ModelInfo info) =>
        info.Output != OutputKind.Classes ? throw new NotSupportedException($"{info.Name} has no head that classifies. Compile it with Head = ModelHead.SequenceClassification or TokenClassification.")
        : info.Loss == OutputLoss.Regression ? throw new NotSupportedException($"{info.Name} is trained towards numbers, which are no probabilities. Call Forward for the numbers.")
        : info;
}

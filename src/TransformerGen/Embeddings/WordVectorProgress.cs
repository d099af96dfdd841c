namespace TransformerGen.Embeddings;

/// <summary>Where the training of word vectors is.</summary>
/// <param name="Epoch">The pass over the material, from 0.</param>
/// <param name="Done">Words (word2vec) or pairs (GloVe) of all epochs that are done, those of earlier calls included.</param>
/// <param name="Total">Of all epochs.</param>
/// <param name="Loss">Mean loss, in nats for word2vec, of the predictions or pairs since the last report; 0 when there were none.</param>
/// <param name="LearningRate">The rate now.</param>
/// <param name="Elapsed">Since this call began.</param>
public readonly record struct WordVectorProgress(int Epoch, long Done, long Total, double Loss, double LearningRate, TimeSpan Elapsed);

/// <summary>How the training of word vectors ended.</summary>
/// <param name="Completed">Whether all epochs are done; false when it was cancelled.</param>
/// <param name="Loss">Mean loss of the predictions or pairs of the last epoch that this call worked on; 0 when there were none.</param>
/// <param name="Elapsed">Time of this call.</param>
public readonly record struct WordVectorFit(bool Completed, double Loss, TimeSpan Elapsed);

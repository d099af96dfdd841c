namespace Generate;

/// <summary>What the command line asked for.</summary>
/// <param name="Model">Folder of the model; null for the usual place.</param>
/// <param name="Prompt">How the story begins; empty leaves that to the model.</param>
/// <param name="MaxTokens">The most tokens to generate.</param>
/// <param name="Temperature">0 takes the most probable token each time.</param>
/// <param name="TopP">Draws from the most probable tokens that together reach this probability.</param>
/// <param name="Seed">Seed of the draws; null takes another one each time.</param>
/// <param name="Ids">Print the generated ids on one line in place of the text.</param>
internal sealed record StoryOptions(string? Model, string Prompt, int MaxTokens, double Temperature, double TopP, ulong? Seed, bool Ids);

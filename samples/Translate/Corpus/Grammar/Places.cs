namespace Translate.Corpus.Grammar;

/// <summary>A place, with the French words for both "to" and "at" and the two English ones.</summary>
/// <param name="French">"à Paris", "en France", "au cinéma".</param>
/// <param name="EnglishTo">"to Paris", "to France", "to the cinema".</param>
/// <param name="EnglishAt">"in Paris", "in France", "at the cinema".</param>
/// <param name="IsTown">Whether one can live there.</param>
internal sealed record Place(string French, string EnglishTo, string EnglishAt, bool IsTown)
{
    /// <summary>Where somebody goes.</summary>
    public Phrase To => new(French, EnglishTo);

    /// <summary>Where somebody is.</summary>
    public Phrase At => new(French, EnglishAt);
}

/// <summary>The places of the phrasebook.</summary>
internal static class Places
{
    public static readonly Place[] Towns =
    [
        new("à Paris", "to Paris", "in Paris", true),
        new("à Lyon", "to Lyon", "in Lyon", true),
        new("à Londres", "to London", "in London", true),
        new("en France", "to France", "in France", true),
        new("en Italie", "to Italy", "in Italy", true),
        new("au Canada", "to Canada", "in Canada", true),
    ];

    public static readonly Place[] Spots =
    [
        new("au cinéma", "to the cinema", "at the cinema", false),
        new("au marché", "to the market", "at the market", false),
        new("au restaurant", "to the restaurant", "at the restaurant", false),
        new("à la gare", "to the station", "at the station", false),
        new("à la plage", "to the beach", "at the beach", false),
        new("à l'hôtel", "to the hotel", "at the hotel", false),
        new("à l'école", "to school", "at school", false),
    ];

    public static readonly Place Home = new("à la maison", "home", "at home", false);

    /// <summary>Everywhere one can go.</summary>
    public static readonly Place[] All = [.. Towns, .. Spots];
}

namespace TransformerGen.Generated.Tests.Pretraining;

/// <summary>
/// Sentences about four topics. A sentence says nothing but its words: each topic has nouns, verbs and adjectives of its own, which share templates and
/// plain words with the others. A few labelled sentences hold a part of the words alone; which words belong together is what unlabelled text tells.
/// </summary>
internal static class TopicText
{
    private static readonly (string[] Nouns, string[] Verbs, string[] Adjectives)[] s_topics =
    [
        (["kettle", "oven", "dough", "spoon", "onion", "butter", "stew", "pan", "cheese", "plate", "flour", "ladle"],
            ["stirs", "bakes", "peels", "tastes", "fries", "simmers", "salts"], ["crisp", "sweet", "greasy", "tender", "bitter", "ripe"]),
        (["anchor", "sail", "harbour", "mast", "whale", "rudder", "buoy", "oar", "reef", "captain", "tide", "hull"],
            ["steers", "rows", "moors", "dives", "drifts", "hoists", "sinks"], ["salty", "stormy", "seaworthy", "barnacled", "foamy", "deep"]),
        (["hammer", "plank", "chisel", "nail", "bench", "saw", "varnish", "hinge", "screw", "vice", "drill", "joint"],
            ["planes", "sands", "clamps", "glues", "carves", "bolts", "measures"], ["oaken", "rusty", "square", "splintered", "dusty", "blunt"]),
        (["violin", "choir", "drum", "melody", "flute", "chord", "organ", "tenor", "bow", "scale", "cello", "rhythm"],
            ["sings", "hums", "plays", "tunes", "conducts", "strums", "rehearses"], ["loud", "solemn", "minor", "graceful", "mellow", "shrill"]),
    ];

    private static readonly string[] s_people = ["she", "he", "everyone", "nobody", "the boy", "my aunt", "the old man", "her friend"];
    private static readonly string[] s_times = ["today", "at noon", "again", "every morning", "for an hour", "last week", "before it rains", "in silence"];

    /// <summary>Topics there are.</summary>
    public static int Topics => s_topics.Length;

    /// <summary>The topic that a word belongs to; -1 for the plain ones.</summary>
    /// <param name="word">The word.</param>
    public static int TopicOf(string word) => Array.FindIndex(s_topics, topic => topic.Nouns.Contains(word) || topic.Verbs.Contains(word) || topic.Adjectives.Contains(word));

    /// <summary>A sentence about a topic.</summary>
    /// <param name="random">What draws its words.</param>
    /// <param name="topic">The topic, from 0.</param>
    public static string Sentence(Random random, int topic)
    {
        string Any(string[] words) => words[random.Next(words.Length)];
        (string[] nouns, string[] verbs, string[] adjectives) = s_topics[topic];
        string noun = Any(nouns), other = Any(nouns), verb = Any(verbs), adjective = Any(adjectives), person = Any(s_people), time = Any(s_times);
        return random.Next(5) switch
        {
            0 => $"{person} {verb} near the {adjective} {noun} {time}.",
            1 => $"the {noun} and the {other} are {adjective} {time}.",
            2 => $"{time} {person} {verb} the {adjective} {noun} with a {other}.",
            3 => $"where is the {adjective} {noun} that {person} {verb}?",
            _ => $"{person} wants the {adjective} {noun}, not the {other}.",
        };
    }
}

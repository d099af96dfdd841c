namespace TransformerGen.Decoding;

/// <summary>Argument checks whose messages name the argument, what it was and what is allowed.</summary>
internal static class Require
{
    public static int AtLeast(int least, int value, string name) =>
        value >= least ? value : throw Outside(name, value, $"an integer of at least {least}");

    public static double PositiveFinite(double value, string name) =>
        value > 0 && double.IsFinite(value) ? value : throw Outside(name, value, "a finite number above 0");

    public static double Between(double least, double most, double value, string name) =>
        value >= least && value <= most ? value : throw Outside(name, value, $"a number from {least} to {most}");

    public static double InsideUnit(double value, string name) =>
        value > 0 && value < 1 ? value : throw Outside(name, value, "a number above 0 and below 1");

    public static void Token(int token, int vocabulary, string name)
    {
        if ((uint)token >= (uint)vocabulary) throw Outside(name, token, $"a token from 0 to {vocabulary - 1} (the vocabulary has {vocabulary})");
    }

    public static ArgumentOutOfRangeException Outside(string name, object value, string allowed) =>
        new(name, value, FormattableString.Invariant($"{name} is {value}. Expected {allowed}."));
}

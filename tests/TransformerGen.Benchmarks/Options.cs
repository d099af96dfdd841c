namespace TransformerGen.Benchmarks;

/// <summary>Options of a command: --name value, or --name alone.</summary>
internal sealed class Options(string[] args)
{
    /// <summary>The value after --name, or the default.</summary>
    public string Text(string name, string otherwise)
    {
        int at = Array.IndexOf(args, "--" + name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }

    /// <summary>The whole number after --name, or the default.</summary>
    public int Number(string name, int otherwise) =>
        int.Parse(Text(name, otherwise.ToString(System.Globalization.CultureInfo.InvariantCulture)), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether --name is there.</summary>
    public bool Has(string name) => args.Contains("--" + name);
}

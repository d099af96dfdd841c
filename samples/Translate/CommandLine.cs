using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Translate.Session;

namespace Translate;

/// <summary>The arguments and options of the program, with their help and their checks.</summary>
internal static class CommandLine
{
    /// <summary>The command; parsing it and invoking the result runs the session.</summary>
    /// <param name="run">Runs a session and gives its exit code.</param>
    public static RootCommand Create(Func<SessionOptions, int> run)
    {
        var sentences = new Argument<string[]>("sentences")
        {
            Description = "French sentences to translate, each in quotes. Without any, a model that is there opens a prompt.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var data = new Option<FileInfo?>("--data")
        {
            Description = "Learn the pairs of this file instead of the phrasebook: source, tab, target on each line, UTF-8.",
        };
        var retrain = new Option<bool>("--retrain") { Description = "Train anew although there is a model or a checkpoint." };
        var beam = new Option<int>("--beam") { Description = "Beams of the search; 1 is greedy.", DefaultValueFactory = _ => 1 };
        var epochs = new Option<int?>("--epochs") { Description = "Passes over the training pairs; by default chosen by the model." };
        var minutes = new Option<double?>("--minutes") { Description = "Minutes after which training ends at the latest." };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads to compute with; by default one for each processor, at most 8.",
            DefaultValueFactory = _ => Math.Min(8, Environment.ProcessorCount),
        };
        var model = new Option<DirectoryInfo?>("--model")
        {
            Description = "The folder of the model; by default models/phrasebook, or models/data-NAME with --data, next to the program.",
        };

        InRange(beam, 1, 64);
        InRange(epochs, 1, 100_000);
        InRange(threads, 1, 256);
        minutes.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out double value) && !(value > 0 && value <= 100_000))
                result.AddError($"--minutes is {token.Value}; it must be above 0 and at most 100000.");
        });
        sentences.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
                if (token.Value.StartsWith("--", StringComparison.Ordinal)) result.AddError($"There is no option {token.Value}; --help lists them all.");
        });
        data.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<FileInfo?>() is { Exists: false } file)
                result.AddError($"--data names {file.FullName}, which does not exist.");
        });

        var root = new RootCommand("Translates French to English with a small Transformer that it first trains itself, in about a minute.")
        {
            sentences, data, retrain, beam, epochs, minutes, threads, model,
        };
        root.SetAction(parsed => run(new(
            parsed.GetValue(sentences) ?? [], parsed.GetValue(data), parsed.GetValue(retrain), parsed.GetValue(beam),
            parsed.GetValue(epochs), parsed.GetValue(minutes), parsed.GetValue(threads), parsed.GetValue(model))));
        return root;
    }

    /// <summary>Reports a number outside its range; text that is no number gets the parser's own error.</summary>
    private static void InRange(Option option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && long.TryParse(token.Value, CultureInfo.InvariantCulture, out long value) && (value < least || value > most))
            result.AddError($"{option.Name} is {value}; it must be {least} to {most}.");
    });
}

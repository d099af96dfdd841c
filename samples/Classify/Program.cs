using System.CommandLine;
using System.CommandLine.Parsing;

namespace Classify;

/// <summary>The program: reads the command line and runs one session.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        var texts = new Argument<string[]>("texts")
        {
            Description = "Texts to classify, each in quotes. Without any, they are read from standard input, one a line.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var data = new Option<FileInfo?>("--data") { Description = "Learn the lines of this file: label, tab, text, UTF-8; by default the sample's own." };
        var test = new Option<FileInfo?>("--test") { Description = "Test with the lines of this file; by default one line in five of each label is held out of --data." };
        var encoder = new Option<string?>("--base") { Description = "Folder of the pretrained encoder; by default models/all-MiniLM-L6-v2 in ../shared/data beside the checkout." };
        var model = new Option<string?>("--model") { Description = "Folder of the classifier; by default models/requests, or models/data-NAME with --data, next to the program." };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the lines.", DefaultValueFactory = _ => 12 };
        var rate = new Option<double>("--rate") { Description = "Highest learning rate; groups of tensors have a multiple of it.", DefaultValueFactory = _ => 1e-4 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the head, of dropout and of the order of lines.", DefaultValueFactory = _ => 1 };
        var retrain = new Option<bool>("--retrain") { Description = "Train anew although there is a classifier." };

        Exists(data);
        Exists(test);
        InRange(epochs, value => value is >= 1 and <= 10_000, "1 to 10000");
        InRange(rate, value => value is > 0 and <= 1, "above 0 and at most 1");
        texts.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
                if (token.Value.StartsWith("--", StringComparison.Ordinal)) result.AddError($"There is no option {token.Value}; --help lists them all.");
        });

        var root = new RootCommand("Fine-tunes a small encoder on a few labelled lines, and classifies texts with it.")
        {
            texts, data, test, encoder, model, epochs, rate, seed, retrain,
        };
        root.SetAction((parsed, cancellationToken) => Task.FromResult(ClassifySession.Run(
            new ClassifyOptions(
                parsed.GetValue(texts) ?? [], parsed.GetValue(data), parsed.GetValue(test), parsed.GetValue(encoder), parsed.GetValue(model),
                parsed.GetValue(epochs), parsed.GetValue(rate), parsed.GetValue(seed), parsed.GetValue(retrain)),
            cancellationToken)));
        return root.Parse(arguments).InvokeAsync();
    }

    private static void Exists(Option<FileInfo?> option) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<FileInfo?>() is { Exists: false } file) result.AddError($"{option.Name} names {file.FullName}, which does not exist.");
    });

    private static void InRange<T>(Option<T> option, Predicate<T> allows, string range) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && result.GetValueOrDefault<T>() is { } value && !allows(value))
            result.AddError(FormattableString.Invariant($"{option.Name} is {value}; it must be {range}."));
    });
}

using System.CommandLine;

namespace Generate;

/// <summary>The program: reads the command line and tells one story.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        var model = new Option<string?>("--model") { Description = "Folder of the model; by default stories260K in ../shared/data beside the checkout." };
        var prompt = new Option<string>("--prompt") { Description = "How the story begins; by default the model decides.", DefaultValueFactory = _ => "" };
        var maxTokens = new Option<int>("--max-tokens") { Description = "The most tokens to generate.", DefaultValueFactory = _ => 256 };
        var temperature = new Option<double>("--temperature")
        {
            Description = "How daring the story is; 0 always takes the most probable token.",
            DefaultValueFactory = _ => 1,
        };
        var topP = new Option<double>("--top-p")
        {
            Description = "Draw from the most probable tokens that together reach this probability.",
            DefaultValueFactory = _ => 0.9,
        };
        var seed = new Option<ulong?>("--seed") { Description = "The same seed tells the same story; by default another one each time." };
        var ids = new Option<bool>("--ids") { Description = "Print the ids of the generated tokens on one line in place of text." };

        InRange(maxTokens, value => value >= 1, "at least 1");
        InRange(temperature, value => value is >= 0 and <= 100, "0 to 100");
        InRange(topP, value => value is > 0 and <= 1, "above 0 and at most 1");

        var root = new RootCommand("Tells a story with a language model, token by token.") { model, prompt, maxTokens, temperature, topP, seed, ids };
        root.SetAction((parsed, cancellationToken) => StoryCommand.RunAsync(
            new StoryOptions(
                parsed.GetValue(model), parsed.GetValue(prompt)!, parsed.GetValue(maxTokens), parsed.GetValue(temperature),
                parsed.GetValue(topP), parsed.GetValue(seed), parsed.GetValue(ids)),
            Console.Out, Console.Error, cancellationToken));
        return root.Parse(arguments).InvokeAsync();
    }

    private static void InRange<T>(Option<T> option, Predicate<T> allows, string range) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && result.GetValueOrDefault<T>() is { } value && !allows(value))
            result.AddError(FormattableString.Invariant($"{option.Name} is {value}; it must be {range}."));
    });
}

using TransformerGen.Benchmarks;
using TransformerGen.Benchmarks.Costs;
using TransformerGen.Benchmarks.Kernels;
using TransformerGen.Benchmarks.Work;

// Each command is a class with `static int Run(string[] args)`; add it here.
var commands = new SortedDictionary<string, (string Summary, Func<string[], int> Run)>(StringComparer.OrdinalIgnoreCase)
{
    ["W1"] = (DecodingCommand.Summary, DecodingCommand.Run),
    ["W6"] = (TrainingCommand.Summary, TrainingCommand.Run),
    ["attention"] = (AttentionCommand.Summary, AttentionCommand.Run),
    ["bodies"] = (BodiesCommand.Summary, BodiesCommand.Run),
    ["first-token"] = (FirstToken.Summary, FirstToken.Run),
    ["generator"] = (GeneratorCommand.Summary, GeneratorCommand.Run),
    ["multi30k"] = (Multi30kCommand.Summary, Multi30kCommand.Run),
    ["shakespeare"] = (ShakespeareCommand.Summary, ShakespeareCommand.Run),
    ["word-vectors"] = (WordVectorsCommand.Summary, WordVectorsCommand.Run),
    ["kernels"] = (KernelsCommand.Summary, KernelsCommand.Run),
};

if (args.Length > 0 && commands.TryGetValue(args[0], out (string Summary, Func<string[], int> Run) command))
{
    return command.Run(args[1..]);
}

Console.Error.WriteLine("usage: dotnet run -c Release --project tests/TransformerGen.Benchmarks -- COMMAND [options]");
foreach ((string name, (string summary, _)) in commands)
{
    Console.Error.WriteLine($"  {name,-12} {summary}");
}

return 2;

using System.CommandLine;
using Samples;
using TransformerGen.Model;

namespace SemanticSearch;

/// <summary>The program: reads the command line, then searches or writes vectors.</summary>
internal static class Program
{
    private const string Advice =
        """
        A model is a folder with config.json, model.safetensors and its tokenizer.json (or vocab.txt). The sample's own is
        sentence-transformers/all-MiniLM-L6-v2 on Hugging Face: download these three files, then --model FOLDER.
        For a BERT of other sizes, put its config.json in the place of samples/SemanticSearch/model/config.json and run again.
        """;

    private static int Main(string[] arguments)
    {
        var file = new Argument<FileInfo?>("file")
        {
            Description = "Text whose sentences are searched, UTF-8; by default the sample's own.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var ask = new Option<string[]>("--ask") { Description = "Answer this question and end; may be given several times. By default questions are read from standard input." };
        var top = new Option<int>("--top") { Description = "Sentences shown for a question.", DefaultValueFactory = _ => 3 };
        var embed = new Option<FileInfo?>("--embed") { Description = "Write the vector of each line of this file and end." };
        var json = new Option<bool>("--json") { Description = "With --embed: one JSON object a line, with text, input_ids and embedding." };
        var model = new Option<string?>("--model") { Description = "Folder of the model; by default models/all-MiniLM-L6-v2 in ../shared/data beside the checkout." };

        file.Validators.Add(result => RequireExists(result, result.GetValueOrDefault<FileInfo?>()));
        embed.Validators.Add(result => RequireExists(result, result.GetValueOrDefault<FileInfo?>()));
        top.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.GetValueOrDefault<int>() < 1) result.AddError("--top must be at least 1.");
        });

        var root = new RootCommand("Searches the sentences of a text by meaning.") { file, ask, top, embed, json, model };
        root.SetAction(parsed => Run(parsed.GetValue(model), encoder =>
        {
            if (parsed.GetValue(embed) is { } lines)
            {
                using Stream output = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
                EmbedCommand.Run(encoder, File.ReadLines(lines.FullName), parsed.GetValue(json), output);
                return 0;
            }

            var session = new SearchSession(encoder, parsed.GetValue(top));
            string text = parsed.GetValue(file)?.FullName ?? Path.Combine(AppContext.BaseDirectory, "sentences.txt");
            if (!session.Index(text, Console.Error)) return 1;
            if (parsed.GetValue(ask) is { Length: > 0 } questions)
            {
                session.Converse(new StringReader(string.Join('\n', questions)), Console.Out, prompt: null);
                return 0;
            }

            session.Converse(Console.In, Console.Out, Console.IsInputRedirected ? null : "> ");
            return 0;
        }));
        return root.Parse(arguments).Invoke();
    }

    private static int Run(string? model, Func<SentenceEncoder, int> work)
    {
        if (ModelFolder.Find(model, Path.Combine("models", "all-MiniLM-L6-v2"), out string problem) is not { } path)
        {
            Console.Error.WriteLine(problem);
            Console.Error.WriteLine(Advice);
            return 1;
        }

        try
        {
            using SentenceEncoder encoder = SentenceEncoder.Load(path);
            return work(encoder);
        }
        catch (ModelMismatchException mismatch)
        {
            Console.Error.WriteLine(mismatch.Message);
            Console.Error.WriteLine(Advice);
            return 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static void RequireExists(System.CommandLine.Parsing.SymbolResult result, FileInfo? file)
    {
        if (file is { Exists: false }) result.AddError($"{file.FullName} does not exist.");
    }
}

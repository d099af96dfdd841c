using System.CommandLine;
using Spectre.Console;
using Translate.Session;

namespace Translate;

/// <summary>The program: reads the command line and runs one session.</summary>
internal static partial class Program
{
    private const int RedirectedWidth = 10_000;

    private static int Main(string[] arguments)
    {
        RootCommand command = CommandLine.Create(options =>
        {
            ITranslatorEngineFactory? engines = null;
            ChooseEngine(ref engines);
            return TranslateSession.Run(options, engines ?? throw new InvalidOperationException("This build of the sample has no model."), AnsiConsole.Console);
        });

        // Redirected output is for programs and files to read: a line stays a line.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = RedirectedWidth;

        // The session handles Ctrl-C itself: it saves a checkpoint first.
        return command.Parse(arguments).Invoke(new() { ProcessTerminationTimeout = null });
    }

    /// <summary>Names the model that this build translates with.</summary>
    static partial void ChooseEngine(ref ITranslatorEngineFactory? engines);
}

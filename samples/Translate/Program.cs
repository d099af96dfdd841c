using System.CommandLine;
using Spectre.Console;
using Translate.Engine;
using Translate.Session;

namespace Translate;

/// <summary>The program: reads the command line and runs one session.</summary>
internal static class Program
{
    private const int RedirectedWidth = 10_000;

    private static int Main(string[] arguments)
    {
        RootCommand command = CommandLine.Create(options => TranslateSession.Run(options, new TranslatorEngines(), AnsiConsole.Console));

        // Redirected output is for programs and files to read: a line stays a line.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = RedirectedWidth;

        // The session handles Ctrl-C itself: it saves a checkpoint first.
        return command.Parse(arguments).Invoke(new() { ProcessTerminationTimeout = null });
    }
}

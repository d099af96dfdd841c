using Spectre.Console;

namespace Translate.Session;

/// <summary>One run of the program: trains where there is no model yet, then translates.</summary>
internal static class TranslateSession
{
    /// <summary>Runs what the options ask for.</summary>
    /// <returns>0 when all is done, 1 when something the user gave was wrong, 2 when training was interrupted.</returns>
    public static int Run(SessionOptions options, ITranslatorEngineFactory engines, IAnsiConsole console)
    {
        try
        {
            ModelStore store = ModelStore.For(options);
            bool load = store.HasModel && !options.Retrain;
            using ITranslatorEngine? engine = load
                ? engines.Load(store.Directory, options.Threads)
                : new TrainingSession(engines, console, options, store).Run();
            if (engine is null) return 2;

            var session = new TranslationSession(engine, console, options.Beam);
            if (options.Sentences.Count > 0) session.Translate(options.Sentences);
            else if (load) session.Prompt(Console.In);
            return 0;
        }
        catch (OperationCanceledException)
        {
            console.WriteLine("Interrupted.");
            return 2;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            console.MarkupLineInterpolated($"[red]{error.Message}[/]");
            return 1;
        }
    }
}

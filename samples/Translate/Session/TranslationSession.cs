using Spectre.Console;

namespace Translate.Session;

/// <summary>Translates the sentences of the command line, or those typed at a prompt.</summary>
internal sealed class TranslationSession(ITranslatorEngine engine, IAnsiConsole console, int beam)
{
    /// <summary>Translates sentences and writes one translation a line.</summary>
    public void Translate(IReadOnlyList<string> sentences)
    {
        using var interrupt = new InterruptScope();
        foreach (string sentence in sentences) Warn(sentence);
        foreach (string translation in engine.Translate(sentences, beam, interrupt.Token)) console.WriteLine(translation);
    }

    /// <summary>Reads sentences until an empty line or the end of the input.</summary>
    public void Prompt(TextReader input)
    {
        bool typed = !Console.IsInputRedirected;
        if (typed) console.WriteLine("Type a sentence to translate; an empty line ends.");
        while (true)
        {
            if (typed) console.Write("> ");
            string? line = input.ReadLine();
            if (string.IsNullOrWhiteSpace(line)) return;
            Translate([line.Trim()]);
        }
    }

    private void Warn(string sentence)
    {
        IReadOnlyList<string> unseen = engine.Codec.Unseen(sentence);
        if (unseen.Count > 0)
            console.MarkupLineInterpolated($"[yellow]Never seen in training:[/] {string.Join(", ", unseen)}; the translation will be a guess.");
        if (engine.Codec.Encode(sentence).Length is var tokens && tokens > engine.MaxTokens)
            console.MarkupLineInterpolated($"[yellow]Too long:[/] {tokens} tokens; only the first {engine.MaxTokens} are translated.");
    }
}

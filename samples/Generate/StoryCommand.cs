using System.Diagnostics;
using System.Globalization;
using Samples;
using TransformerGen.Model;
using TransformerGen.Text;

namespace Generate;

/// <summary>Tells one story.</summary>
internal static class StoryCommand
{
    private const string Advice =
        """
        A model is a folder with config.json, model.safetensors and its tokenizer (tokenizer.json, or a SentencePiece .model).
        The sample's own is karpathy/tinyllamas, stories260K, on Hugging Face. export.py --version -1 of github.com/karpathy/llama2.c
        turns stories260K.pt into a folder with config.json and pytorch_model.bin; load that with transformers and save_pretrained
        writes model.safetensors. tok512.model goes beside it. Then: --model FOLDER.
        For a Llama of other sizes, put its config.json in the place of samples/Generate/model/config.json and run again.
        """;

    /// <summary>Runs it and gives the exit code.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="output">Where the story goes, and nothing else.</param>
    /// <param name="messages">Where everything else goes.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    public static async Task<int> RunAsync(StoryOptions options, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        if (ModelFolder.Find(options.Model, "stories260K", out string problem) is not { } path)
        {
            messages.WriteLine(problem);
            messages.WriteLine(Advice);
            return 1;
        }

        try
        {
            using Storyteller storyteller = Storyteller.Load(path);
            int[] prompt = storyteller.Encode(options.Prompt);
            if (prompt.Length >= Stories.Info.MaxLength)
            {
                messages.WriteLine($"The prompt has {prompt.Length} tokens; the model reads at most {Stories.Info.MaxLength} with the story.");
                return 1;
            }

            await TellAsync(storyteller, prompt, options, output, messages, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (ModelMismatchException mismatch)
        {
            messages.WriteLine(mismatch.Message);
            messages.WriteLine(Advice);
            return 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
        {
            messages.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            output.WriteLine();
            return 130;
        }
    }

    private static async Task TellAsync(
        Storyteller storyteller, int[] prompt, StoryOptions options, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        ulong seed = options.Seed ?? (ulong)Random.Shared.Next();
        StreamingTextDecoder decoder = storyteller.CreateDecoder();
        if (!options.Ids)
        {
            foreach (int id in prompt) output.Write(decoder.Append(id));
        }

        int count = 0;
        long start = Stopwatch.GetTimestamp(), first = start;
        await foreach (int id in storyteller.TellAsync(prompt, options, seed, cancellationToken).ConfigureAwait(false))
        {
            output.Write(!options.Ids ? decoder.Append(id) : count > 0 ? " " + id.ToString(CultureInfo.InvariantCulture) : id.ToString(CultureInfo.InvariantCulture));
            if (count++ == 0) first = Stopwatch.GetTimestamp();
        }

        TimeSpan waited = Stopwatch.GetElapsedTime(start, first), further = Stopwatch.GetElapsedTime(first);
        output.WriteLine(options.Ids ? "" : decoder.Flush());
        if (options.Ids) return;
        string drawn = options.Temperature > 0 ? string.Create(CultureInfo.InvariantCulture, $"; --seed {seed} tells it again") : "";
        // The first token waits for the prompt and, in a fresh process, for the JIT; the rate is that of the others.
        string rate = count > 1 ? string.Create(CultureInfo.InvariantCulture, $"first after {waited.TotalSeconds:F3} s, then {(count - 1) / further.TotalSeconds:N0} tokens/s") : "";
        messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} token{(count == 1 ? "" : "s")}{(rate.Length > 0 ? ", " + rate : "")}{drawn}"));
    }
}

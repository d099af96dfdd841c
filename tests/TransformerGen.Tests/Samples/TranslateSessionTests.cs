using Spectre.Console;
using Translate.Corpus;
using Translate.Session;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>What a run of the sample does with and without a model, on an engine that only knows its references.</summary>
public sealed class TranslateSessionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly StringWriter output = new();
    private readonly Engines engines = new();

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        output.Dispose();
    }

    [Fact]
    public void The_first_run_trains_judges_and_saves_and_the_second_loads()
    {
        string data = WritePairs("one\tun\nbad line\ntwo\tdeux\nthree\ttrois\nfour\tquatre\n");
        Assert.Equal(0, Run(data, []));
        Assert.Contains("pairs.tsv, line 2:", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("exact match: 100.0 % (1 of 1)", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("BLEU: 50.0", output.ToString(), StringComparison.Ordinal);
        Assert.Equal((1, 0), (engines.Trained, engines.Loaded));
        Assert.False(Directory.Exists(Path.Combine(folder, "model.new")));

        Assert.Equal(0, Run(data, ["two"]));
        Assert.EndsWith("deux\n", output.ToString(), StringComparison.Ordinal);
        Assert.Equal((1, 1), (engines.Trained, engines.Loaded));

        Assert.Equal(0, Run(data, ["two"], retrain: true));
        Assert.Equal((2, 1), (engines.Trained, engines.Loaded));
    }

    [Fact]
    public void An_interrupted_run_saves_no_model_and_keeps_the_checkpoint_until_retrain()
    {
        string data = WritePairs("one\tun\ntwo\tdeux\n");
        engines.Interrupt = true;
        Assert.Equal(2, Run(data, []));
        Assert.False(Directory.Exists(Path.Combine(folder, "model")));
        Assert.Equal(2, Run(data, []));
        Assert.Contains("Resuming from the checkpoint", output.ToString(), StringComparison.Ordinal);
        Assert.Equal([false, true], engines.SawCheckpoint);
        Assert.Equal(2, Run(data, [], retrain: true));
        Assert.Equal([false, true, false], engines.SawCheckpoint);
    }

    [Fact]
    public void Pairs_that_do_not_fit_are_left_out_and_counted_but_not_all_of_them()
    {
        Assert.Equal(0, Run(WritePairs("one\tun\nendless\tsans fin\ntwo\tdeux\nthree\ttrois\n"), []));
        Assert.Contains("1 training pairs are longer than 8 tokens and left out.", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, Run(WritePairs("endless one\tun\nendless two\tdeux\n"), [], retrain: true));
        Assert.Contains("longer than the 8 tokens", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_pairs_is_the_users_mistake()
    {
        Assert.Equal(1, Run(WritePairs("nothing\n"), []));
        Assert.Contains("at least two lines", output.ToString(), StringComparison.Ordinal);
    }

    private int Run(string data, string[] sentences, bool retrain = false)
    {
        IAnsiConsole console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 10_000;
        var options = new SessionOptions(sentences, new(data), retrain, 1, null, null, 1, new(Path.Combine(folder, "model")));
        return TranslateSession.Run(options, engines, console);
    }

    private string WritePairs(string text)
    {
        string path = Path.Combine(folder, "pairs.tsv");
        File.WriteAllText(path, text);
        return path;
    }

    private sealed class Engines : ITranslatorEngineFactory
    {
        private readonly Dictionary<string, string> answers = new() { ["one"] = "un", ["two"] = "deux", ["three"] = "trois", ["four"] = "quatre" };

        public int Trained { get; private set; }

        public int Loaded { get; private set; }

        public bool Interrupt { get; set; }

        public List<bool> SawCheckpoint { get; } = [];

        public ITextCodec LearnCodec(IReadOnlyList<SentencePair> training) => Vocabulary.Build(training);

        public ITranslatorEngine Create(ITextCodec codec, int threads) => new Engine(this, codec);

        public ITranslatorEngine Load(string directory, int threads)
        {
            Loaded++;
            return new Engine(this, Vocabulary.Load(directory));
        }

        public double Bleu(IReadOnlyList<string> translations, IReadOnlyList<string> references) => 50;

        private sealed class Engine(Engines owner, ITextCodec codec) : ITranslatorEngine
        {
            public ITextCodec Codec => codec;

            public string Description => "a table of answers";

            public int MaxTokens => 8;

            public bool Fits(SentencePair pair) => !pair.Source.Contains("endless", StringComparison.Ordinal);

            public TrainingOutcome Train(TrainingJob job, IProgress<TrainingReport> progress, CancellationToken cancellationToken)
            {
                owner.Trained++;
                owner.SawCheckpoint.Add(File.Exists(job.CheckpointPath));
                if (!owner.Interrupt) return TrainingOutcome.Finished;
                File.WriteAllText(job.CheckpointPath, "state");
                return TrainingOutcome.Interrupted;
            }

            public IReadOnlyList<string> Translate(IReadOnlyList<string> sentences, int beam, CancellationToken cancellationToken) =>
                [.. sentences.Select(sentence => owner.answers[sentence])];

            public void Save(string directory) => codec.Save(directory);

            public void Dispose()
            {
            }
        }
    }
}

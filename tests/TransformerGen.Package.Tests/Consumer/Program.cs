using System.Globalization;
using TransformerGen;
using TransformerGen.Decoding;
using TransformerGen.Training;

// A model from an attribute: learns to copy, ten steps.
using Copier copier = Copier.Create(seed: 3);
var batch = new TrainingBatch(Copier.Info);
for (int i = 0; i < 8; i++)
{
    int[] words = [3 + i, 4 + i, 5 + i];
    batch.AddTranslation(words, words);
}

using var trainer = new Trainer<Copier>(copier, new TrainerOptions { Schedule = LearningRateSchedule.Constant(3e-3) });
double first = trainer.Step(batch).Loss, last = first;
for (int step = 2; step <= 10; step++)
{
    last = trainer.Step(batch).Loss;
}

GeneratedSequence copied = copier.Generate([[3, 4, 5]])[0];

// A model from a config.json, saved and loaded again: the same tokens.
using Tiny tiny = Tiny.Create(seed: 4);
string folder = Directory.CreateTempSubdirectory("consumer").FullName;
tiny.Save(folder);
using Tiny loaded = Tiny.Load(folder);
Directory.Delete(folder, recursive: true);
var options = new GenerationOptions { MaxNewTokens = 5 };
bool same = tiny.Generate([[1, 5]], options)[0].Ids.AsSpan().SequenceEqual(loaded.Generate([[1, 5]], options)[0].Ids);

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss fell: {last < first} ({first:F4} to {last:F4})"));
Console.WriteLine($"generated: {copied.Ids.Length > 1}");
Console.WriteLine($"loaded model agrees: {same}");
Console.WriteLine($"vectors: {VectorSupport.Bits}");
return last < first && copied.Ids.Length > 1 && same ? 0 : 1;

[TransformerModel(dModel: 32, heads: 2, layers: 1, vocab: 16, MaxLength = 8, Dropout = 0)]
internal sealed partial class Copier;

[TransformerModel("tiny/config.json")]
internal sealed partial class Tiny;

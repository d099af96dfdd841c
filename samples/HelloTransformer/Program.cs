using System.Text;
using TransformerGen;
using TransformerGen.Decoding;
using TransformerGen.Training;

// A few lines to learn. A token is a byte; 0 fills, 1 begins, 2 ends a line.
string[] lines =
[
    "the quick brown fox jumps over the lazy dog",
    "attention is all you need",
    "a journey of a thousand miles begins with a single step",
];

using Poet poet = Poet.Create(seed: 1);
var batch = new TrainingBatch(Poet.Info);
foreach (string line in lines)
{
    batch.AddText([1, .. Encoding.ASCII.GetBytes(line), 2]);
}

using var trainer = new Trainer<Poet>(poet, new TrainerOptions { Schedule = LearningRateSchedule.Constant(2e-3, warmup: 20) });
for (int step = 1; step <= 150; step++)
{
    StepResult result = trainer.Step(batch);
    if (step % 30 == 0)
    {
        Console.WriteLine($"step {step}: loss {result.Loss:F3}");
    }
}

int[] prompt = [1, .. Encoding.ASCII.GetBytes("att")];
int[] text = poet.Generate([prompt])[0].Ids;
Console.WriteLine(Encoding.ASCII.GetString([.. text.Where(id => id > 2).Select(id => (byte)id)]));

[TransformerModel(dModel: 64, heads: 4, layers: 2, vocab: 128, Architecture = Architecture.Decoder, MaxLength = 64, NormPlacement = NormPlacement.Pre)]
internal sealed partial class Poet;

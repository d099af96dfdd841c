using Generate;
using Xunit;

namespace TransformerGen.Tests.Samples;

/// <summary>samples/Generate with the model of its own.</summary>
public sealed class GenerateTests
{
    // What llama2.c's run.c prints for this model with -t 0.0 -n 200, and NumPy, Rust and Ruby versions of it as well.
    private const string GreedyStory =
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. " +
        "She wanted to play with it, but it was too high.\n" +
        "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to play with your ball, but I can't find it.\"\n" +
        "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"\n" +
        "Lily didn't want to help her mom, so she\n";

    [SharedFact("data/stories260K")]
    public async Task The_greedy_story_is_that_of_other_implementations()
    {
        string model = SharedData.Find("data/stories260K");
        Assert.Equal(GreedyStory, await Tell(new StoryOptions(model, "", 200, 0, 0.9, null, false)));
    }

    [SharedFact("data/stories260K")]
    public async Task The_ids_of_a_story_are_its_text()
    {
        string model = SharedData.Find("data/stories260K");
        string ids = await Tell(new StoryOptions(model, "Once upon", 198, 0, 0.9, null, true));
        using Storyteller storyteller = Storyteller.Load(model);
        TransformerGen.Text.StreamingTextDecoder decoder = storyteller.CreateDecoder();
        string text = string.Concat(storyteller.Encode("Once upon").Concat(ids.Split(' ').Select(int.Parse)).Select(decoder.Append)) + decoder.Flush();
        Assert.StartsWith(text.TrimEnd(), GreedyStory, StringComparison.Ordinal);
        Assert.True(text.Length > GreedyStory.Length / 2);
    }

    [SharedFact("data/stories260K")]
    public async Task A_seed_tells_the_same_story_again_and_another_one_another()
    {
        string model = SharedData.Find("data/stories260K");
        string story = await Tell(new StoryOptions(model, "Tom had a dog.", 60, 1, 0.9, 7, false));
        Assert.StartsWith("Tom had a dog.", story, StringComparison.Ordinal);
        Assert.Equal(story, await Tell(new StoryOptions(model, "Tom had a dog.", 60, 1, 0.9, 7, false)));
        Assert.NotEqual(story, await Tell(new StoryOptions(model, "Tom had a dog.", 60, 1, 0.9, 8, false)));
    }

    [SharedTheory("data/stories260K")]
    [InlineData(20, @"^20 tokens, first after \d+\.\d{3} s, then [\d,]+ tokens/s; --seed 7 tells it again\s*$")]
    [InlineData(1, @"^1 token; --seed 7 tells it again\s*$")]
    public async Task Speed_and_seed_go_to_the_messages(int tokens, string expected)
    {
        string model = SharedData.Find("data/stories260K");
        using var story = new StringWriter();
        using var messages = new StringWriter();
        Assert.Equal(0, await StoryCommand.RunAsync(new StoryOptions(model, "Tom had a dog.", tokens, 1, 0.9, 7, false), story, messages, default));
        Assert.Matches(expected, messages.ToString());
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_an_error_that_says_how_to_get_one()
    {
        using var story = new StringWriter();
        using var messages = new StringWriter();
        string missing = Path.Combine(Path.GetTempPath(), "no-such-model");
        Assert.Equal(1, await StoryCommand.RunAsync(new StoryOptions(missing, "", 10, 0, 1, null, false), story, messages, default));
        Assert.Contains(missing, messages.ToString(), StringComparison.Ordinal);
        Assert.Contains("stories260K", messages.ToString(), StringComparison.Ordinal);
        Assert.Equal("", story.ToString());
    }

    private static async Task<string> Tell(StoryOptions options)
    {
        using var story = new StringWriter { NewLine = "\n" };
        using var messages = new StringWriter();
        Assert.Equal(0, await StoryCommand.RunAsync(options, story, messages, default));
        return story.ToString();
    }
}

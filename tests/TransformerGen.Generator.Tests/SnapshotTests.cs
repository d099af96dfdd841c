using Xunit.Sdk;

namespace TransformerGen.Generator.Tests;

/// <summary>The verifier itself: it must be able to fail.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("snapshots").FullName;
    private readonly List<string> _shown = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Difference_new_file_and_lost_file_fail_and_leave_received_files()
    {
        Write("T.M#Same.g.verified.cs", "same");
        Write("T.M#Changed.g.verified.cs", "old");
        Write("T.M#Lost.g.verified.cs", "lost");
        Write("T.Other#X.g.verified.cs", "of another test");
        Write("T.M#Stale.g.received.cs", "of an earlier run");

        string message = Assert.Throws<TrueException>(() => Verify(("Same.g.cs", "same"), ("Changed.g.cs", "changed"), ("New.g.cs", "new"))).Message;
        Assert.Contains("differs: " + Path.Combine(_folder, "T.M#Changed.g.received.cs"), message, StringComparison.Ordinal);
        Assert.Contains("is new: " + Path.Combine(_folder, "T.M#New.g.received.cs"), message, StringComparison.Ordinal);
        Assert.Contains("is no longer generated: " + Path.Combine(_folder, "T.M#Lost.g.verified.cs"), message, StringComparison.Ordinal);
        Assert.Equal(["T.M#Changed.g.received.cs", "T.M#New.g.received.cs"], Directory.GetFiles(_folder, "*.received.cs").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(["T.M#Changed.g.received.cs", "T.M#New.g.received.cs"], _shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Equal_files_pass()
    {
        Write("T.M#A.g.verified.cs", "a\n");
        Verify(("A.g.cs", "a\n"));
        Assert.Empty(_shown);
    }

    [Fact]
    public void Accepting_makes_the_snapshots_equal()
    {
        Write("T.M#Lost.g.verified.cs", "lost");
        Snapshot.Verify(new Dictionary<string, string> { ["A.g.cs"] = "a" }, _folder, "T.M", (_, _) => Assert.Fail("Nothing to show."), accept: true);
        Assert.Equal("a", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder))));
        Verify(("A.g.cs", "a"));
    }

    private void Verify(params (string Hint, string Text)[] files) => Snapshot.Verify(
        files.ToDictionary(file => file.Hint, file => file.Text), _folder, "T.M", (received, _) => _shown.Add(Path.GetFileName(received)), accept: false);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}

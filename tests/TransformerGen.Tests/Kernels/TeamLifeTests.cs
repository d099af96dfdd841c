using TransformerGen.Kernels;
using Xunit;

namespace TransformerGen.Tests.Kernels;

/// <summary>A team that is disposed, and one whose work fails: nobody waits for ever, and the next work is done.</summary>
public sealed unsafe class TeamLifeTests
{
    // Far beyond what an overloaded machine needs; what these tests look for waits for ever.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_disposed_team_computes_alone() => InTime(() =>
    {
        var team = new Team(3);
        Assert.Equal(3, Threads(team).Distinct().Count());
        team.Dispose();
        team.Dispose();
        Assert.All(Threads(team), id => Assert.Equal(Environment.CurrentManagedThreadId, id));
    });

    [Fact]
    public void Teams_of_everyone_cannot_be_disposed() => InTime(() =>
    {
        int threads = Threads(Team.Shared).Distinct().Count();
        Assert.Equal(Team.Shared.Threads, threads);
        Team.Shared.Dispose();
        Team.Alone.Dispose();
        Assert.Equal(threads, Threads(Team.Shared).Distinct().Count());
        Assert.Single(Threads(Team.Alone).Distinct());
    });

    // Part 0 is the caller's, the others are workers'.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_one_part_throws_reaches_the_caller_when_all_are_done(int failing) => InTime(() =>
    {
        using var team = new Team(3);
        for (int i = 0; i < 20; i++)
        {
            int[] state = [failing, 0, 0, 0];
            fixed (int* start = state)
            {
                int* address = start;
                InvalidDataException exception = Assert.Throws<InvalidDataException>(() => team.Run(3, &Fail, address));
                Assert.Equal($"part {failing}", exception.Message);
            }

            Assert.All(state.Skip(1), done => Assert.Equal(1, done));
            Assert.Equal(3, Threads(team).Distinct().Count());
        }
    });

    [Fact]
    public void Parts_that_all_throw_give_one_exception_and_leave_none_behind() => InTime(() =>
    {
        using var team = new Team(3);
        int[] state = [-1, 0, 0, 0];
        fixed (int* start = state)
        {
            int* address = start;
            Assert.Throws<InvalidDataException>(() => team.Run(3, &Fail, address));
        }

        Assert.Equal(3, Threads(team).Distinct().Count());
    });

    // state: [the part that fails, -1 for all; done by each part]. The others are slow, so that a caller who does not wait for them is seen.
    private static void Fail(int first, int end, void* state)
    {
        var values = (int*)state;
        if (values[0] != first && values[0] >= 0)
        {
            Thread.Sleep(3);
        }

        values[1 + first] = 1;
        if (values[0] == first || values[0] < 0)
        {
            throw new InvalidDataException($"part {first}");
        }
    }

    // The thread of each unit, as many units as threads. Another test may have the shared team just now: then it is asked again.
    private static int[] Threads(Team team)
    {
        var ids = new int[Math.Max(2, team.Threads)];
        for (int attempt = 0; attempt < 200; attempt++)
        {
            fixed (int* start = ids)
            {
                team.Run(ids.Length, &ThreadOf, start);
            }

            if (team != Team.Shared || ids.Distinct().Count() == team.Threads)
            {
                break;
            }

            Thread.Sleep(5);
        }

        return ids;
    }

    private static void ThreadOf(int first, int end, void* state)
    {
        for (int i = first; i < end; i++)
        {
            ((int*)state)[i] = Environment.CurrentManagedThreadId;
        }
    }

    private static void InTime(Action test)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(test)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(s_patience), $"not done within {s_patience}: somebody waits for a thread that is gone");
        Assert.True(failure is null, failure?.ToString());
    }
}

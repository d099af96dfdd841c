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

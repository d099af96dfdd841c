using System.Diagnostics;
using TransformerGen.Kernels;
using Xunit;

namespace TransformerGen.Generated.Tests;

/// <summary>The team: every unit once, whoever does it; no wake-up is lost; a taken team makes nobody wait.</summary>
public sealed unsafe class TeamTests
{
    // Far beyond what an overloaded machine needs; a lost wake-up waits for ever.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_unit_is_done_once(int threads) => InTime(() =>
    {
        using var team = new Team(threads);
        Assert.Equal(threads, team.Threads);
        for (int units = 0; units <= 70; units++)
        {
            var counts = new int[units + 1];
            fixed (int* start = counts)
            {
                team.Run(units, &Count, start);
                Assert.All(counts.Take(units), count => Assert.Equal(1, count));
                team.Run(units, 1 << 20, &Count, start);
                Assert.All(counts.Take(units), count => Assert.Equal(2, count));
                team.Run(units, 1, &Count, start);
                Assert.All(counts.Take(units), count => Assert.Equal(3, count));
                Assert.Equal(0, counts[units]);
            }
        }
    });

    [Fact]
    public void As_many_units_as_threads_are_one_each() => InTime(() =>
    {
        using var team = new Team(4);
        var ids = new int[4];
        fixed (int* start = ids)
        {
            team.Run(4, &ThreadOf, start);
        }

        Assert.Equal(4, ids.Distinct().Count());
        Assert.Equal(Environment.CurrentManagedThreadId, ids[0]);
    });

    [Fact]
    public void Small_work_stays_with_the_caller() => InTime(() =>
    {
        using var team = new Team(2);
        var ids = new int[16];
        fixed (int* start = ids)
        {
            team.Run(16, 4, &ThreadOf, start);
            Assert.All(ids, id => Assert.Equal(Environment.CurrentManagedThreadId, id));
            team.Run(16, 1 << 20, &ThreadOf, start);
            Assert.Equal(2, ids.Distinct().Count());
        }
    });

    [Fact]
    public void Work_that_calls_the_team_again_does_that_alone() => InTime(() =>
    {
        using var team = new Team(3);
        var nested = new Nested(team);
        for (int i = 0; i < 200; i++)
        {
            nested.Run();
        }
    });

    [Fact]
    public void Callers_at_the_same_time_all_get_their_work_done() => InTime(() =>
    {
        using var team = new Team(2);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            var counts = new int[33];
            fixed (int* start = counts)
            {
                for (int i = 1; i <= 500; i++)
                {
                    team.Run(33, &Count, start);
                    if (counts.Any(count => count != i))
                    {
                        throw new InvalidOperationException($"Run {i} did units {string.Join(", ", counts.Select(count => count - i + 1))} times.");
                    }
                }
            }
        });
    });

    [Fact]
    public void A_caller_that_finds_the_team_taken_does_not_wait() => InTime(() =>
    {
        using var team = new Team(2);
        using var inside = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var gate = new Gate(inside, release);
        var holder = new Thread(() => gate.Hold(team));
        holder.Start();
        inside.Wait();
        var ids = new int[8];
        fixed (int* start = ids)
        {
            team.Run(8, &ThreadOf, start);
        }

        Assert.All(ids, id => Assert.Equal(Environment.CurrentManagedThreadId, id));
        release.Set();
        holder.Join();
        fixed (int* start = ids)
        {
            team.Run(8, &ThreadOf, start);
        }

        Assert.Equal(2, ids.Distinct().Count());
    });

    // The dangerous moment is when a worker has decided to sleep and an order comes. It is met by workers that fall asleep at once, and orders that follow each other
    // after anything from nothing to a few hundred nanoseconds.
    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 5)]
    [InlineData(4, 0)]
    [InlineData(4, 3)]
    public void No_wake_up_is_lost(int threads, int pausesBeforeSleep) => InTime(() =>
    {
        using var team = new Team(threads, pausesBeforeSleep);
        var random = new Random(1);
        var counts = new int[threads];
        var watch = Stopwatch.StartNew();
        fixed (int* start = counts)
        {
            int runs = 0;
            while (watch.Elapsed < TimeSpan.FromSeconds(2))
            {
                for (int i = 0; i < 256; i++, runs++)
                {
                    team.Run(threads, &Count, start);
                    for (int wait = random.Next(1 + (60 * (1 + pausesBeforeSleep))); wait > 0; wait--)
                    {
                        Volatile.Read(ref *start);
                    }
                }

                Assert.All(counts, count => Assert.Equal(runs, count));
            }
        }
    });

    [Fact]
    public void Orders_reach_workers_that_have_long_been_asleep() => InTime(() =>
    {
        using var team = new Team(4);
        var counts = new int[64];
        fixed (int* start = counts)
        {
            for (int i = 1; i <= 40; i++)
            {
                team.Run(64, &Count, start);
                Assert.All(counts, count => Assert.Equal(i, count));
                Thread.Sleep(i % 2 == 0 ? 15 : 1);
            }
        }
    });

    [Fact]
    public void Teams_end_awake_and_asleep() => InTime(() =>
    {
        for (int i = 0; i < 20; i++)
        {
            var team = new Team(3);
            var counts = new int[9];
            fixed (int* start = counts)
            {
                team.Run(9, &Count, start);
            }

            Thread.Sleep(i % 2 == 0 ? 0 : 10);
            team.Dispose();
            team.Dispose();
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void A_team_has_1_to_64_threads(int threads) => Assert.Throws<ArgumentOutOfRangeException>(() => new Team(threads));

    private static void InTime(Action test)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                test();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failure = exception;
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(s_patience), $"not done within {s_patience}: a thread of the team was not woken, or does not come back");
        Assert.True(failure is null, failure?.ToString());
    }

    private static void Count(int first, int end, void* state)
    {
        for (int i = first; i < end; i++)
        {
            Interlocked.Increment(ref ((int*)state)[i]);
        }
    }

    private static void ThreadOf(int first, int end, void* state)
    {
        for (int i = first; i < end; i++)
        {
            ((int*)state)[i] = Environment.CurrentManagedThreadId;
        }
    }

    /// <summary>Each unit calls the team again.</summary>
    private sealed class Nested(Team team)
    {
        private static Nested? s_current;

        private readonly int[] _threads = new int[6 * 5], _outer = new int[6];

        public void Run()
        {
            s_current = this;
            _threads.AsSpan().Clear();
            fixed (int* outer = _outer)
            {
                team.Run(6, &Outer, outer);
            }

            for (int i = 0; i < 6; i++)
            {
                Assert.All(_threads.AsSpan(i * 5, 5).ToArray(), id => Assert.Equal(_outer[i], id));
            }
        }

        private static void Outer(int first, int end, void* state)
        {
            Nested nested = s_current!;
            for (int i = first; i < end; i++)
            {
                ((int*)state)[i] = Environment.CurrentManagedThreadId;
                fixed (int* inner = &nested._threads[i * 5])
                {
                    nested.Team.Run(5, &ThreadOf, inner);
                }
            }
        }

        private Team Team => team;
    }

    /// <summary>Work that stays inside until it is released.</summary>
    private sealed class Gate(ManualResetEventSlim inside, ManualResetEventSlim release)
    {
        private static Gate? s_current;

        public void Hold(Team team)
        {
            s_current = this;
            team.Run(2, &Wait, null);
        }

        private static void Wait(int first, int end, void* state)
        {
            if (first == 0)
            {
                s_current!.Inside.Set();
                s_current.Release.Wait();
            }
        }

        private ManualResetEventSlim Inside => inside;

        private ManualResetEventSlim Release => release;
    }
}

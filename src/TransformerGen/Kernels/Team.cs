using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace TransformerGen.Kernels;

/// <summary>
/// A few threads that share one piece of work at a time. Work is split by output, so results have the same bits at any number of threads.
/// The team serves one caller at a time; a caller that finds it taken, or disposed, computes alone, with the same bits and no wait.
/// </summary>
public sealed unsafe class Team : IDisposable
{
    // Spinning answers within a microsecond; after about a millisecond of nothing to do a worker sleeps instead.
    private const int PausesBeforeSleep = 20_000;
    private const int PausesBeforeYield = 50;

    // 16 K floats of element-wise work take about 2 µs: as long as waking the team.
    private const int FloatsWorthSharing = 16 * 1024;

    private const int MostShared = 8;

    private static readonly Lazy<Team> s_shared = new(() => new Team(OperatingSystem.IsBrowser() ? 1 : Math.Min(Environment.ProcessorCount, MostShared), PausesBeforeSleep, isEveryones: true));

    private readonly Worker[] _workers;
    private readonly int _pausesBeforeSleep;
    private readonly bool _isEveryones;
    private int _taken;             // for good once the team is disposed: from then on every caller computes alone
    private int _remaining;
    private int _disposing;
    private volatile bool _disposed;

    private delegate*<int, int, void*, void> _work;
    private void* _state;
    private int _units;
    private ExceptionDispatchInfo? _failure;    // the first exception of a worker

    /// <summary>Creates a team.</summary>
    /// <param name="threads">Threads in all, the caller's included; 1 starts none.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is not in 1..64.</exception>
    public Team(int threads)
        : this(threads, PausesBeforeSleep)
    {
    }

    /// <summary>Creates a team whose workers fall asleep after so many pauses: tests have them do it at once.</summary>
    internal Team(int threads, int pausesBeforeSleep)
        : this(threads, pausesBeforeSleep, isEveryones: false)
    {
    }

    private Team(int threads, int pausesBeforeSleep, bool isEveryones)
    {
        if (threads is < 1 or > 64)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "A team has 1 to 64 threads.");
        }

        _pausesBeforeSleep = pausesBeforeSleep;
        _isEveryones = isEveryones;
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Worker(this, i + 1);
        }
    }

    /// <summary>No threads: the caller does everything.</summary>
    public static Team Alone { get; } = new(1, PausesBeforeSleep, isEveryones: true);

    /// <summary>The team of whoever brings none: a thread per processor, at most 8, and no threads in a browser. It starts when first asked for and lasts as long as the process: disposing of it does nothing.</summary>
    public static Team Shared => s_shared.Value;

    /// <summary>Threads in all, the caller's included.</summary>
    public int Threads => _workers.Length + 1;

    /// <summary>Runs work(first, end, state) so that every unit in [0, units) is covered exactly once; returns when all of it is done.</summary>
    /// <param name="units">Units of work: column panels, heads, blocks of rows.</param>
    /// <param name="work">Does the units [first, end). When it throws, on whatever thread, the caller gets that exception once all threads are done; the team can be used again.</param>
    /// <param name="state">Passed through, usually the address of a struct on the caller's stack.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int units, delegate*<int, int, void*, void> work, void* state)
    {
        if (units <= 1 || _workers.Length == 0 || Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
        {
            if (units > 0)
            {
                work(0, units, state);
            }

            return;
        }

        _work = work;
        _state = state;
        _units = units;
        Volatile.Write(ref _remaining, _workers.Length);
        foreach (Worker worker in _workers)
        {
            worker.Start();
        }

        ExceptionDispatchInfo? failure;
        try
        {
            work(0, End(0), state);
        }
        finally
        {
            // Even when this part fails the workers are still at theirs, on the caller's stack.
            int pauses = 0;
            while (Volatile.Read(ref _remaining) != 0)
            {
                Pause(ref pauses);
            }

            failure = _failure;
            _failure = null;
            Volatile.Write(ref _taken, 0);
        }

        failure?.Throw();
    }

    /// <summary>Like the other overload, but small work stays with the caller: starting another thread costs microseconds.</summary>
    /// <param name="units">Units of work.</param>
    /// <param name="floatsPerUnit">About how many floats one unit touches.</param>
    /// <param name="work">Does the units [first, end).</param>
    /// <param name="state">Passed through.</param>
    public void Run(int units, int floatsPerUnit, delegate*<int, int, void*, void> work, void* state)
    {
        if ((long)units * floatsPerUnit >= FloatsWorthSharing)
        {
            Run(units, work, state);
        }
        else if (units > 0)
        {
            work(0, units, state);
        }
    }

    /// <summary>
    /// Ends the threads, after the work that is being done. Whoever still has the team computes alone from then on, with the same bits. Does nothing to
    /// <see cref="Shared"/> and <see cref="Alone"/>, which are everyone's. Must not be called from inside the team's own work.
    /// </summary>
    public void Dispose()
    {
        if (_isEveryones || Interlocked.Exchange(ref _disposing, 1) != 0)
        {
            return;
        }

        int pauses = 0;
        while (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
        {
            Pause(ref pauses);
        }

        _disposed = true;
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }
    }

    private int End(int part) => (int)((long)_units * (part + 1) / Threads);

    private static void Pause(ref int pauses)
    {
        if (++pauses % PausesBeforeYield == 0)
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(1);
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly Team _team;
        private readonly int _part;
        private readonly Thread _thread;
        private readonly SemaphoreSlim _wake = new(0);
        private int _orders;
        private int _sleeping;

        public Worker(Team team, int part)
        {
            _team = team;
            _part = part;
            _thread = new Thread(Loop) { IsBackground = true, Name = $"TransformerGen {part}" };
            _thread.Start();
        }

        public void Start()
        {
            Interlocked.Increment(ref _orders);
            if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            {
                _wake.Release();
            }
        }

        public void Dispose()
        {
            Start();
            _thread.Join();
            _wake.Dispose();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Loop()
        {
            int done = 0;
            while (true)
            {
                int pauses = 0;
                while (Volatile.Read(ref _orders) == done)
                {
                    if (pauses < _team._pausesBeforeSleep)
                    {
                        Pause(ref pauses);
                        continue;
                    }

                    pauses = 0;
                    Interlocked.Exchange(ref _sleeping, 1);
                    if (Volatile.Read(ref _orders) == done)
                    {
                        _wake.Wait();
                    }
                    else if (Interlocked.Exchange(ref _sleeping, 0) == 0)
                    {
                        _wake.Wait();       // the order's release is on its way: take it, so that none is left over
                    }
                }

                done++;
                if (_team._disposed)
                {
                    return;
                }

                int first = _team.End(_part - 1), end = _team.End(_part);
                if (end > first)
                {
                    try
                    {
                        _team._work(first, end, _team._state);
                    }
                    catch (Exception exception)
                    {
                        Interlocked.CompareExchange(ref _team._failure, ExceptionDispatchInfo.Capture(exception), null);
                    }
                }

                Interlocked.Decrement(ref _team._remaining);
            }
        }
    }
}

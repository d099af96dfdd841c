using System.Collections.Concurrent;
using TransformerGen.Kernels;
using TransformerGen.Model;

namespace TransformerGen.Decoding;

/// <summary>
/// Workspaces of a model, one per concurrent caller, kept for the next. Safe for concurrent callers; all of them share the weights. Decoding
/// sessions are made from the workspaces when one is asked for.
/// </summary>
/// <typeparam name="TModel">The generated class.</typeparam>
public sealed class SessionPool<TModel> : IDisposable
    where TModel : class, ITransformer<TModel>
{
    private readonly TModel _model;
    private readonly ConcurrentBag<Entry> _idle = [];
    private int _idleCount;
    private volatile bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="model">The model.</param>
    /// <param name="team">Who computes; null is <see cref="Team.Shared"/>. A caller that finds the team taken computes alone, with the same bits.</param>
    public SessionPool(TModel model, Team? team = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        Team = team ?? Team.Shared;
    }

    /// <summary>Who computes for sessions that are rented from now on.</summary>
    public Team Team { get; set; }

    /// <summary>How many workspaces are kept while nobody uses them; more are freed when they come back.</summary>
    public int MaxIdle { get; set; } = Environment.ProcessorCount;

    /// <summary>Workspaces that nobody uses now.</summary>
    public int Idle => Volatile.Read(ref _idleCount);

    /// <summary>A decoding session for one caller; dispose the lease to give it back.</summary>
    /// <exception cref="NotSupportedException">The model has no decoder.</exception>
    /// <exception cref="ObjectDisposedException">The pool or the model is disposed.</exception>
    public SessionLease<TModel> Rent()
    {
        Entry entry = Take();
        try
        {
            entry.Session ??= new DecodingSession<TModel>(entry.Workspace);
            entry.Session.Reserve(0);
        }
        catch
        {
            Return(entry);
            throw;
        }

        return new SessionLease<TModel>(this, entry);
    }

    /// <summary>A workspace for one caller without a decoding session; dispose the lease to give it back.</summary>
    internal SessionLease<TModel> RentWorkspace() => new(this, Take());

    internal void Return(Entry entry)
    {
        if (_disposed)
        {
            entry.Workspace.Dispose();
        }
        else
        {
            Keep(entry);
        }
    }

    /// <summary>The second half of <see cref="Return"/>: between the two the pool may have been disposed.</summary>
    internal void Keep(Entry entry)
    {
        if (Interlocked.Increment(ref _idleCount) > MaxIdle)
        {
            Interlocked.Decrement(ref _idleCount);
            entry.Workspace.Dispose();
            return;
        }

        _idle.Add(entry);

        // Dispose empties the bag behind the flag that it sets, and this looks at the flag behind the addition: one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (_disposed)
        {
            Drain();
        }
    }

    /// <summary>Frees the workspaces that nobody uses; those in use are freed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        Interlocked.MemoryBarrier();
        Drain();
    }

    private void Drain()
    {
        while (_idle.TryTake(out Entry? entry))
        {
            Interlocked.Decrement(ref _idleCount);
            entry.Workspace.Dispose();
        }
    }

    private Entry Take()
    {
        _model.Weights.ThrowIfDisposed();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_idle.TryTake(out Entry? entry))
        {
            Interlocked.Decrement(ref _idleCount);
            entry.Workspace.Team = Team;
            return entry;
        }

        return new Entry(new Workspace(_model.Weights, Team));
    }

    internal sealed class Entry(Workspace workspace)
    {
        public Workspace Workspace { get; } = workspace;

        public DecodingSession<TModel>? Session { get; set; }
    }
}

/// <summary>A session that is one caller's until the lease is disposed.</summary>
/// <typeparam name="TModel">The generated class.</typeparam>
public sealed class SessionLease<TModel> : IDisposable
    where TModel : class, ITransformer<TModel>
{
    private readonly SessionPool<TModel> _pool;
    private SessionPool<TModel>.Entry? _entry;

    internal SessionLease(SessionPool<TModel> pool, SessionPool<TModel>.Entry entry) => (_pool, _entry) = (pool, entry);

    /// <summary>The session.</summary>
    /// <exception cref="ObjectDisposedException">The lease is over.</exception>
    public DecodingSession<TModel> Session => Entry.Session!;

    internal Workspace Workspace => Entry.Workspace;

    private SessionPool<TModel>.Entry Entry => _entry ?? throw new ObjectDisposedException(nameof(SessionLease<TModel>), "The session went back to its pool; rent another.");

    /// <summary>Gives the session back. Only the first call does anything.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _entry, null) is { } entry)
        {
            _pool.Return(entry);
        }
    }
}

namespace Translate.Session;

/// <summary>Turns the first Ctrl-C into a cancelled token, so that work can save itself; the second ends the program.</summary>
internal sealed class InterruptScope : IDisposable
{
    private readonly CancellationTokenSource source = new();

    /// <summary>Begins to listen.</summary>
    public InterruptScope() => Console.CancelKeyPress += OnCancel;

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public CancellationToken Token => source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs e)
    {
        if (source.IsCancellationRequested) return;
        e.Cancel = true;
        source.Cancel();
    }
}

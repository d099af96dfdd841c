using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace TransformerGen.Generated.Tests.Jit;

/// <summary>How the JIT compiled one method.</summary>
/// <param name="Type">Its type, as the runtime names it: Outer+Inner.</param>
/// <param name="Name">Its name.</param>
/// <param name="Token">Its metadata token.</param>
/// <param name="GivenUp">The JIT found it too large and compiled it without optimising.</param>
internal sealed record JittedMethod(string Type, string Name, int Token, bool GivenUp);

/// <summary>Listens to what this process's JIT says about every method it compiles.</summary>
internal sealed class JitEvents : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10;

    // MethodFlags of MethodLoadVerbose: bits 7 to 9 are the tier; 1 is MinOptJitted, which with tiers switched off means that the JIT gave up.
    private const int TierShift = 7, TierMask = 7, MinOptJitted = 1;

    // A field initialiser would run too late: the base class's constructor already reports event sources.
    private static readonly ConcurrentQueue<JittedMethod> s_methods = new();

    /// <summary>All methods reported so far, by any listener.</summary>
    public static IReadOnlyCollection<JittedMethod> Methods => s_methods;

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Jit);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is { } name && name.StartsWith("MethodLoadVerbose", StringComparison.Ordinal))
        {
            object? Field(string field) => eventData.Payload![eventData.PayloadNames!.IndexOf(field)];
            int tier = (Convert.ToInt32(Field("MethodFlags"), System.Globalization.CultureInfo.InvariantCulture) >> TierShift) & TierMask;
            s_methods.Enqueue(new JittedMethod(
                (string)Field("MethodNamespace")!, (string)Field("MethodName")!, Convert.ToInt32(Field("MethodToken"), System.Globalization.CultureInfo.InvariantCulture), tier == MinOptJitted));
        }
    }
}

using TransformerGen.Generated.Tests.Jit;

namespace TransformerGen.Generated.Tests;

/// <summary>Entry of the child processes that tests start; the tests themselves are run by the test host.</summary>
internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["vectors"] => VectorCommand.Run(),
        ["jit"] => JitCommand.Run(),
        ["text"] => TextCommand.Run(),
        _ => Usage(),
    };

    private static int Usage()
    {
        Console.Error.WriteLine("usage: vectors | jit | text (all are started by tests; run 'dotnet test' instead)");
        return 2;
    }
}

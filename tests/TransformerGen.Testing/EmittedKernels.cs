using System.Reflection;
using TransformerGen.Generator.Emit;

namespace TransformerGen.Testing;

/// <summary>Kernels compiled as a generated model holds them, nested in one class, with public methods that forward to them.</summary>
internal sealed class EmittedKernels
{
    private readonly Type _host;

    /// <summary>Compiles kernels and forwarding methods.</summary>
    /// <param name="kernels">What the class holds.</param>
    /// <param name="forwards">Members of the host: public static methods that call into the nested classes.</param>
    public EmittedKernels(KernelSet kernels, string forwards)
    {
        var writer = new SourceWriter();
        writer.Lines("#nullable enable\nusing System;\nusing System.Runtime.CompilerServices;\nusing System.Runtime.Intrinsics;\nusing TransformerGen.Kernels;\nusing TransformerGen.Model;\n");
        using (writer.Open("internal static unsafe partial class Host"))
        {
            writer.Lines(forwards).Blank();
            kernels.Emit(writer);
        }

        Source = writer.ToString();
        Assembly assembly = InMemoryCompiler.Load(InMemoryCompiler.Create("EmittedKernels" + Guid.NewGuid().ToString("N"), Source));
        _host = assembly.GetType("Host", throwOnError: true)!;
    }

    /// <summary>The C# that was compiled.</summary>
    public string Source { get; }

    /// <summary>Address of a forwarding method, to be called through a function pointer.</summary>
    public nint Address(string method) =>
        (_host.GetMethod(method) ?? throw new MissingMethodException("Host", method)).MethodHandle.GetFunctionPointer();
}

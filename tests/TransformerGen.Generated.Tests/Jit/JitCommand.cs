using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Loader;
using System.Text;
using TransformerGen.Decoding;
using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;
using TransformerGen.Training;

namespace TransformerGen.Generated.Tests.Jit;

/// <summary>
/// Trains and decodes with generated models, has the JIT compile what that left out, and reports what the JIT said. To be run with
/// DOTNET_TieredCompilation=0, where every method is compiled once, with optimisation, unless the JIT finds it too large.
/// </summary>
internal static class JitCommand
{
    private const int ControlStatements = 9000;

    private const BindingFlags Everything = BindingFlags.DeclaredOnly | BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static int Run()
    {
        using var events = new JitEvents();
        Assembly models = new AssemblyLoadContext("JitModels").LoadFromStream(new MemoryStream(JitModels.Compile()));
        foreach ((string name, _) in JitModels.All)
        {
            typeof(JitCommand).GetMethod(nameof(TrainAndDecode), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(models.GetType(name, true)!).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [], null);
        }

        MethodBase[] ours = [.. MethodsOf(models)];
        foreach (MethodBase method in ours)
        {
            Prepare(method);
        }

        // The control comes last: when its event has arrived, all have.
        MethodInfo control = Control();
        RuntimeHelpers.PrepareMethod(control.MethodHandle);
        JittedMethod[] reported = WaitFor(control);

        ILookup<int, JittedMethod> byToken = reported.Where(IsOurs).ToLookup(m => m.Token);
        MethodBase[] missing = [.. ours.Where(m => !byToken.Contains(m.MetadataToken))];
        JittedMethod[] givenUp = [.. reported.Where(m => IsOurs(m) && m.GivenUp)];
        bool caught = reported.Any(m => IsControl(m, control) && m.GivenUp);
        Console.WriteLine($"emitted {ours.Length}, compiled {byToken.Count} in {byToken.Sum(m => m.Count())} instances");
        Console.WriteLine($"control of {control.GetMethodBody()!.GetILAsByteArray()!.Length} bytes {(caught ? "given up" : "optimised")}");
        foreach (MethodBase method in missing)
        {
            Console.WriteLine($"missing {method.DeclaringType}.{method.Name}");
        }

        foreach (JittedMethod method in givenUp)
        {
            Console.WriteLine($"given up {method.Type}.{method.Name}");
        }

        return caught && missing.Length == 0 && givenUp.Length == 0 && ours.Length > 0 ? 0 : 1;
    }

    private static bool IsOurs(JittedMethod method) =>
        JitModels.All.Any(m => method.Type == m.Name || method.Type.StartsWith(m.Name + "+", StringComparison.Ordinal));

    private static bool IsControl(JittedMethod method, MethodInfo control) => method.Type == control.DeclaringType!.Name && method.Name == control.Name;

    private static JittedMethod[] WaitFor(MethodInfo control)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!JitEvents.Methods.Any(m => IsControl(m, control)))
        {
            if (watch.Elapsed > s_patience)
            {
                throw new TimeoutException("The JIT's events do not arrive: the control method was compiled, but not reported.");
            }

            Thread.Sleep(50);
        }

        return [.. JitEvents.Methods];
    }

    private static void TrainAndDecode<TModel>()
        where TModel : class, ITrainable<TModel>
    {
        using var team = new Team(2);
        TModel model = TModel.Wrap(new ModelWeights(TModel.Info, TModel.Pack));
        using var trainer = new Trainer<TModel>(model, new TrainerOptions { LabelSmoothing = 0.1, ClipNorm = 1 }, team);
        var batch = new TrainingBatch(TModel.Info);
        int[] tokens = [.. Enumerable.Range(3, 20)];
        if (TModel.Info.HasEncoder)
        {
            batch.AddTranslation(tokens, tokens);
        }
        else
        {
            batch.AddText(tokens);
        }

        trainer.Step(batch, batch);
        trainer.Evaluate(batch);
        model.Generate([tokens], new GenerationOptions { MaxNewTokens = 5 });
        model.Generate([tokens], new GenerationOptions { MaxNewTokens = 5, Beams = 4 });
        ((IDisposable)model).Dispose();
    }

    private static IEnumerable<MethodBase> MethodsOf(Assembly assembly) => assembly.GetTypes()
        .Where(type => JitModels.All.Any(m => type.FullName == m.Name || type.FullName!.StartsWith(m.Name + "+", StringComparison.Ordinal)))
        .SelectMany(type => type.GetMethods(Everything).Concat<MethodBase>(type.GetConstructors(Everything)))
        .Where(method => method.GetMethodBody() is not null);

    /// <summary>Compiles a method, with the first types that fit where it is generic.</summary>
    private static void Prepare(MethodBase definition)
    {
        MethodBase method = definition;
        Type type = method.DeclaringType!;
        if (type.IsGenericTypeDefinition)
        {
            type = type.MakeGenericType([.. type.GetGenericArguments().Select(a => Fitting(a, definition))]);
            method = MethodBase.GetMethodFromHandle(method.MethodHandle, type.TypeHandle)!;
        }

        if (method is MethodInfo { IsGenericMethodDefinition: true } generic)
        {
            method = generic.MakeGenericMethod([.. generic.GetGenericArguments().Select(a => Fitting(a, definition))]);
        }

        if (type.IsGenericType)
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle, [.. type.GetGenericArguments().Select(a => a.TypeHandle)]);
        }
        else
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
    }

    /// <summary>The first type that may stand for a generic parameter: this process's vectors, one of the method's own model, or a model.</summary>
    private static Type Fitting(Type parameter, MethodBase method)
    {
        Type constraint = parameter.GetGenericParameterConstraints().First(c => c.IsInterface);
        Type lanes = Vector512.IsHardwareAccelerated ? typeof(Lanes512) : Vector256.IsHardwareAccelerated ? typeof(Lanes256) : typeof(Lanes128);
        bool Fits(Type type) => !type.IsGenericTypeDefinition && !type.IsInterface && type.GetInterfaces().Any(i =>
            i == constraint
            || (i.IsGenericType && constraint.IsGenericType && i.GetGenericTypeDefinition() == constraint.GetGenericTypeDefinition() && i.GenericTypeArguments[0] == type));
        string model = method.DeclaringType!.FullName!.Split('+')[0];
        return method.Module.Assembly.GetTypes().Where(t => t.FullName!.Split('+')[0] == model).Prepend(lanes).FirstOrDefault(Fits)
            ?? throw new InvalidOperationException($"No type fits {parameter} : {constraint} of {method} in {method.DeclaringType}.");
    }

    /// <summary>A method of more than 50 KB of IL, which the JIT does not optimise.</summary>
    private static MethodInfo Control()
    {
        var source = new StringBuilder("public static class JitControl { public static int Large(int x, int y) { unchecked {\n");
        for (int i = 0; i < ControlStatements; i++)
        {
            source.Append("x = x * 3 + y;\n");
        }

        source.Append("return x; } } }");
        string warnings = "#pragma warning disable CS1591 // no documentation: it is no product\n";
        return InMemoryCompiler.Load(InMemoryCompiler.Create("JitControl", warnings + source)).GetType("JitControl", true)!.GetMethod("Large")!;
    }
}

using System.Text;
using TransformerGen.Generator.Emit;
using TransformerGen.Generator.Spec;
using TransformerGen.Kernels;

namespace TransformerGen.Testing;

/// <summary>Every method of one linear layer, compiled.</summary>
internal sealed unsafe class LinearMethods
{
    private LinearMethods(EmittedKernels kernels, int inputs, int outputs)
    {
        string layer = $"{inputs}To{outputs}";
        Inputs = inputs;
        Outputs = outputs;
        Pack = (delegate*<float*, float*, int, int, void>)kernels.Address("Pack" + layer);
        PackTransposed = (delegate*<float*, float*, int, int, void>)kernels.Address("PackTransposed" + layer);
        ForwardPlain = (delegate*<Team, int, float*, float*, float*, void>)kernels.Address("ForwardPlain" + layer);
        Forward = (delegate*<Team, int, float*, float*, float*, float*, void>)kernels.Address("Forward" + layer);
        ForwardRelu = (delegate*<Team, int, float*, float*, float*, float*, void>)kernels.Address("ForwardRelu" + layer);
        ForwardGelu = (delegate*<Team, int, float*, float*, float*, float*, void>)kernels.Address("ForwardGelu" + layer);
        ForwardGeluKeep = (delegate*<Team, int, float*, float*, float*, float*, float*, void>)kernels.Address("ForwardGeluKeep" + layer);
        BackwardInput = (delegate*<Team, int, float*, float*, float*, void>)kernels.Address("BackwardInput" + layer);
        BackwardInputAdd = (delegate*<Team, int, float*, float*, float*, void>)kernels.Address("BackwardInputAdd" + layer);
        BackwardInputRelu = (delegate*<Team, int, float*, float*, float*, float*, void>)kernels.Address("BackwardInputRelu" + layer);
        BackwardWeightsPlain = (delegate*<Team, int, float*, float*, float*, bool, void>)kernels.Address("BackwardWeightsPlain" + layer);
        BackwardWeights = (delegate*<Team, int, float*, float*, float*, float*, bool, void>)kernels.Address("BackwardWeights" + layer);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    public delegate*<float*, float*, int, int, void> Pack { get; }

    public delegate*<float*, float*, int, int, void> PackTransposed { get; }

    public delegate*<Team, int, float*, float*, float*, void> ForwardPlain { get; }

    public delegate*<Team, int, float*, float*, float*, float*, void> Forward { get; }

    public delegate*<Team, int, float*, float*, float*, float*, void> ForwardRelu { get; }

    public delegate*<Team, int, float*, float*, float*, float*, void> ForwardGelu { get; }

    public delegate*<Team, int, float*, float*, float*, float*, float*, void> ForwardGeluKeep { get; }

    public delegate*<Team, int, float*, float*, float*, void> BackwardInput { get; }

    public delegate*<Team, int, float*, float*, float*, void> BackwardInputAdd { get; }

    public delegate*<Team, int, float*, float*, float*, float*, void> BackwardInputRelu { get; }

    public delegate*<Team, int, float*, float*, float*, bool, void> BackwardWeightsPlain { get; }

    public delegate*<Team, int, float*, float*, float*, float*, bool, void> BackwardWeights { get; }

    /// <summary>Compiles the layers of these shapes in one class, as a model's are.</summary>
    public static LinearMethods[] Compile(out string source, params ReadOnlySpan<(int Inputs, int Outputs)> shapes)
    {
        var kernels = new KernelSet();
        var forwards = new StringBuilder();
        foreach ((int inputs, int outputs) in shapes)
        {
            string layer = $"{inputs}To{outputs}";
            void Add(Kernel kernel, string name, string method, string parameters)
            {
                kernels.Need(kernel);
                string arguments = string.Join(", ", parameters.Split(", ").Select(p => p.Split(' ')[1]));
                forwards.Append($"public static void {name}{layer}({parameters}) => {kernel.ClassName}.{method}({arguments});\n");
            }

            const string Product = "Team team, int rows, float* left, float* panels, ", Result = "float* result", Gradient = "Team team, int rows, float* x, float* dy, float* dW, ";
            foreach (bool transposed in (ReadOnlySpan<bool>)[false, true])
            {
                var pack = new LinearPackKernel(inputs, outputs, transposed);
                Add(pack, pack.MethodName, pack.MethodName, "float* w, float* panels, int first, int end");
            }

            var forward = new LinearForwardKernel(inputs, outputs, false);
            Add(forward, "ForwardPlain", forward.MethodName, Product + Result);
            foreach (ActivationKind activation in (ReadOnlySpan<ActivationKind>)[ActivationKind.None, ActivationKind.Relu, ActivationKind.Gelu])
            {
                forward = new LinearForwardKernel(inputs, outputs, true, activation);
                Add(forward, forward.MethodName, forward.MethodName, Product + "float* bias, " + Result);
            }

            forward = new LinearForwardKernel(inputs, outputs, true, ActivationKind.Gelu, KeepInput: true);
            Add(forward, forward.MethodName, forward.MethodName, Product + "float* bias, float* before, " + Result);
            var backward = new LinearBackwardInputKernel(inputs, outputs);
            Add(backward, backward.MethodName, backward.MethodName, Product + Result);
            backward = new LinearBackwardInputKernel(inputs, outputs, Add: true);
            Add(backward, backward.MethodName, backward.MethodName, Product + Result);
            backward = new LinearBackwardInputKernel(inputs, outputs, Relu: true);
            Add(backward, backward.MethodName, backward.MethodName, Product + "float* y, " + Result);
            var weights = new LinearBackwardWeightsKernel(inputs, outputs, false);
            Add(weights, weights.MethodName + "Plain", weights.MethodName, Gradient + "bool add");
            weights = new LinearBackwardWeightsKernel(inputs, outputs, true);
            Add(weights, weights.MethodName, weights.MethodName, Gradient + "float* db, bool add");
        }

        var compiled = new EmittedKernels(kernels, forwards.ToString());
        source = compiled.Source;
        var layers = new LinearMethods[shapes.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = new LinearMethods(compiled, shapes[i].Inputs, shapes[i].Outputs);
        }

        return layers;
    }
}

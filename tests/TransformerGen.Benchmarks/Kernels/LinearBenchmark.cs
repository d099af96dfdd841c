using TransformerGen.Kernels;
using TransformerGen.Model;
using TransformerGen.Testing;

namespace TransformerGen.Benchmarks.Kernels;

/// <summary>Linear layers: y, dx and dW as a share of the FMA peak, few rows as a share of the read ceiling at the size of the weights.</summary>
internal static unsafe class LinearBenchmark
{
    private static readonly (int Inputs, int Outputs)[] s_shapes =
        [(256, 768), (256, 256), (256, 1024), (1024, 256), (256, 8000), (768, 3072), (64, 64), (128, 384)];

    /// <summary>Measures the lines whose name contains the filter; false when a result is wrong.</summary>
    public static bool Run(Team team, int samples, string filter)
    {
        LinearMethods[]? layers = null;
        for (int i = 0; i < s_shapes.Length; i++)
        {
            (int inputs, int outputs) = s_shapes[i];
            string[] lines = [.. Lines(inputs, outputs).Where(line => line.Contains(filter, StringComparison.OrdinalIgnoreCase))];
            if (lines.Length == 0)
            {
                continue;
            }

            layers ??= LinearMethods.Compile(out _, s_shapes);
            using var data = new Data(layers[i], Math.Max(512, 8));
            foreach (string line in lines)
            {
                if (!data.Measure(team, samples, line))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static IEnumerable<string> Lines(int inputs, int outputs)
    {
        foreach (int rows in (int[])[512, 64])
        {
            foreach (string kind in (string[])["Y", "dX", "dW"])
            {
                yield return $"gemm {inputs}x{outputs} M={rows} {kind}";
            }
        }

        foreach (int rows in (int[])[8, 4, 1])
        {
            yield return $"gemv {inputs}x{outputs} M={rows} Y";
        }

        yield return $"pack {inputs}x{outputs} W^T";
        yield return $"pack {inputs}x{outputs} W";
    }

    private sealed class Data : IDisposable
    {
        private readonly LinearMethods _layer;
        private readonly NativeBuffer _x, _y, _w, _b, _dw, _panels, _transposed;
        private readonly int _inputStride, _outputStride;

        public Data(LinearMethods layer, int rows)
        {
            _layer = layer;
            _inputStride = (layer.Inputs + 15) & ~15;
            _outputStride = (layer.Outputs + 15) & ~15;
            var random = new Random(1);
            _x = Values(random, (long)rows * _inputStride);
            _y = Values(random, (long)rows * _outputStride);
            _w = Values(random, (long)layer.Outputs * _inputStride);
            _b = Values(random, _outputStride);
            _dw = new NativeBuffer((long)layer.Outputs * _inputStride);
            _panels = new NativeBuffer((long)layer.Inputs * _outputStride);
            _transposed = new NativeBuffer((long)layer.Outputs * _inputStride);
            layer.Pack(_w.Start, _panels.Start, 0, int.MaxValue);
            layer.PackTransposed(_w.Start, _transposed.Start, 0, int.MaxValue);
        }

        public bool Measure(Team team, int samples, string line)
        {
            string[] words = line.Split(' ');
            long products = (long)_layer.Inputs * _layer.Outputs;
            if (words[0] == "pack")
            {
                bool transposed = words[2] == "W";
                Action pack = transposed ? () => _layer.PackTransposed(_w.Start, _transposed.Start, 0, int.MaxValue) : () => _layer.Pack(_w.Start, _panels.Start, 0, int.MaxValue);
                Report(line, Sampling.Against(products * 2.0 * sizeof(float), pack, Ceiling(Team.Alone, _w, products), samples), "GB/s read and written", "of reading alone");
                return true;
            }

            int rows = int.Parse(words[2][2..], System.Globalization.CultureInfo.InvariantCulture);
            Action work = words[3] switch
            {
                "Y" => () => _layer.Forward(team, rows, _x.Start, _panels.Start, _b.Start, _y.Start),
                "dX" => () => _layer.BackwardInput(team, rows, _y.Start, _transposed.Start, _x.Start),
                _ => () => _layer.BackwardWeights(team, rows, _x.Start, _y.Start, _dw.Start, _b.Start, false),
            };
            if (!Verify(words[3], rows, work))
            {
                Console.WriteLine($"{line}: WRONG RESULT");
                return false;
            }

            // Inputs of the next round are the outputs of this one nowhere but in dX, which reads y and writes x.
            if (words[0] == "gemm")
            {
                Report(line, Sampling.Against(2.0 * products * rows, work, () => Machine.Peak(team), samples), "GF/s", "of the FMA peak");
            }
            else
            {
                Report(line, Sampling.Against(products * (double)sizeof(float), work, Ceiling(team, _panels, products), samples), "GB/s", "of the read ceiling");
                if (rows > 1)
                {
                    Report(line, Sampling.Against(2.0 * products * rows, work, () => Machine.Peak(team), samples), "GF/s", "of the FMA peak");
                }
            }

            return true;
        }

        public void Dispose()
        {
            foreach (NativeBuffer buffer in (NativeBuffer[])[_x, _y, _w, _b, _dw, _panels, _transposed])
            {
                buffer.Dispose();
            }
        }

        private static NativeBuffer Values(Random random, long floats)
        {
            var buffer = new NativeBuffer(floats);
            foreach (ref float value in buffer.Span)
            {
                value = random.NextSingle() - 0.5f;
            }

            return buffer;
        }

        private static Func<double> Ceiling(Team team, NativeBuffer buffer, long floats)
        {
            int repeats = (int)Math.Max(1, (1 << 20) / floats);
            return () => Machine.Read(team, buffer, floats, repeats);
        }

        private static void Report(string line, (double Rate, double Share, double Best) measured, string unit, string limit) =>
            Console.WriteLine(FormattableString.Invariant($"{line,-28} {measured.Rate / 1e9,8:F1} {unit} {measured.Share,7:P0} {limit} (best {measured.Best:P0})"));

        /// <summary>Some elements against double sums.</summary>
        private bool Verify(string kind, int rows, Action work)
        {
            work();
            var random = new Random(2);
            for (int i = 0; i < 200; i++)
            {
                int r = random.Next(rows), n = random.Next(_layer.Outputs), k = random.Next(_layer.Inputs);
                double sum = 0, found;
                switch (kind)
                {
                    case "Y":
                        for (int j = 0; j < _layer.Inputs; j++)
                        {
                            sum += (double)_x.Start[(r * _inputStride) + j] * _w.Start[((long)n * _inputStride) + j];
                        }

                        sum += _b.Start[n];
                        found = _y.Start[(r * _outputStride) + n];
                        break;
                    case "dX":
                        for (int j = 0; j < _layer.Outputs; j++)
                        {
                            sum += (double)_y.Start[(r * _outputStride) + j] * _w.Start[((long)j * _inputStride) + k];
                        }

                        found = _x.Start[(r * _inputStride) + k];
                        break;
                    default:
                        for (int j = 0; j < rows; j++)
                        {
                            sum += (double)_y.Start[(j * _outputStride) + n] * _x.Start[(j * _inputStride) + k];
                        }

                        found = _dw.Start[((long)n * _inputStride) + k];
                        break;
                }

                if (!(Math.Abs(sum - found) <= 1e-3 * (1 + Math.Abs(sum))))
                {
                    Console.WriteLine($"[{r}, {n}, {k}] is {found}, expected {sum}");
                    return false;
                }
            }

            return true;
        }
    }
}

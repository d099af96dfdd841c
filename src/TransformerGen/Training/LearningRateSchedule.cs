using static System.FormattableString;

namespace TransformerGen.Training;

/// <summary>The learning rate of each step. Derive from it for a schedule of your own: a function of the step alone, so that a resumed run has the same rates.</summary>
public abstract record LearningRateSchedule
{
    /// <summary>Everything that influences the rates, in one line; written to checkpoints and compared when one is resumed.</summary>
    public abstract string Description { get; }

    /// <summary>The rate of one optimiser step.</summary>
    /// <param name="number">The step, from 1.</param>
    /// <returns>The rate.</returns>
    public abstract double Rate(long number);

    /// <summary>Warm-up, then always the same.</summary>
    /// <param name="rate">The rate after warm-up.</param>
    /// <param name="warmup">Steps of warm-up: step s of them has rate · s / warmup.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public static LearningRateSchedule Constant(double rate, long warmup = 0) => new ConstantSchedule(Rated(rate), Steps(warmup));

    /// <summary>Warm-up, then along a straight line to the final rate.</summary>
    /// <param name="rate">The highest rate, reached at the end of warm-up.</param>
    /// <param name="totalSteps">The step at which the final rate is reached; it stays from there on.</param>
    /// <param name="warmup">Steps of warm-up, fewer than <paramref name="totalSteps"/>.</param>
    /// <param name="finalRate">The last rate.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or warm-up does not end before the schedule.</exception>
    public static LearningRateSchedule Linear(double rate, long totalSteps, long warmup = 0, double finalRate = 0) =>
        new LinearSchedule(Rated(rate), Steps(warmup), Length(totalSteps, warmup), Rated(finalRate));

    /// <summary>Warm-up, then half a cosine down to the final rate (Loshchilov and Hutter 2017).</summary>
    /// <param name="rate">The highest rate, reached at the end of warm-up.</param>
    /// <param name="totalSteps">The step at which the final rate is reached; it stays from there on.</param>
    /// <param name="warmup">Steps of warm-up, fewer than <paramref name="totalSteps"/>.</param>
    /// <param name="finalRate">The last rate.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or warm-up does not end before the schedule.</exception>
    public static LearningRateSchedule Cosine(double rate, long totalSteps, long warmup = 0, double finalRate = 0) =>
        new CosineSchedule(Rated(rate), Steps(warmup), Length(totalSteps, warmup), Rated(finalRate));

    /// <summary>The paper's schedule, named after its author: factor · d_model^-0.5 · min(step^-0.5, step · warmup^-1.5) (Vaswani et al. 2017, section 5.3).</summary>
    /// <param name="width">d_model.</param>
    /// <param name="warmup">Steps of warm-up, at least 1.</param>
    /// <param name="factor">Multiplies every rate.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    public static LearningRateSchedule Noam(int width, long warmup = 4000, double factor = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(warmup);
        return new NoamSchedule(width, warmup, Rated(factor));
    }

    private static double Rated(double rate) =>
        rate >= 0 && double.IsFinite(rate) ? rate : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A rate is finite and not negative.");

    private static long Steps(long warmup) =>
        warmup >= 0 ? warmup : throw new ArgumentOutOfRangeException(nameof(warmup), warmup, "Steps of warm-up are not negative.");

    private static long Length(long totalSteps, long warmup) =>
        totalSteps > warmup ? totalSteps : throw new ArgumentOutOfRangeException(nameof(totalSteps), totalSteps, $"The schedule has to be longer than its warm-up of {warmup} steps.");

    private static double Warm(long step, long warmup) => warmup > 0 ? Math.Min(1, (double)step / warmup) : 1;

    /// <summary>How far a step is between the end of warm-up and the end: 0 to 1.</summary>
    private static double Progress(long step, long warmup, long total) => Math.Clamp((double)(step - warmup) / (total - warmup), 0, 1);

    private sealed record ConstantSchedule(double Peak, long Warmup) : LearningRateSchedule
    {
        public override string Description => Invariant($"constant rate={Peak:R} warmup={Warmup}");

        public override double Rate(long number) => Peak * Warm(number, Warmup);
    }

    private sealed record LinearSchedule(double Peak, long Warmup, long Total, double Final) : LearningRateSchedule
    {
        public override string Description => Invariant($"linear rate={Peak:R} warmup={Warmup} total={Total} final={Final:R}");

        public override double Rate(long number) => number < Warmup ? Peak * Warm(number, Warmup) : Peak + ((Final - Peak) * Progress(number, Warmup, Total));
    }

    private sealed record CosineSchedule(double Peak, long Warmup, long Total, double Final) : LearningRateSchedule
    {
        public override string Description => Invariant($"cosine rate={Peak:R} warmup={Warmup} total={Total} final={Final:R}");

        public override double Rate(long number) => number < Warmup
            ? Peak * Warm(number, Warmup)
            : Final + ((Peak - Final) * 0.5 * (1 + Math.Cos(Math.PI * Progress(number, Warmup, Total))));
    }

    private sealed record NoamSchedule(int Width, long Warmup, double Factor) : LearningRateSchedule
    {
        public override string Description => Invariant($"noam width={Width} warmup={Warmup} factor={Factor:R}");

        public override double Rate(long number) => Factor * Math.Pow(Width, -0.5) * Math.Min(Math.Pow(number, -0.5), number * Math.Pow(Warmup, -1.5));
    }
}

using Functional;

namespace Pendulums;

/// <summary>A damped pendulum: θ'' = -stiffness · sin θ - damping · θ', let go at an angle.</summary>
public sealed record Pendulum(Tensor Stiffness, Tensor Damping, Tensor Angle)
{
    private sealed record Motion(Tensor Angle, Tensor Speed);

    public static Pendulum Of(double stiffness, double damping, double angle) =>
        new(Tensor.Scalar(stiffness), Tensor.Scalar(damping), Tensor.Scalar(angle));

    /// <summary>The angle at each time after the first.</summary>
    public Tensor Swing(Tensor times, GradientMode mode)
    {
        OdeOptions options = new() { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-7, GradientMode = mode };
        return Ode.Solve45(Slope, times, new Motion(Angle, Tensor.ZerosLike(Angle)), this, options).Angle;
    }

    public override string ToString() => $"{(double)Stiffness:F3}, {(double)Damping:F3}, {(double)Angle:F3}";

    private static Motion Slope(Tensor time, Motion motion, Pendulum pendulum) =>
        new(motion.Speed, -pendulum.Stiffness * Tensor.Sin(motion.Angle) - pendulum.Damping * motion.Speed);
}

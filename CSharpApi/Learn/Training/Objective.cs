namespace Functional;

/// <summary>What training makes small, and what is measured meanwhile.</summary>
public static class Objective
{
    /// <summary>A loss, which is also what validation measures.</summary>
    public static Objective<TNetwork, TBatch> Create<TNetwork, TBatch>(Func<TNetwork, TBatch, Tensor> loss) => new(loss);

    /// <summary>A loss for training, and one for validation, without dropout and noise.</summary>
    public static Objective<TNetwork, TBatch> Create<TNetwork, TBatch>(
        Func<TNetwork, TBatch, Tensor> loss, Func<TNetwork, TBatch, Tensor> evaluation) => new(loss, evaluation);

    /// <summary>
    /// A loss for training that also gives the network with its next state, and one for validation.
    /// </summary>
    public static Objective<TNetwork, TBatch> CreateWithState<TNetwork, TBatch>(
        Func<TNetwork, TBatch, (Tensor Loss, TNetwork Next)> loss, Func<TNetwork, TBatch, Tensor> evaluation) =>
        new(loss, evaluation);

    /// <summary>
    /// For batches of inputs and targets: a loss of what a network makes of the inputs while it is trained, with the state
    /// that the batch before has left, and in validation of what it predicts; and metrics of predictions and targets, such as <see cref="Metric.Accuracy"/>, by name.
    /// </summary>
    /// <exception cref="ArgumentException">Two metrics have one name, or one is named "loss".</exception>
    public static Objective<Network, (Tensor Input, Tensor Target)> Supervised(
        Func<Tensor, Tensor, Tensor> loss, params (string Name, Func<Tensor, Tensor, Tensor> Metric)[] metrics)
    {
        Objective<Network, (Tensor Input, Tensor Target)> objective = CreateWithState<Network, (Tensor Input, Tensor Target)>(
            (network, batch) =>
            {
                var (y, next) = network.ForwardWithState(batch.Input);
                return (loss(y, batch.Target), next);
            },
            (network, batch) => loss(network.Predict(batch.Input), batch.Target));

        return metrics.Aggregate(objective, (all, metric) => all.WithMetric(
            metric.Name, (network, batch) => metric.Metric(network.Predict(batch.Input), batch.Target)));
    }
}

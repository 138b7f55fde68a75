namespace Functional

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// Ends training where it gets no better: watches the loss of validation, or a metric; the loss of training where nothing is
/// validated. Throws ArgumentOutOfRangeException for a patience below 1 or a negative difference.
[<Sealed; AllowNullLiteral(false)>]
type EarlyStopping
    (
        patience: int,
        [<Optional; DefaultParameterValue(0.)>] minDelta: float,
        [<Optional; DefaultParameterValue("loss")>] monitor: string,
        [<Optional; DefaultParameterValue(false)>] isGreaterBetter: bool,
        [<Optional; DefaultParameterValue(true)>] restoresBest: bool
    ) =
    do
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1)
        ArgumentOutOfRangeException.ThrowIfNegative minDelta

    /// After how many epochs without a better one training ends.
    member _.Patience = patience
    /// By how much an epoch has to be better than the best before.
    member _.MinDelta = minDelta
    /// What is watched: "loss", or the name of a metric.
    member _.Monitor = monitor
    /// True for metrics such as accuracy.
    member _.IsGreaterBetter = isGreaterBetter
    /// Whether training gives the network of the best epoch.
    member _.RestoresBest = restoresBest

    member internal _.Value(record: EpochRecord) =
        if monitor <> "loss" then record.Metrics[monitor]
        elif Double.IsNaN record.ValidationLoss then record.Loss
        else record.ValidationLoss

    /// Whether a value is better than the best before; anything is better than NaN.
    member internal _.IsBetter(value: float, best: float) =
        Double.IsNaN best && not (Double.IsNaN value)
        || (if isGreaterBetter then value > best + minDelta else value < best - minDelta)

    member internal _.Validate(metrics: IReadOnlyList<string>, isValidated: bool) =
        if monitor <> "loss" && not (isValidated && Seq.contains monitor metrics) then
            let known = String.Join(", ", Seq.append [ "loss" ] (if isValidated then metrics else [||]))
            raise (
                ArgumentException(
                    $"early stopping watches \"{monitor}\", which is not measured: there are {known}",
                    nameof EarlyStopping
                )
            )

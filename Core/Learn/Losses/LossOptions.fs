namespace Functional

/// What becomes of the losses of single elements or observations.
type LossReduction =
    /// The mean over all that counts.
    | Mean = 0
    /// The total.
    | Sum = 1
    /// Each by itself.
    | None = 2

namespace Functional.FSharp

open Functional

/// Which losses count, and what becomes of them.
type LossOptions =
    {
        /// Where a loss counts (Bool), or how much (numbers): of the losses' sizes, or such that broadcasts to them. None:
        /// all alike.
        Mask: Tensor option
        /// What becomes of the single losses.
        Reduction: LossReduction
    }

    /// The mean over all.
    static member Default = { Mask = None; Reduction = LossReduction.Mean }

/// Which losses of a cross-entropy count, and what becomes of them.
type CrossEntropyOptions =
    {
        /// How much each class counts, [classes]. None: all alike.
        Weights: Tensor option
        /// Where an observation counts (Bool), or how much (numbers). None: all alike.
        Mask: Tensor option
        /// The part of a target's probability that is shared out equally to all classes, from 0 to 1.
        Smoothing: float
        /// What becomes of the single losses.
        Reduction: LossReduction
    }

    /// The mean over all observations.
    static member Default = { Weights = None; Mask = None; Smoothing = 0.; Reduction = LossReduction.Mean }

namespace Functional

open Functional.FSharp

/// Losses of single elements made into what is asked for.
[<RequireQualifiedAccess>]
module internal Losses =
    let private total (x: Tensor) = Define.apply (Movement.sum [ 0 .. x.Rank - 1 ]) [ x ]

    /// A mask as numbers, in sizes and labels of the losses.
    let private weights op (losses: Tensor) (mask: Tensor) =
        let all = Movement.constant losses.Interpreter losses.Type 1.
        let counted = all * (if mask.DType = losses.DType then mask else Elementwise.lift (Cast losses.DType) [ mask ])
        if counted.Type <> losses.Type then
            Labels.shapeError
                op
                [ losses.Type; mask.Type ]
                "the mask does not fit the losses"
                "give one of their sizes and labels, or one that broadcasts to them"
        counted

    /// What does not count adds nothing, be it NaN. The mean is over the total of `counts`, how much each loss stands for.
    let weighed op reduction (mask: Tensor option) (counts: Tensor option) (losses: Tensor) : Tensor =
        let masked, counts =
            match mask with
            | None -> losses, counts
            | Some mask ->
                let w = weights op losses mask
                let zero = Tensor.Literal(losses.DType, 0.)
                let counted = Elementwise.lift Where [ Elementwise.lift Equal [ w; zero ]; zero; w * losses ]
                counted, Some(counts |> Option.fold (fun w c -> w * c) w)
        match reduction, counts with
        | LossReduction.None, _ -> masked
        | LossReduction.Sum, _ -> total masked
        | _, None -> total masked / float losses.Count
        | _, Some counts -> total masked / total counts

    let reduce op (options: LossOptions) (losses: Tensor) : Tensor =
        weighed op options.Reduction options.Mask None losses

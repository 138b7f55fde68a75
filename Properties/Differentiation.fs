namespace Functional.Properties

open System
open Functional

/// Gradients against two things that know nothing of the reverse rules: differences of values, and each other's
/// transpose.
[<RequireQualifiedAccess>]
module internal Differentiation =
    let private elements (t: Tensor) = Blocks.toArray t.Type (Execute.blockOf t).Value :?> float array
    let private like (t: Tensor) (data: float array) = Direct.Tensor(t.Type, Blocks.ofArray t.Type data)

    let private isReal (t: Tensor) = t.DType = DType.Float64

    /// Numbers of size 1/2 to 1, of either sign: none may vanish, or it would hide an error.
    let private direction (random: Random) (t: Tensor) =
        Array.init t.Count (fun _ -> (0.5 + 0.5 * random.NextDouble()) * (if random.Next 2 = 0 then 1. else -1.))

    /// Σ uᵢ vᵢ, and Σ |uᵢ vᵢ|, the scale of its error.
    let private inner (us: float array list) (vs: float array list) =
        let terms =
            [| for u, v in List.zip us vs do
                   yield! Array.map2 (*) u v |]
        Array.sum terms, Array.sumBy abs terms

    let private run (f: 'T -> 'R) (x: 'T) seed (leaves: Tensor list) =
        Functions.seeded seed (fun () -> Functions.leaves (f (Functions.rebuild x leaves)))

    /// The cotangents of the Float64 leaves, for these of the Float64 results.
    let private pulled (f: 'T -> 'R) (x: 'T) seed (weights: float array list) =
        let xs = Functions.leaves x

        Functions.seeded seed (fun () ->
            let ys, (), pull = Reverse.vjp (fun xs -> Functions.leaves (f (Functions.rebuild x xs)), ()) xs
            let mutable rest = weights

            let cotangents =
                [ for y in ys ->
                      if isReal y then
                          let w = rest.Head
                          rest <- rest.Tail
                          Some(like y w)
                      else
                          None ]

            [ for x, d in List.zip xs (pull cotangents) do
                  if isReal x then
                      match d with
                      | Some d -> elements d
                      | None -> Array.zeroCreate x.Count ])

    let private hasReal f x seed =
        List.exists isReal (Functions.leaves x) && List.exists isReal (run f x seed (Functions.leaves x))

    /// Steps for differences. The truncation error of a central difference, extrapolated once (Richardson), is of order
    /// step⁴, 1e-12, and its rounding error of order ε / step, 1e-13.
    [<Literal>]
    let private Step = 1e-3

    /// Where two extrapolations, of steps h, h/2 and h/2, h/4, differ by more than this relatively, the function is taken
    /// not to be smooth between: a kink or a jump is near.
    [<Literal>]
    let private Smoothness = 2e-7

    [<Literal>]
    let private Tolerance = 1e-6

    /// The derivative along a random direction against extrapolated central differences, to 1e-6 relatively to
    /// Σ |∂ᵢ vᵢ|.
    let equalsDifferences (f: 'T -> 'R) (x: 'T) seed =
        if not (hasReal f x seed) then
            Verdict.Silent "no Float64 operand or result"
        else
            let random = System.Random(int seed)
            let xs = Functions.leaves x
            let directions = [ for x in xs -> if isReal x then direction random x else [||] ]
            let results = run f x seed xs |> List.filter isReal
            let weights = [ for y in results -> direction random y ]

            // Weighted results, kept apart until the differences are taken, so that large ones do not drown small ones.
            let at h =
                let moved =
                    [ for x, v in List.zip xs directions ->
                          if isReal x then like x (Array.map2 (fun x v -> x + h * v) (elements x) v) else x ]
                run f x seed moved |> List.filter isReal |> List.map elements

            let difference h =
                let up, down = at h, at -h
                inner weights (List.map2 (Array.map2 (fun a b -> (a - b) / (2. * h))) up down) |> fst

            let d1, d2, d4 = difference Step, difference (Step / 2.), difference (Step / 4.)
            let r1, r2 = (4. * d2 - d1) / 3., (4. * d4 - d2) / 3.
            let gradient = pulled f x seed weights
            let reals = List.zip xs directions |> List.filter (fst >> isReal) |> List.map snd
            let slope, terms = inner gradient reals
            let _, size = inner weights (List.map elements results)
            let scale = max (max terms (abs r2)) (1e-6 * size)

            if not (Double.IsFinite r1 && Double.IsFinite r2) then
                Verdict.Silent "a value is not finite near the point"
            elif abs (r1 - r2) > Smoothness * scale && scale > 0. then
                Verdict.Silent "not smooth near the point"
            elif abs (slope - r2) <= Tolerance * scale then
                Verdict.Holds
            else
                Verdict.Fails
                    $"the gradient gives {slope:R} along a direction, differences give {r2:R} (scale {scale:R})"

    /// ⟨w, J v⟩ = ⟨Jᵀ w, v⟩, with J v by pulling the pull, which is linear in w: rules must themselves be differentiable.
    let transposes (f: 'T -> 'R) (x: 'T) seed =
        if not (hasReal f x seed) then
            Verdict.Silent "no Float64 operand or result"
        else
            let random = System.Random(int seed)
            let xs = Functions.leaves x
            let ys = run f x seed xs |> List.filter isReal
            let weights = [ for y in ys -> direction random y ]
            let directions =
                [ for x in xs do
                      if isReal x then direction random x ]
            let transposed = pulled f x seed weights

            let pullOf (cotangents: Tensor list) =
                let ys, (), pull = Reverse.vjp (fun xs -> Functions.leaves (f (Functions.rebuild x xs)), ()) xs
                let mutable rest = cotangents
                let take (y: Tensor) =
                    if isReal y then
                        let c = rest.Head
                        rest <- rest.Tail
                        Some c
                    else
                        None
                let pulled = pull (List.map take ys)
                [ for x, d in List.zip xs pulled do
                      if isReal x then d ]

            let pushed =
                Functions.seeded seed (fun () ->
                    let ds, present, pull =
                        Reverse.vjp
                            (fun ws ->
                                let ds = pullOf ws
                                List.choose id ds, List.map Option.isSome ds)
                            (List.map2 like ys weights)
                    let vs = List.zip directions present |> List.filter snd |> List.map fst
                    pull (List.map2 (fun d v -> Some(like d v)) ds vs))

            let jv =
                [ for y, d in List.zip ys pushed ->
                      match d with
                      | Some d -> elements d
                      | None -> Array.zeroCreate y.Count ]
            let left, leftSize = inner weights jv
            let right, rightSize = inner transposed directions
            let scale = leftSize + rightSize

            if not (Double.IsFinite scale) then Verdict.Silent "a derivative is not finite"
            elif abs (left - right) <= 1e-10 * scale then Verdict.Holds
            else Verdict.Fails $"⟨w, J v⟩ = {left:R}, ⟨Jᵀ w, v⟩ = {right:R}"

namespace Functional.Properties

open System
open Functional

/// How elements are drawn.
[<RequireQualifiedAccess>]
type internal Taste =
    /// Between -3 and 3.
    | Tame
    /// Anything the type has: NaN, infinities, zeros of both signs, subnormal numbers, extremes.
    | Wild
    /// Where the op is defined and smooth.
    | Smooth

/// Types and values at random; each a pure function of the random numbers it is given.
[<RequireQualifiedAccess>]
module internal Values =
    let pick (random: Random) (items: 'T array) = items[random.Next items.Length]

    let private dtypes = Enum.GetValues<DType>()
    let private sizes = [| 0; 1; 1; 1; 2; 2; 2; 3; 3; 4; 5; 7 |]

    /// Labels at random: C, B and T at most once.
    let format (random: Random) rank =
        let rec draw k once (labels: string) =
            if k = 0 then
                Format.Parse labels
            else
                let label = pick random (Array.append [| 'S'; 'U' |] (Array.ofList once))
                draw (k - 1) (List.except [ label ] once) (labels + string label)
        if random.Next 5 < 2 then draw rank [ 'C'; 'B'; 'T' ] "" else Format.None

    /// Of rank 0 to 4, often with a dimension of size 1, now and then with an empty one.
    let typeWith (random: Random) dtype =
        let rank = random.Next 5
        TensorType(dtype, [ for _ in 1..rank -> pick random sizes ], format random rank)

    let tensorType (random: Random) = typeWith random (pick random dtypes)

    let private wildReal (random: Random) =
        match random.Next 14 with
        | 0 -> nan
        | 1 -> infinity
        | 2 -> -infinity
        | 3 -> 0.
        | 4 -> -0.
        | 5 -> Double.Epsilon
        | 6 -> -1e-310
        | 7 -> float Single.Epsilon * float (random.Next(-5, 6))
        | 8 -> float Single.MaxValue * (random.NextDouble() - 0.5)
        | 9 -> Double.MaxValue * (random.NextDouble() - 0.5)
        | 10 -> float (random.Next(-4, 5)) / 2.
        | _ -> 200. * (random.NextDouble() - 0.5)

    let private wildWhole (random: Random) =
        match random.Next 8 with
        | 0 -> Int64.MaxValue
        | 1 -> Int64.MinValue
        | 2 -> int64 Int32.MaxValue
        | 3 -> int64 Int32.MinValue
        | 4 -> -1L
        | _ -> int64 (random.Next(-20, 21))

    let private real random taste =
        if taste = Taste.Wild then wildReal random else 6. * (random: Random).NextDouble() - 3.

    let private whole random taste =
        if taste = Taste.Wild then wildWhole random else int64 ((random: Random).Next(-5, 6))

    /// Elements of a type.
    let data (random: Random) taste (ty: TensorType) : Array =
        let many (f: unit -> 'T) : Array = Array.init ty.Count (fun _ -> f ())

        match ty.DType with
        | DType.Float32 -> many (fun () -> float32 (real random taste))
        | DType.Float64 -> many (fun () -> real random taste)
        | DType.Int32 -> many (fun () -> int32 (whole random taste))
        | DType.Int64 -> many (fun () -> whole random taste)
        | _ -> many (fun () -> random.Next 2 = 0)

    /// Elements between two numbers, both included.
    let between (random: Random) (low: float, high: float) (ty: TensorType) : Array =
        let many (f: unit -> 'T) : Array = Array.init ty.Count (fun _ -> f ())
        let real () = low + (high - low) * random.NextDouble()
        let whole () = random.NextInt64(int64 (ceil low), int64 (floor high) + 1L)

        match ty.DType with
        | DType.Float32 -> many (fun () -> Math.Clamp(float32 (real ()), float32 low, float32 high))
        | DType.Float64 -> many real
        | DType.Int32 -> many (whole >> int32)
        | DType.Int64 -> many whole
        | _ -> many (fun () -> whole () <> 0L)

    /// A number as it may stand beside a tensor.
    let number (random: Random) dtype =
        match dtype with
        | DType.Float32
        | DType.Float64 -> float (random.Next(-4, 5)) / 2.
        | DType.Bool -> float (random.Next 2)
        | _ -> float (random.Next(-2, 3))

    let private made (operand: Operand) (data: Array) : Array =
        match operand.Made, data with
        | Some make, (:? (float array) as x) -> make operand.Type x
        | Some make, (:? (float32 array) as x) ->
            x |> Array.map float |> make operand.Type |> Array.map float32 :> Array
        | _ -> data

    let input random taste (operand: Operand) : ProgramInput =
        { Type = operand.Type
          Valid = operand.Valid
          Made = operand.Made
          Data =
            match operand.Valid, taste with
            | Some range, _ -> between random range operand.Type |> made operand
            | None, Taste.Smooth -> between random operand.Smooth operand.Type
            | None, _ -> data random taste operand.Type }

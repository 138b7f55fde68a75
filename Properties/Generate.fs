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

/// Types, values and programs at random; each a pure function of the random numbers it is given.
[<RequireQualifiedAccess>]
module internal Generate =
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
        match taste with
        | Taste.Tame -> 6. * (random: Random).NextDouble() - 3.
        | Taste.Wild -> wildReal random

    let private whole random taste =
        match taste with
        | Taste.Tame -> int64 ((random: Random).Next(-5, 6))
        | Taste.Wild -> wildWhole random

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

    let inputOf random taste (operand: Operand) : ProgramInput =
        { Type = operand.Type
          Valid = operand.Valid
          Data =
            match operand.Valid with
            | Some range -> between random range operand.Type
            | None -> data random taste operand.Type }

    /// Other values for the same inputs.
    let fresh random taste (program: RandomProgram) : RandomProgram =
        { program with
            Inputs = [ for i in program.Inputs -> inputOf random taste { Operand.any i.Type with Valid = i.Valid } ] }

    /// An instance of a catalogue entry that takes this type first, as its choices make it.
    let instance (entry: Entry) choices (first: TensorType) = entry.Sample (System.Random choices).Next first

    /// Larger intermediate values are not extended.
    [<Literal>]
    let private Room = 400

    /// Elementwise ops take numbers among their operands.
    let private takesNumbers (op: Op) =
        match op.Kernel with
        | Map _ -> true
        | _ -> false

    let private isNumber source =
        match source with
        | Source.Number _ -> true
        | _ -> false

    /// One more step on an earlier value, or on a new input; the program as it is where the op takes no such type.
    let private extend (random: Random) taste (program: RandomProgram) : RandomProgram =
        let values =
            [| for k in 0 .. program.Inputs.Length - 1 -> Source.Input k
               for i, step in Seq.indexed program.Steps do
                   for k in 0 .. step.Results.Length - 1 -> Source.Result(i, k) |]

        let old = values |> Array.filter (fun v -> (RandomProgram.typeOf program v).Count <= Room)

        let first =
            // The latest values are the likeliest, so that programs grow deep.
            if old.Length > 0 && random.Next 4 > 0 then
                Some old[max (random.Next old.Length) (random.Next old.Length)]
            else
                None

        let ty =
            match first with
            | Some v -> RandomProgram.typeOf program v
            | None -> tensorType random

        let entry, choices = pick random (Array.ofList Catalogue.all), random.Next()

        match instance entry choices ty with
        | None -> program
        | Some(op, operands) ->
            let place (program: RandomProgram, chosen) (k, operand: Operand) =
                let equals = old |> Array.filter (fun v -> RandomProgram.typeOf program v = operand.Type)

                let number () = Source.Number(operand.Type.DType, float (random.Next(-4, 5)) / 2.)

                let chosenSource =
                    match first with
                    | _ when operand.Valid.IsSome -> None
                    | Some v when k = 0 -> Some v
                    | _ when k > 0 && takesNumbers op && random.Next 6 = 0 ->
                        if List.forall isNumber chosen then None else Some(number ())
                    | _ when k > 0 && equals.Length > 0 && random.Next 4 > 0 -> Some(pick random equals)
                    | _ -> None

                match chosenSource with
                | Some s -> program, chosen @ [ s ]
                | None ->
                    { program with Inputs = program.Inputs @ [ inputOf random taste operand ] },
                    chosen @ [ Source.Input program.Inputs.Length ]

            let program, sources = ((program, []), List.indexed operands) ||> List.fold place

            let step =
                { Op = op
                  Operands = sources
                  Like = if operands.IsEmpty then Some(Option.defaultValue values[0] first) else None
                  Results = op.Infer [ for s in sources -> RandomProgram.typeOf program s ]
                  Entry = entry.Name
                  Choices = choices }

            { program with Steps = program.Steps @ [ step ] }

    /// A program of about `size` steps. Its outputs are the last step and up to two others.
    let program (size: int) (random: Random) : RandomProgram =
        let taste = if random.Next 3 = 0 then Taste.Wild else Taste.Tame
        let first = inputOf random taste (Operand.any (tensorType random))
        let empty = { Inputs = [ first ]; Steps = []; Outputs = [] }

        let rec grow left (program: RandomProgram) =
            if left > 0 || program.Steps.IsEmpty then grow (left - 1) (extend random taste program) else program

        // Every other attempt or so meets a type that the op does not take.
        let grown = grow (1 + random.Next(2 * size)) empty

        let results =
            [| for i, step in Seq.indexed grown.Steps do
                   for k in 0 .. step.Results.Length - 1 -> Source.Result(i, k) |]

        let others = [ for _ in 1 .. random.Next 3 -> pick random results ]
        RandomProgram.prune { grown with Outputs = Array.last results :: others }

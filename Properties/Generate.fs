namespace Functional.Properties

open System
open Functional

/// Programs at random; each a pure function of the random numbers it is given.
[<RequireQualifiedAccess>]
module internal Generate =
    /// Other values for the same inputs.
    let fresh random taste (program: RandomProgram) : RandomProgram =
        { program with
            Inputs =
                [ for i in program.Inputs ->
                      Values.input random taste { Operand.any i.Type with Valid = i.Valid; Made = i.Made } ] }

    /// An instance of a catalogue entry that takes this type first, as its choices make it.
    let instance (entry: Entry) choices (first: TensorType) = entry.Sample (System.Random choices).Next first

    /// Adds an input; where it stands.
    let private withInput input (program: RandomProgram) =
        Source.Input program.Inputs.Length, { program with Inputs = program.Inputs @ [ input ] }

    let private withStep (entry: Entry) choices op sources like (program: RandomProgram) =
        let step =
            { Op = op
              Operands = sources
              Like = like
              Host = None
              Results = op.Infer [ for s in sources -> RandomProgram.typeOf program s ]
              Entry = entry.Name
              Choices = choices }

        { program with Steps = program.Steps @ [ step ] }

    let private results (program: RandomProgram) =
        [| for i, step in Seq.indexed program.Steps do
               for k in 0 .. step.Results.Length - 1 -> Source.Result(i, k) |]

    let private values (program: RandomProgram) =
        Array.append [| for k in 0 .. program.Inputs.Length - 1 -> Source.Input k |] (results program)

    /// One instance of an entry on inputs of its own, a type of its first operand given; None where it takes no such type.
    let single random taste (entry: Entry) (first: TensorType) : RandomProgram option =
        let choices = (random: Random).Next()

        match instance entry choices first with
        | None -> None
        | Some(op, operands) ->
            let drawn = if operands.IsEmpty then [ Operand.any first ] else operands
            let inputs = drawn |> List.map (Values.input random taste)
            let sources = [ for k in 0 .. operands.Length - 1 -> Source.Input k ]
            let like = if operands.IsEmpty then Some(Source.Input 0) else None
            let program = withStep entry choices op sources like { Inputs = inputs; Steps = []; Outputs = [] }
            Some { program with Outputs = List.ofArray (results program) }

    /// Larger values are not worked on.
    [<Literal>]
    let private Room = 400

    /// Elementwise ops take numbers among their operands.
    let private takesNumbers (op: Op) =
        match op.Kernel with
        | Map _ -> true
        | _ -> false

    /// An operand after the first: a number, a value of that type, or a new input. Only some values are valid where the
    /// op says so, and they are new.
    let private operand (random: Random) taste op old (operand: Operand) (program: RandomProgram) =
        let equals = old |> Array.filter (fun v -> RandomProgram.typeOf program v = operand.Type)

        if operand.Valid.IsSome then
            withInput (Values.input random taste operand) program
        elif takesNumbers op && random.Next 6 = 0 then
            Source.Number(operand.Type.DType, Values.number random operand.Type.DType), program
        elif equals.Length > 0 && random.Next 4 > 0 then
            Values.pick random equals, program
        else
            withInput (Values.input random taste operand) program

    /// One more step of the host on an earlier value that is not empty.
    let internal withHost (random: Random) host (program: RandomProgram) : RandomProgram =
        match values program |> Array.filter (fun v -> (RandomProgram.typeOf program v).Count <= Room) with
        | [||] -> program
        | old ->
            let operand = old[max (random.Next old.Length) (random.Next old.Length)]
            let ty = RandomProgram.typeOf program operand
            let step =
                { Op = Movement.permute [ 0 .. ty.Rank - 1 ]
                  Operands = [ operand ]
                  Like = None
                  Host = Some host
                  Results = [ ty ]
                  Entry = "Permute"
                  Choices = random.Next() }
            { program with Steps = program.Steps @ [ step ] }

    /// One more step on an earlier value, or on a new input; the program as it is where the op takes no such type.
    let private extend (random: Random) taste (program: RandomProgram) : RandomProgram =
        let old = values program |> Array.filter (fun v -> (RandomProgram.typeOf program v).Count <= Room)

        let (first, grown) =
            if old.Length = 0 || random.Next 4 = 0 then
                withInput (Values.input random taste (Operand.any (Values.tensorType random))) program
            else
                // The latest values are the likeliest, so that programs grow deep.
                old[max (random.Next old.Length) (random.Next old.Length)], program

        let entry, choices = Values.pick random (Array.ofList Catalogue.all), random.Next()

        match instance entry choices (RandomProgram.typeOf grown first) with
        | None -> program
        | Some(op, []) -> withStep entry choices op [] (Some first) grown
        | Some(op, head :: tail) ->
            let head, grown =
                if head.Valid.IsSome then withInput (Values.input random taste head) grown else first, grown
            let tail, grown = (grown, tail) ||> List.mapFold (fun p o -> operand random taste op old o p)
            withStep entry choices op (head :: tail) None grown

    /// A program of 1 to 2 · `size` steps, in some of which the host has its hand. Its outputs are what no step uses, and one
    /// result more.
    let programWith (features: Feature list) (size: int) (random: Random) : RandomProgram =
        let taste = if random.Next 3 = 0 then Taste.Wild else Taste.Tame
        let steps = random.Next(1, 2 * size + 1)
        let features = Array.ofList features

        let step program =
            if features.Length > 0 && random.Next 3 = 0 then
                withHost random (HostSteps.draw random (Values.pick random features)) program
            else
                extend random taste program

        let rec grow (program: RandomProgram) = if program.Steps.Length < steps then grow (step program) else program

        let grown = grow { Inputs = []; Steps = []; Outputs = [] }
        let used =
            set
                [ for s in grown.Steps do
                      yield! Option.toList s.Like @ s.Operands ]
        let results = results grown
        let unused = results |> Array.filter (fun r -> not (used.Contains r)) |> List.ofArray
        RandomProgram.prune { grown with Outputs = unused @ [ Values.pick random results ] }

    /// A program of ops alone.
    let program size random = programWith [] size random

    /// The program with one more step of the host, whose result is an output.
    let withLast (random: Random) host (program: RandomProgram) : RandomProgram =
        let longer = withHost random host program
        if longer.Steps.Length = program.Steps.Length then
            program
        else
            { longer with Outputs = longer.Outputs @ [ Source.Result(longer.Steps.Length - 1, 0) ] }

namespace Functional

open System.Collections.Generic

/// Types, meaning and derivative of formulas; and their straight-line form.
[<RequireQualifiedAccess>]
module internal Formulas =
    /// A step of the straight-line form: an earlier step, or a leaf.
    [<RequireQualifiedAccess>]
    type Step =
        | Arg of int
        | Literal of float
        | Apply of Scalar * int list

    /// The formula as steps, the last one its value. Equal parts are computed once.
    let steps formula =
        let steps, seen = List<Step>(), Dictionary<Step, int>()

        let add step =
            match seen.TryGetValue step with
            | true, k -> k
            | _ ->
                seen[step] <- steps.Count
                steps.Add step
                steps.Count - 1

        let memo = Dictionary<Formula, int>(HashIdentity.Reference)

        let rec visit formula =
            match memo.TryGetValue formula with
            | true, k -> k
            | _ ->
                let k =
                    match formula with
                    | Arg i -> add (Step.Arg i)
                    | Literal c -> add (Step.Literal c)
                    | Self -> invalidOp "the value of an op stands in no formula but its slope's"
                    | Apply(f, args) -> add (Step.Apply(f, List.map visit args))

                memo[formula] <- k
                k

        visit formula |> ignore
        steps.ToArray()

    /// The data type that a scalar function gives for operands of one.
    let resultType f dtype =
        match f with
        | Less
        | LessEqual
        | Equal -> DType.Bool
        | Cast target -> target
        | _ -> dtype

    /// The data type, given the operands'; None for a literal, which takes any. Error where the operands do not fit.
    let rec private infer (args: DType list) formula : Result<DType option, string> =
        match formula with
        | Arg i -> Ok(Some args[i])
        | Literal _
        | Self -> Ok None
        | Apply(Cast dtype, [ a ]) -> infer args a |> Result.map (fun _ -> Some dtype)
        | Apply(f, operands) ->
            let types = operands |> List.map (infer args)

            match
                types
                |> List.tryPick (function
                    | Error e -> Some e
                    | Ok _ -> None)
            with
            | Some e -> Error e
            | None ->
                let known =
                    types
                    |> List.map (function
                        | Ok t -> t
                        | Error _ -> None)
                let alike = (if f = Where then known.Tail else known) |> List.choose id |> List.distinct

                match alike with
                | _ when f = Where && known.Head <> Some DType.Bool -> Error "the condition is not Bool"
                | _ :: _ :: _ -> Error "its operands have different data types"
                | [ t ] when not (Scalars.admits (Scalars.domain f) t) -> Error $"{t} has no {f}"
                | [ t ] -> Ok(Some(resultType f t))
                | [] -> Ok(if resultType f DType.Float32 = DType.Bool then Some DType.Bool else None)

    let typeOf args formula = infer args formula |> Result.map (Option.defaultValue DType.Float32)

    /// The oracle: each step as the element type would store it.
    let eval (types: DType list) (lanes: Lane list) formula =
        let rec go formula =
            match formula with
            | Arg i -> Some types[i], lanes[i]
            | Literal c -> None, Real c
            | Self -> invalidOp "the value of an op stands in no formula but its slope's"
            | Apply(f, args) ->
                let args = List.map go args
                let known =
                    (if f = Where then args.Tail else args) |> List.tryPick fst |> Option.defaultValue types.Head
                let operands =
                    args
                    |> List.map (fun (t, lane) ->
                        match t with
                        | None -> Scalars.store known lane
                        | Some _ -> lane)

                let dtype = resultType f known
                Some dtype, Scalars.store dtype (Scalars.eval f operands)

        match go formula with
        | Some _, lane -> lane
        | None, lane -> Scalars.store types.Head lane

    /// The cotangent of operand i as a formula of the operands, `Self` and the cotangent `dy`.
    let pull i formula (dy: Formula) =
        let rec go formula (self: Formula) (dy: Formula) : Formula option =
            match formula with
            | Arg j -> if i = j then Some dy else None
            | Literal _
            | Self -> None
            | Apply(f, args) ->
                args
                |> List.mapi (fun k a -> Scalars.pull f k args self dy |> Option.bind (go a a))
                |> List.choose id
                |> function
                    | [] -> None
                    | terms -> Some(List.reduce (+) terms)

        go formula Self dy

namespace Functional

/// Sums of products by subscripts, as "bij,bjk->bik": a letter for each dimension; letters that the result lacks are
/// summed over. The operands are contracted one after another, from the left.
[<RequireQualifiedAccess>]
module internal Einsum =
    /// An operand with a letter for each dimension.
    type private Term = { Letters: char list; Tensor: Tensor }

    let private fail types problem remedy = Labels.shapeError "Einsum" types problem remedy

    /// Without "->", the result has the letters that stand once, in the order of the alphabet.
    let private read types (subscripts: string) : char list list * char list =
        let terms (inputs: string) = inputs.Split ',' |> Array.map List.ofSeq |> List.ofArray

        match subscripts.Replace(" ", "").Split "->" with
        | [| inputs |] ->
            let once = List.concat (terms inputs) |> List.countBy id |> List.filter (fun (_, n) -> n = 1)
            terms inputs, once |> List.map fst |> List.sort
        | [| inputs; output |] -> terms inputs, List.ofSeq output
        | _ -> fail types "there is more than one arrow" "write subscripts as in \"bij,bjk->bik\""

    let private check types (inputs: char list list) (output: char list) =
        let repeated letters = List.distinct letters <> letters
        let stray = output |> List.tryFind (fun l -> not (List.exists (List.contains l) inputs))

        if List.length types <> inputs.Length then
            fail types $"subscripts name {inputs.Length} operands" "separate the operands' subscripts by commas"
        elif List.concat (output :: inputs) |> List.exists (fun l -> not (System.Char.IsAsciiLetter l)) then
            fail types "subscripts are letters" "write them as in \"bij,bjk->bik\""
        elif inputs |> List.exists repeated then
            fail types "an operand has the same letter twice" "multiply by an identity matrix to take a diagonal"
        elif repeated output then
            fail types "the result has the same letter twice" "name each of its dimensions once"
        elif stray.IsSome then
            fail
                types
                $"no operand has the letter '{stray.Value}' of the result"
                "the result's letters are the operands'"

        for t, letters in List.zip types inputs do
            if t.Rank <> letters.Length then
                fail types $"{letters.Length} subscripts do not name {t.Rank} dimensions" "give one letter for each"

    /// Sums over letters that nothing else needs.
    let private prune needed term =
        let lone =
            [ for k, l in List.indexed term.Letters do
                  if not (List.contains l needed) then k ]

        if lone.IsEmpty then
            term
        else
            { Letters = term.Letters |> List.filter (fun l -> List.contains l needed)
              Tensor = Define.apply (Movement.sum lone) [ term.Tensor ] }

    let private product needed a b =
        let place term l = List.findIndex ((=) l) term.Letters
        let common = a.Letters |> List.filter (fun l -> List.contains l b.Letters)
        let batch, summed = common |> List.partition (fun l -> List.contains l needed)
        let pair l = place a l, place b l
        let op = Contractions.op { Batch = List.map pair batch; Sum = List.map pair summed }

        { Letters = batch @ List.except common a.Letters @ List.except common b.Letters
          Tensor = Define.apply op [ a.Tensor; b.Tensor ] }

    let apply (subscripts: string) (operands: Tensor list) : Tensor =
        let types = [ for Given "Einsum" x in operands -> x.Type ]
        let inputs, output = read types subscripts
        check types inputs output

        let rec reduce term (others: Term list) =
            let needed = output @ List.collect (fun t -> t.Letters) others
            let term = prune needed term

            match others with
            | [] -> term
            | next :: rest ->
                let later = output @ List.collect (fun t -> t.Letters) rest
                reduce (product later term (prune (term.Letters @ later) next)) rest

        let terms = List.map2 (fun letters x -> { Letters = letters; Tensor = x }) inputs operands
        let result = reduce terms.Head terms.Tail
        let order = [ for l in output -> List.findIndex ((=) l) result.Letters ]
        if order = [ 0 .. order.Length - 1 ] then
            result.Tensor
        else
            Define.apply (Movement.permute order) [ result.Tensor ]

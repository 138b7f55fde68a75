namespace Functional

/// Structured control flow over structures of tensors: records the bodies, and applies the op that runs them.
[<RequireQualifiedAccess>]
module internal Structured =
    let private typesOf (leaves: Tensor seq) = [ for t in leaves -> t.Type ]

    let private shown (leaves: Tensor seq) = System.String.Join(", ", [ for t in leaves -> string t.Type ])

    /// Two structures are of one kind, and hold tensors of the same types.
    let alike op operands problem remedy (a: 'R) (b: 'R) =
        let x, skeletonX = Structures.flatten a
        let y, skeletonY = Structures.flatten b

        if typesOf x <> typesOf y then
            Closed.refuse op operands $"{problem} differ: ({shown x}) and ({shown y})" remedy
        elif not (skeletonX.Equals skeletonY) then
            Closed.refuse op operands $"{problem} differ in structure, or in a value that is no tensor" remedy

    /// A condition as a Bool scalar.
    let private condition op (t: Tensor) =
        if t.DType <> DType.Bool || t.Count <> 1 then
            Closed.refuse op [ t.Type ] "its condition is no single Bool" "compare, and reduce with any or all"

        if t.Rank = 0 then t else Define.apply (Movement.reshape [] Format.None) [ t ]

    let cond (Given "Cond" predicate) (whenTrue: 'T -> 'R) (whenFalse: 'T -> 'R) (x: 'T) : 'R =
        let leaves, _ = Structures.flatten x
        let leaves = List.ofArray leaves
        let run (f: 'T -> 'R) inputs = f (Structures.replace x (Array.ofList inputs))
        let traces, results, captured = Bodies.record "cond" (typesOf leaves) [ run whenTrue; run whenFalse ]
        alike "Cond" (typesOf leaves) "the results of its branches" "let both give the same" results[0] results[1]
        let op = Branch.op traces[0] traces[1]
        let found = Closed.apply op traces (condition "Cond" predicate :: leaves @ captured)
        Structures.replace results[0] (Array.ofList found)

    let keyed (Given "WithKey" key) (f: 'T -> 'R) (x: 'T) : 'R =
        if key.DType <> DType.Int64 || key.Count <> 1 then
            Closed.refuse "WithKey" [ key.Type ] "it is no key" "make one with Tensor.key, or take any Int64 scalar"

        let key = if key.Rank = 0 then key else Define.apply (Movement.reshape [] Format.None) [ key ]
        let leaves = List.ofArray (fst (Structures.flatten x))
        let run inputs = f (Structures.replace x (Array.ofList inputs))
        let traces, results, captured = Bodies.record "withKey" (typesOf leaves) [ run ]
        let operands = leaves @ captured @ (if Closed.draws traces then [ key ] else [])
        let found =
            match operands with
            | [] -> Direct.Instance.Apply(Keyed.op traces.Head, [])
            | _ -> Tensor.Apply(Keyed.op traces.Head, operands)
        Structures.replace results.Head (Array.ofList found)

    let private remedy =
        "let the body return what it is given, of the same types; cast or reshape tensors of the start"

    /// At most `count` iterations, where that is given.
    let whileLoop (count: int option) (goesOn: 'C -> Tensor) (body: 'C -> 'C) (init: 'C) : 'C =
        if Option.exists (fun n -> n < 0) count then
            raise (System.ArgumentOutOfRangeException(nameof count, count, "a number of iterations is at least 0"))

        let leaves, _ = Structures.flatten init
        let leaves = List.ofArray leaves
        let given inputs = Structures.replace init (Array.ofList inputs)

        let traces, results, captured =
            Bodies.record
                "whileLoop"
                (typesOf leaves)
                [ (fun inputs -> Choice1Of2(condition "While" (goesOn (given inputs))))
                  (fun inputs -> Choice2Of2(body (given inputs))) ]

        match results[1] with
        | Choice2Of2 next -> alike "While" (typesOf leaves) "start and result of its body" remedy init next
        | Choice1Of2 _ -> ()

        let loop =
            { Condition = Some traces[0]
              Body = traces[1]
              Carried = leaves.Length
              Along = []
              Stacked = []
              Count = count
              Backward = false }

        given (Closed.apply (IterationOp.op loop) traces (leaves @ captured))

    /// Where the iterations go in a stacked output: to the place and the label that they have in what is sliced.
    let private stack (along: (int * char option) option) (t: TensorType) =
        let dim, label = Option.defaultValue (0, None) along
        let dim = min dim t.Rank

        let label =
            match label with
            | _ when t.Format.IsNone && t.Rank > 0 -> ""
            | None -> if t.Rank = 0 then "" else "U"
            | Some c when "CBT".Contains c && t.Format.Labels.Contains c -> "U"
            | Some c -> string c

        dim, label

    let private lengthOf (leaves: Tensor list) dims =
        match List.distinct (List.map2 (fun (t: Tensor) dim -> t.Type.Sizes[dim]) leaves dims) with
        | [ n ] -> n
        | [] ->
            Closed.refuse
                "Scan"
                []
                "there is no tensor to take slices of"
                "scan a structure with tensors, or use repeat"
        | sizes ->
            Closed.refuse
                "Scan"
                (typesOf leaves)
                $"the dimensions to be scanned have sizes %A{sizes}"
                "give tensors of one length"

    let private scanned backward count dims (step: 'C -> Tensor list -> 'C * 'Y) (init: 'C) (leaves: Tensor list) =
        let start = List.ofArray (fst (Structures.flatten init))
        let slices = List.map2 (fun dim (t: Tensor) -> Movement.without [ dim ] t.Type) dims leaves

        let run inputs =
            let carry, slices = List.splitAt start.Length inputs
            step (Structures.replace init (Array.ofList carry)) slices

        let traces, results, captured = Bodies.record "scan" (typesOf start @ slices) [ run ]
        let next, output = List.head results
        alike "Scan" (typesOf (start @ leaves)) "start and result of its carry" remedy init next
        let outputs = fst (Structures.flatten output)

        let along =
            match dims, leaves with
            | dim :: _, t :: _ -> Some(dim, (if t.Format.IsNone then None else Some t.Format.Labels[dim]))
            | _ -> None

        let loop =
            { Condition = None
              Body = traces.Head
              Carried = start.Length
              Along = dims
              Stacked = [ for t in outputs -> stack along t.Type ]
              Count = Some count
              Backward = backward }

        let carry, stacked =
            Closed.apply (IterationOp.op loop) traces (start @ leaves @ captured) |> List.splitAt start.Length
        Structures.replace init (Array.ofList carry), Structures.replace output (Array.ofList stacked)

    /// `along` gives for each tensor of `xs` the dimension to be scanned.
    let scan backward (along: TensorType -> int) (f: 'C -> 'X -> 'C * 'Y) (init: 'C) (xs: 'X) : 'C * 'Y =
        let leaves = List.ofArray (fst (Structures.flatten xs))
        let dims = [ for t in leaves -> along t.Type ]
        let step carry slices = f carry (Structures.replace xs (Array.ofList slices))
        scanned backward (lengthOf leaves dims) dims step init leaves

    /// The same number of iterations each time; the body is told which it is, as an Int64 scalar.
    let repeat count (f: Tensor -> 'C -> 'C) (init: 'C) : 'C =
        if count < 0 then
            raise (System.ArgumentOutOfRangeException(nameof count, count, "a number of iterations is at least 0"))

        let start = List.ofArray (fst (Structures.flatten init))
        let numbers =
            Scans.iota
                (Movement.constant (Closed.interpreter "Repeat" start) (TensorType(DType.Int64, [])) 0.)
                DType.Int64
                count
        scanned false count [ 0 ] (fun carry k -> f k.Head carry, ()) init [ numbers ] |> fst

    let dimension dim (t: TensorType) = Labels.dimension "Scan" t dim

    let labelled label (t: TensorType) = Labels.single "Scan" t label

namespace Functional

/// One way to say the same movement, and operands in one order.
[<RequireQualifiedAccess>]
module internal Canonicalise =
    let private identity order = order = [ 0 .. List.length order - 1 ]

    let private sizes (t: Term) = List.ofArray t.Type.Sizes

    /// Broadcast to the type of a term.
    let private broadcastLike (result: Term) dims x =
        apply (Movement.broadcast (sizes result) result.Type.Format dims) [ x ]

    /// One slice for two, the outer one second.
    let private composed inner outer =
        List.map2 (fun (start, step, _) (first, by, count) -> start + first * step, step * by, count) inner outer

    let private whole ranges (x: Term) =
        List.forall2
            (fun (start, step, count) size -> start = 0 && count = size && (step = 1 || size <= 1))
            ranges
            (sizes x)

    /// What is left of a padding by a slice that takes nothing of the operand away.
    let private less ranges (around: (int * int * int) list) (x: Term) =
        let left =
            List.map3
                (fun (start, step, count) (before, _, between) size ->
                    let now = before - start, start + count - before - size
                    if step = 1 && between = 0 && count > 0 && fst now >= 0 && snd now >= 0 then
                        Some(fst now, snd now, 0)
                    else
                        None)
                ranges
                around
                (sizes x)
        if List.forall Option.isSome left then Some(List.map Option.get left) else None

    let private movement =
        [ rule "permute in order x = x" (function
              | Moved(Permute order, [ x ]) when identity order -> Some x
              | _ -> None)
          // Other operands tell a gradient where it goes, which is over.
          rule "y tied to x = y" (function
              | Moved(Permute order, y :: _ :: _) when identity order -> Some y
              | _ -> None)
          rule "permute (permute x) = permute x" (function
              | Moved(Permute outer, [ Term(Moved(Permute inner, [ x ])) ]) ->
                  Some(apply (Movement.permute [ for k in outer -> inner[k] ]) [ x ])
              | _ -> None)
          ruleOf "reshape to the same sizes x = x" (fun term form ->
              match form with
              | Moved(Reshape _, [ x ]) when x.Type.Equals term.Type -> Some x
              | _ -> None)
          ruleOf "reshape (reshape x) = reshape x" (fun term form ->
              match form with
              | Moved(Reshape sizes, [ Term(Moved(Reshape _, [ x ])) ]) ->
                  Some(apply (Movement.reshape sizes term.Type.Format) [ x ])
              | _ -> None)
          ruleOf "broadcast to the same sizes x = x" (fun term form ->
              match form with
              | Moved(Broadcast(_, dims), [ x ]) when identity dims && x.Type.Equals term.Type -> Some x
              | _ -> None)
          ruleOf "broadcast (broadcast x) = broadcast x" (fun term form ->
              match form with
              | Moved(Broadcast(_, outer), [ Term(Moved(Broadcast(_, inner), [ x ])) ]) ->
                  Some(broadcastLike term [ for d in inner -> outer[d] ] x)
              | _ -> None)
          ruleOf "permute (broadcast x) = broadcast x" (fun term form ->
              match form with
              | Moved(Permute order, [ Term(Moved(Broadcast(_, dims), [ x ])) ]) ->
                  Some(broadcastLike term [ for d in dims -> List.findIndex ((=) d) order ] x)
              | _ -> None)
          ruleOf "broadcast (permute x) = broadcast x" (fun term form ->
              match form with
              | Moved(Broadcast(_, dims), [ Term(Moved(Permute order, [ x ])) ]) ->
                  Some(broadcastLike term [ for k in 0 .. order.Length - 1 -> dims[List.findIndex ((=) k) order] ] x)
              | _ -> None)
          ruleOf "move (broadcast scalar) = broadcast scalar" (fun term form ->
              match form with
              | Moved((Reshape _ | Slice _), [ Term(Moved(Broadcast _, [ x ])) ]) when x.Type.Rank = 0 ->
                  Some(broadcastLike term [] x)
              | _ -> None)
          rule "slice of all x = x" (function
              | Moved(Slice ranges, [ x ]) when whole ranges x -> Some x
              | _ -> None)
          rule "slice (slice x) = slice x" (function
              | Moved(Slice outer, [ Term(Moved(Slice inner, [ x ])) ]) ->
                  Some(apply (Movement.slice (composed inner outer)) [ x ])
              | _ -> None)
          rule "slice (pad x) = pad x by less" (function
              | Moved(Slice ranges, [ Term(Moved(Pad(around, value), [ x ])) ]) ->
                  less ranges around x |> Option.map (fun around -> apply (Movement.pad around value) [ x ])
              | _ -> None)
          rule "concat [x] = x" (function
              | Moved(Concat _, [ x ]) -> Some x
              | _ -> None)
          rule "pad x by nothing = x" (function
              | Moved(Pad(around, _), [ x ]) when around |> List.forall ((=) (0, 0, 0)) -> Some x
              | _ -> None)
          ruleOf "reduce x over sizes of 1 = reshape x" (fun term form ->
              match form with
              | Reduced((SumOf | ProductOf | MaxOf | MinOf | AnyOf | AllOf), dims, x) when
                  isSettled x && dims |> List.forall (fun d -> x.Type.Sizes[d] = 1)
                  ->
                  Some(apply (Movement.reshape (sizes term) term.Type.Format) [ x ])
              | _ -> None) ]

    let private commutes = set [ Add; Mul; Max; Min; And; Or; Xor; Equal ]

    /// A scalar meets every lane as it is, so that its broadcast is needed only where it alone has the sizes.
    let private withoutBroadcasts (op: Op) (args: Term list) =
        let bare (t: Term) =
            match t with
            | Term(Moved(Broadcast _, [ x ])) when x.Type.Rank = 0 -> Some x
            | _ -> None

        if
            args |> List.exists (fun a -> a.Type.Rank > 0 && (bare a).IsNone)
            && args |> List.exists (bare >> Option.isSome)
        then
            Some(apply op (args |> List.map (fun a -> bare a |> Option.defaultValue a)))
        else
            None

    /// Operands that are broadcast alike are computed with before.
    let private underBroadcast (term: Term) (op: Op) (args: Term list) =
        let spread (t: Term) =
            match t with
            | Term(Moved(Broadcast(_, dims), [ x ])) when x.Type.Count < t.Type.Count -> Some(dims, x)
            | _ -> None

        match args |> List.filter (fun a -> a.Type.Rank > 0) with
        | [] -> None
        | first :: rest ->
            match spread first with
            | Some(dims, x) when
                rest
                |> List.forall (fun a ->
                    match spread a with
                    | Some(others, y) -> others = dims && y.Type.Sizes = x.Type.Sizes && y.Type.Format = x.Type.Format
                    | None -> false)
                ->
                let inner = args |> List.map (fun a -> spread a |> Option.map snd |> Option.defaultValue a)
                Some(broadcastLike term dims (apply op inner))
            | _ -> None

    /// A product of one term for each element, as that: its operands, repeated.
    let private single (term: Term) (c: Contraction) (a: Term) (b: Term) =
        let batchA, batchB = List.unzip c.Batch
        let sumA, sumB = List.unzip c.Sum
        if sumA |> List.exists (fun d -> a.Type.Sizes[d] <> 1) || term.Type.Count = 0 then
            None
        else
            let rest (t: Term) batch sum = List.except (batch @ sum) [ 0 .. t.Type.Rank - 1 ]
            let restA, restB = rest a batchA sumA, rest b batchB sumB
            let spread (t: Term) batch sum rest first =
                let kept = List.except sum [ 0 .. t.Type.Rank - 1 ]
                let place d =
                    match List.tryFindIndex ((=) d) batch with
                    | Some k -> k
                    | None -> first + List.findIndex ((=) d) rest
                apply (Movement.reshape [ for d in kept -> t.Type.Sizes[d] ] Format.None) [ t ]
                |> broadcastLike term (List.map place kept)
            let left = spread a batchA sumA restA batchA.Length
            let right = spread b batchB sumB restB (batchA.Length + restA.Length)
            Some(lanes Mul [ left; right ])

    let private products =
        [ ruleOf "contract (x, y) over 1 term = x · y" (fun term form ->
              match form with
              | Contracted(c, a, b) -> single term c a b
              | _ -> None) ]

    let private operands =
        [ rule "c · x = x · c" (function
              | Lanes(f, [ Number c; x ]) when commutes.Contains f && not (System.Double.IsNaN c) ->
                  match x with
                  | Number _ -> None
                  | _ -> Some(lanes f [ x; number x c ])
              | _ -> None)
          rule "f (x, broadcast scalar) = f (x, scalar)" (function
              | Lanes(f, args) -> withoutBroadcasts (Elementwise.scalar f) args
              | Formed(op, args) -> withoutBroadcasts op args
              | _ -> None)
          ruleOf "f (broadcast x) = broadcast (f x)" (fun term form ->
              match form with
              | Lanes(f, args) -> underBroadcast term (Elementwise.scalar f) args
              | Formed(op, args) -> underBroadcast term op args
              | _ -> None) ]

    let rules = movement @ products @ operands

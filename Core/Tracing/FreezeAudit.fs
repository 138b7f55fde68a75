namespace Functional

open System
open System.Collections.Generic
open System.Threading

/// What a trace would freeze that the function does not.
type HiddenStateKind =
    /// A random draw that is not like a traced tensor.
    | PlainDraw = 0
    /// A number or tensor that is another in another call.
    | Constant = 1
    /// A setting of an op, such as the bounds of a slice, that is another in another call.
    | Setting = 2
    /// From here on the function does something else in another call.
    | Structure = 3
    /// A part of the result that is no tensor, and is another in another call; or another structure of the result.
    | StaticResult = 4
    /// The function threw in one call and not in another.
    | Error = 5

/// State of the host in disguise: what differs between two calls that should do the same.
[<Sealed; AllowNullLiteral(false)>]
type HiddenState internal (kind: HiddenStateKind, site: string, op: string, first: string, second: string) =
    /// What kind of state it is.
    member _.Kind = kind
    /// The place in the user's code: file and line, or method; "" where it is not known.
    member _.Site = site
    /// The op that it goes into; "" for none.
    member _.Op = op
    /// What one call saw.
    member _.First = first
    /// What another call saw; of a plain draw what it is.
    member _.Second = second

    override _.ToString() =
        let place = if site = "" then "" else $" at {site}"
        let into = if op = "" then "" else $" in {op}"
        match kind with
        | HiddenStateKind.PlainDraw -> $"plain draw{into}{place}: {first}. Draw like a traced tensor instead."
        | HiddenStateKind.Structure ->
            $"the function does something else{into}{place}: {first}, then {second}. What decides is not among its arguments; pass it in, or read it from a tensor."
        | HiddenStateKind.StaticResult -> $"a static part of the result{place}: {first}, then {second}."
        | HiddenStateKind.Error -> $"the function threw{place}: {first}, then {second}."
        | _ ->
            $"{kind.ToString().ToLowerInvariant()}{into}{place}: {first}, then {second}. Pass it to the function as an argument."

/// What an audit has found; nothing for a pure function.
[<Sealed; AllowNullLiteral(false)>]
type FreezeReport internal (findings: HiddenState list, rounds: int) =
    /// By place in the program of the function.
    member _.Findings: IReadOnlyList<HiddenState> = Array.ofList findings
    /// Whether nothing was found.
    member _.IsPure = findings.IsEmpty
    /// How many times the function was traced.
    member _.Rounds = rounds

    override _.ToString() =
        match findings with
        | [] -> $"no hidden state: {rounds} traces of the function are the same program"
        | _ -> String.Join("\n", findings)

/// Traces a function several times, as if it were called, and compares the programs. What differs was state of the host:
/// System.Random, the clock, a counter, a static or captured variable, the environment. A trace would freeze it.
[<AbstractClass; Sealed>]
type FreezeAudit private () =
    /// What one call did, up to the host's reads.
    static member private Round(f: 'T -> 'R, x: 'T, leaves: Tensor list, generator: Generator) =
        let outer = Generator.Current
        Generator.Current <- generator
        try
            try
                let run inputs = f (Structures.replace x (Array.ofList inputs))

                Tracing.recordWith
                    (fun tracer -> tracer.KeepsSites <- true)
                    "the function"
                    leaves
                    run
                    (fun tracer result ->
                        let results, skeleton = Structures.flatten result
                        let outputs = List.ofArray results
                        let reads = [ for t, seen in tracer.Reads -> tracer.Trace [ t ], tracer.Sites [ t ], seen ]
                        Ok(reads, tracer.Trace outputs, tracer.Sites outputs, skeleton))
            with e ->
                Error e
        finally
            Generator.Current <- outer

    /// Other values of the same types: floating-point ones are moved by less than a tenth, Bool and whole ones stay.
    static member private Varied(random: Random, leaves: Tensor list) =
        [ for t in leaves ->
              if Scalars.isFloating t.DType then
                  let factor =
                      Direct.Tensor(
                          TensorType(t.DType, []),
                          Blocks.ofArray
                              (TensorType(t.DType, []))
                              (Blocks.ofNumber t.DType (1. + 0.1 * random.NextDouble()))
                      )
                  t * factor
              else
                  t ]

    static member private Shown(t: Tensor) =
        let block = (Execute.blockOf t).Value
        if t.Rank = 0 then string (block.Data.GetValue block.Offset) else Display.show t.Type block

    static member private Name(trace: Trace, i) =
        if i < trace.Instructions.Length then trace.Instructions[i].Op.Name else ""

    static member private Describe(a: Trace, sitesA: string array, b: Trace, sitesB: string array) =
        let site i =
            match Array.tryItem i sitesB with
            | Some site when site <> "" -> site
            | _ -> Array.tryItem i sitesA |> Option.defaultValue ""

        let constantSite i (t: Tensor) =
            match t.Interpreter with
            | :? Frozen as frozen when frozen.Site <> "" -> frozen.Site
            | _ -> site i

        [ for difference in Difference.between a b do
              match difference with
              | Difference.Constant(i, x, y) ->
                  HiddenState(
                      HiddenStateKind.Constant,
                      constantSite i y,
                      FreezeAudit.Name(a, i),
                      FreezeAudit.Shown x,
                      FreezeAudit.Shown y
                  )
              | Difference.Output(_, x, y) ->
                  HiddenState(HiddenStateKind.Constant, constantSite -1 y, "", FreezeAudit.Shown x, FreezeAudit.Shown y)
              | Difference.Setting(i, name, first, second) ->
                  HiddenState(HiddenStateKind.Setting, site i, $"{FreezeAudit.Name(a, i)}, {name}", first, second)
              | Difference.Structure i ->
                  let shown trace =
                      match FreezeAudit.Name(trace, i) with
                      | "" -> "the end"
                      | name -> name
                  HiddenState(HiddenStateKind.Structure, site i, "", shown a, shown b) ]

    static member private PlainDraws(trace: Trace) =
        [ for c in trace.Constants do
              match c.Interpreter with
              | :? Frozen as frozen when frozen.Kind = ConstantKind.PlainDraw ->
                  HiddenState(HiddenStateKind.PlainDraw, frozen.Site, "", FreezeAudit.Shown c, "")
              | _ -> () ]

    /// Compares two rounds; the second saw other values, or not. Where the host read other values, only what led to the
    /// reading is compared: other values may lead anywhere.
    static member private Compare(first, second, sameValues) : HiddenState list =
        match first, second with
        | Ok(readsA, traceA, sitesA, skeletonA: Skeleton), Ok(readsB, traceB, sitesB, skeletonB: Skeleton) ->
            let rec go readsA readsB =
                match readsA, readsB with
                | (a: Trace, sitesA, seenA) :: restA, (b: Trace, sitesB, seenB) :: restB ->
                    match FreezeAudit.Describe(a, sitesA, b, sitesB) with
                    | [] when (seenA: Sight).Is seenB -> go restA restB
                    | [] -> []
                    | found -> found
                | _ ->
                    let found = FreezeAudit.Describe(traceA, sitesA, traceB, sitesB)
                    if found.IsEmpty && not (skeletonA.Equals skeletonB) then
                        let one, other = FreezeAudit.Statics(skeletonA, skeletonB)
                        [ HiddenState(HiddenStateKind.StaticResult, "", "", one, other) ]
                    else
                        found

            go readsA readsB
        | Ok _, Error(e: exn) when sameValues ->
            let site =
                match e with
                | :? FunctionalException as e -> e.CallSite
                | _ -> ""
            [ HiddenState(HiddenStateKind.Error, site, "", "a result", e.Message) ]
        | _ -> []

    /// The first static parts in which two structures differ.
    static member private Statics(a: Skeleton, b: Skeleton) : string * string =
        let at k (s: Skeleton) = if k < s.Tokens.Length then $"{s.Tokens[k]}" else ""
        let places = [ 0 .. max a.Tokens.Length b.Tokens.Length - 1 ]
        let differ k = k >= a.Tokens.Length || k >= b.Tokens.Length || not (a.Tokens[k].Is b.Tokens[k])
        match List.tryFind differ places with
        | Some k -> at k a, at k b
        | None -> "", ""

    /// Audits a function at an argument: traces it several times, with the same and with other values, with like and unlike
    /// states of the generator and, by waiting, of the clock. `between` runs between the traces: there a program may change
    /// what it changes between calls.
    /// Throws what the function throws at the first call. A host read counts as part of the function; where it leads elsewhere
    /// for other values, that is no hidden state.
    static member Of<'T, 'R>(f: Func<'T, 'R>, x: 'T, between: Action) : FreezeReport =
        let leaves = List.ofArray (fst (Structures.flatten x))
        let random = Random 0
        let round values generator = FreezeAudit.Round(f.Invoke, x, values, Generator(generator: uint64))
        let first = round leaves 1UL

        match first with
        | Error e -> System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e).Throw()
        | Ok _ -> ()

        // The clock's resolution is at most 16 ms.
        Thread.Sleep 20

        let next sameValues =
            between.Invoke()
            let second = if sameValues then round leaves 1UL else round (FreezeAudit.Varied(random, leaves)) 2UL
            FreezeAudit.Compare(first, second, sameValues)

        let plain =
            match first with
            | Ok(_, trace, _, _) -> FreezeAudit.PlainDraws trace
            | Error _ -> []

        // The first round that shows something says it all; a state that comes up heads or tails may need several.
        let found =
            Seq.initInfinite (fun k -> k % 2 = 1)
            |> Seq.truncate 6
            |> Seq.map next
            |> Seq.tryFind (fun f -> not f.IsEmpty)
        let isPlain (h: HiddenState) = plain |> List.exists (fun p -> p.First = h.First && p.Site = h.Site)
        let others = Option.defaultValue [] found |> List.filter (fun h -> not (isPlain h))
        FreezeReport(plain @ others, 7)

    /// Audits a function at an argument, with nothing of the program's in between.
    static member Of<'T, 'R>(f: Func<'T, 'R>, x: 'T) : FreezeReport = FreezeAudit.Of(f, x, Action(fun () -> ()))

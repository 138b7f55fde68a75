namespace Functional

open System.Text

/// From trace to trace with the same meaning; what it did, by rule.
[<NoEquality; NoComparison>]
type internal Pass = { Name: string; Run: Trace -> Trace * (string * int) list }

/// What a pass did to a trace: rules with the number of times that each fired, and instructions before and after.
type internal PassReport = { Pass: string; Fired: (string * int) list; Before: int; After: int }

/// How a trace gets better.
[<RequireQualifiedAccess>]
module internal Pipeline =
    let private pass name run = { Name = name; Run = run }

    let narrow = pass "narrow" Narrow.run
    let crop = pass "crop" Crop.run
    let canonicalise = pass "canonicalise" (Rewrite.run Canonicalise.rules)
    let simplify = pass "simplify" (Rewrite.run Simplify.rules)
    let relax = pass "relax" (Rewrite.run Relaxed.rules)
    let share = pass "share" Share.run
    let fold = pass "fold" Fold.run
    let drop = pass "drop" Drop.run

    /// In this order. Sharing shows operands to be the same, which some laws ask for; dropping leaves out what rewriting
    /// left behind, so that what is read once is known.
    let passes relaxed =
        [ narrow
          canonicalise
          drop
          crop
          share
          fold
          simplify
          if relaxed then relax
          drop
          canonicalise
          share
          drop ]

    let private step (trace: Trace) (pass: Pass) =
        let next, fired = pass.Run trace
#if DEBUG
        Verify.check next
#endif
        { Pass = pass.Name
          Fired = fired
          Before = trace.Instructions.Length
          After = next.Instructions.Length },
        next

    /// The better trace, and what each pass did.
    let run relaxed (trace: Trace) : Trace * PassReport list =
        let mutable trace = trace
        let reports =
            [ for pass in passes relaxed do
                  let report, next = step trace pass
                  trace <- next
                  report ]
        trace, reports

    /// One line for a pass that did something, one for each rule that fired in it.
    let explain (reports: PassReport list) =
        let text = StringBuilder()
        for r in reports do
            if not r.Fired.IsEmpty then
                text.Append($"{r.Pass}: {r.Before} → {r.After} instructions\n") |> ignore
                for name, count in r.Fired do
                    text.Append($"  {count} × {name}\n") |> ignore
        text.ToString()

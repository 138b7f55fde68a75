namespace Functional.Properties

open FsCheck
open FsCheck.FSharp

/// What a law says of one case.
[<RequireQualifiedAccess>]
type Verdict =
    | Holds
    | Fails of explanation: string
    /// The law says nothing of this case.
    | Silent of reason: string

[<RequireQualifiedAccess>]
module Verdict =
    /// The first that does not hold.
    let all (verdicts: Verdict seq) =
        verdicts |> Seq.tryFind (fun v -> v <> Verdict.Holds) |> Option.defaultValue Verdict.Holds

    /// As a property of FsCheck: silent cases are discarded.
    let toProperty verdict =
        match verdict with
        | Verdict.Holds -> Prop.ofTestable true
        | Verdict.Fails explanation -> Prop.label explanation false
        | Verdict.Silent _ -> Prop.filter false (lazy true)

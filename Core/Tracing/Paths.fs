namespace Functional

open System

/// What is known of one signature: a tree of host reads with a program at each leaf.
[<RequireQualifiedAccess>]
type internal Path<'R> =
    /// The program, and the result with tensors to be replaced.
    | Leaf of Program * template: 'R
    /// Computes what the host reads next; by the elements seen, how it goes on.
    | Guard of Program * branches: (Array * Path<'R>) list

/// Following and growing such trees.
[<RequireQualifiedAccess>]
module internal Paths =
    let private branch seen branches =
        branches |> List.tryFind (fun (value, _) -> Blocks.sameBits value seen) |> Option.map snd

    /// The program for these inputs and draws, as far as the reads seen before lead.
    let rec follow start blocks path =
        match path with
        | Path.Leaf(program, template) -> ValueSome(program, template)
        | Path.Guard(slice, branches) ->
            let read = Array.head (slice.Run(start, blocks))
            let seen = Blocks.toArray (slice.Trace.TypeOf slice.Trace.Outputs[0]) read

            match branch seen branches with
            | Some next -> follow start blocks next
            | None -> ValueNone

    /// The tree with one more path: the reads on the way and what they saw, and the leaf at its end.
    let rec insert (reads: (Program * Array) list) leaf path =
        match reads, path with
        | [], _ -> leaf
        | (_, seen) :: rest, Some(Path.Guard(slice, branches)) ->
            let others = branches |> List.filter (fun (value, _) -> not (Blocks.sameBits value seen))
            Path.Guard(slice, (seen, insert rest leaf (branch seen branches)) :: others)
        | (slice, seen) :: rest, _ -> Path.Guard(slice, [ seen, insert rest leaf None ])

    /// The programs at the leaves.
    let rec programs path =
        match path with
        | Path.Leaf(program, _) -> [ program ]
        | Path.Guard(_, branches) -> branches |> List.collect (snd >> programs)

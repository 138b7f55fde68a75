namespace Functional

open System
open System.Collections.Generic

/// Work done piece by piece, each by the kernel that direct execution uses: what a loop falls back to.
[<RequireQualifiedAccess>]
module internal Pieces =
    let private seen (block: Block) (access: Access) : Block =
        { block with Offset = block.Offset + access.Offset; Strides = access.Strides }

    /// From the blocks of roots to that of the result, dense.
    let private piece (roots: TensorType array) (work: Work) : (int -> Block) -> Block =
        let result = TensorType(roots[work.Results[0]].DType, Work.space roots[work.Results[0]])
        let argument a : (int -> Block) -> Block =
            match a with
            | Argument.Number(dtype, x) ->
                let block = Blocks.ofArray (TensorType(dtype, [])) (Blocks.ofNumber dtype x) in fun _ -> block
            | Argument.At(access, _) -> fun blockOf -> seen (blockOf access.Root) access
        let arguments = Array.map argument work.Operands
        let typeOf a =
            match a with
            | Argument.Number(dtype, _) -> TensorType(dtype, [])
            | Argument.At(access, _) -> TensorType(roots[access.Root].DType, work.Space)
        let types = [ for a in work.Operands -> typeOf a ]
        let run kernel =
            let run = Steps.Prepare kernel types [ result ]
            fun blockOf -> (run { Key = 0UL; Position = 0UL } [| for a in arguments -> a blockOf |])[0]

        match work.Task with
        | Task.Lanes formula -> run (Map formula)
        | Task.Fold(reduction, reduced) ->
            run (
                Reduce(
                    reduction,
                    [ for d in 0 .. reduced.Length - 1 do
                          if reduced[d] then d ]
                )
            )
        | Task.Copy -> fun blockOf -> Blocks.ofArray result (Blocks.copy result (arguments[0] blockOf))
        | Task.Call _ -> invalidOp "a call is no piece of a loop"

    /// From given blocks to those of the results.
    let prepare (roots: TensorType array) (work: Work array) (results: int array) : (int -> Block) -> Block array =
        let pieces = work |> Array.map (fun w -> w.Results[0], piece roots w)

        fun given ->
            let made = Dictionary<int, Block>()
            let blockOf root =
                match made.TryGetValue root with
                | true, block -> block
                | _ -> given root
            for root, run in pieces do
                made[root] <- run blockOf
            [| for root in results -> { made[root] with Strides = Blocks.rowMajor roots[root].Sizes } |]

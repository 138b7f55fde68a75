namespace Functional

open System
open System.Collections.Concurrent
open System.Runtime.CompilerServices

/// Ops run as loops of their own: what direct execution does, and a program with what nothing was fused with.
[<RequireQualifiedAccess>]
module internal Looping =
    let private maps = ConditionalWeakTable<Formula, ConcurrentDictionary<int, LoopKernel>>()

    let private mapKernel (types: TensorType list) rank formula =
        let known = maps.GetValue(formula, (fun _ -> ConcurrentDictionary()))
        let key = types |> List.fold (fun key t -> key * 5 + int t.DType) (rank + 1)
        match known.TryGetValue key with
        | true, kernel -> kernel
        | _ -> known.GetOrAdd(key, (fun _ -> LoopKernel.Of(Loops.map rank [ for t in types -> t.DType ] formula)))

    let private reductions = ConcurrentDictionary<struct (int * int * DType * Reduction), LoopKernel>()

    let private reduceKernel rank dims dtype reduction =
        let places = dims |> List.fold (fun places d -> places ||| (1 <<< d)) 0
        let key = struct (rank, places, dtype, reduction)
        match reductions.TryGetValue key with
        | true, kernel -> kernel
        | _ -> reductions.GetOrAdd(key, (fun _ -> LoopKernel.Of(Loops.reduce rank dims dtype reduction)))

    /// Runs a kernel on blocks.
    let private runner
        (kernel: LoopKernel)
        (sizes: int array)
        (result: TensorType)
        (strides: Block -> int -> int array)
        =
        let outputs = [| result.Strides |]
        fun (blocks: Block array) ->
            let output = Blocks.uninitialised result.DType result.Count
            if result.Count > 0 then
                let bound = kernel.Bind(sizes, Array.init blocks.Length (fun k -> strides blocks[k] k), outputs)
                bound.Run(Array.append blocks [| { Data = output; Offset = 0; Strides = outputs[0] } |])
            output

    /// The kernel of a formula for operands of these types (alike, or scalars).
    let prepareMap (types: TensorType list) (result: TensorType) formula : Block array -> Array =
        let ranks, still = [| for t in types -> t.Rank |], Array.zeroCreate<int> result.Rank
        runner (mapKernel types result.Rank formula) result.Sizes result (fun block k ->
            if ranks[k] = result.Rank then block.Strides else still)

    let prepareReduce (ty: TensorType) (result: TensorType) reduction dims : Block array -> Array =
        runner (reduceKernel ty.Rank dims ty.DType reduction) ty.Sizes result (fun block _ -> block.Strides)

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

    let private same (a: int array array) (b: int array array) =
        let mutable same, k = true, 0
        while same && k < a.Length do
            same <- obj.ReferenceEquals(a[k], b[k]) || ReadOnlySpan(a[k]).SequenceEqual(ReadOnlySpan b[k])
            k <- k + 1
        same

    /// Runs a kernel on blocks; strides seen again are not laid out again.
    let private runner (kernel: LoopKernel) (sizes: int array) (result: TensorType) (see: Block -> int -> Block) =
        let mutable last: struct (int array array * BoundLoop) voption = ValueNone
        let outputs = [| Blocks.rowMajor result.Sizes |]
        fun (blocks: Block array) ->
            let output = Blocks.uninitialised result.DType result.Count
            if result.Count > 0 then
                let seen = Array.init blocks.Length (fun k -> see blocks[k] k)
                let strides = seen |> Array.map (fun b -> b.Strides)
                let bound =
                    match last with
                    | ValueSome struct (known, bound) when same known strides -> bound
                    | _ ->
                        let bound = kernel.Bind(sizes, strides, outputs)
                        last <- ValueSome struct (strides, bound)
                        bound
                bound.Run(Array.append seen [| Blocks.ofArray result output |])
            output

    /// The kernel of a formula for operands of these types (alike, or scalars).
    let prepareMap (types: TensorType list) (result: TensorType) formula : Block array -> Array =
        let ranks, still = [| for t in types -> t.Rank |], Array.zeroCreate<int> result.Rank
        runner (mapKernel types result.Rank formula) result.Sizes result (fun block k ->
            if ranks[k] = result.Rank then block else { block with Strides = still })

    let prepareReduce (ty: TensorType) (result: TensorType) reduction dims : Block array -> Array =
        let kernel = LoopKernel.Of(Loops.reduce ty.Rank dims ty.DType reduction)
        runner kernel ty.Sizes result (fun block _ -> block)

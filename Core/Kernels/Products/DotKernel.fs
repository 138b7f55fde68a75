namespace Functional

open System
open System.Collections.Concurrent
open System.Reflection.Emit

/// The sum of the products of two runs of adjacent elements: lane j of `Lanes` is a chain of multiply-adds over elements
/// j, j + Lanes, …, and the lanes are combined by halving, as in Folds.
[<RequireQualifiedAccess>]
module internal DotKernel =
    [<Literal>]
    let Lanes = 32

    /// The arguments of a kernel by position. `State` has room for all lanes. The runs may come in parts, all but the last
    /// of them multiples of `Lanes` long.
    module Argument =
        let K, A, B, State = 0, 1, 2, 3
        /// Not 0: the lanes continue from the state, instead of starting with the first products.
        let Continue = 4
        /// Where the result goes, or 0: it stays in the state.
        let Result = 5
        let count = 6

    let private element (w: KernelWriter) (v: VectorCode) (pointer: LocalBuilder) lane =
        w.Get pointer
        w.Offset(lane * v.Size)
        v.Read w

    let private accumulate (w: KernelWriter) (v: VectorCode) k a b state =
        let sums = [| for _ in 1 .. Lanes / v.Lanes -> w.Local v.Vector |]
        let at (pointer: LocalBuilder) i =
            w.Get pointer
            w.Offset(i * v.Bytes)
            w.Call v.Load.Value

        w.Argument Argument.Continue
        w.IfElse(
            (fun () ->
                sums
                |> Array.iteri (fun i sum ->
                    at state i
                    w.Set sum)),
            fun () ->
                for sum in sums do
                    v.Nothing w
                    w.Set sum
        )
        w.While(
            k,
            Lanes,
            fun () ->
                sums
                |> Array.iteri (fun i sum ->
                    v.MultiplyAdd(w, (fun () -> at a i), (fun () -> at b i), (fun () -> w.Get sum))
                    w.Set sum)
                w.Advance(a, Lanes * v.Size)
                w.Advance(b, Lanes * v.Size)
        )
        sums
        |> Array.iteri (fun i sum ->
            w.Get sum
            w.Get state
            w.Offset(i * v.Bytes)
            w.Call v.Store.Value)

    /// What is left of the runs: the first lanes take one more element.
    let private rest (w: KernelWriter) (v: VectorCode) k a b state =
        let lane = w.Int()
        w.Get state
        w.Set lane
        w.While(
            k,
            1,
            fun () ->
                w.Get lane
                v.MultiplyAddElements(
                    w,
                    (fun () -> element w v a 0),
                    (fun () -> element w v b 0),
                    (fun () -> element w v lane 0)
                )
                v.Write w
                for pointer in [ a; b; lane ] do
                    w.Advance((pointer: LocalBuilder), v.Size)
        )

    let private halve (w: KernelWriter) (v: VectorCode) state half =
        if half >= v.Lanes then
            for i in 0 .. half / v.Lanes - 1 do
                for offset in [ 0; half ] do
                    w.Get(state: LocalBuilder)
                    w.Offset(i * v.Bytes + offset * v.Size)
                    w.Call v.Load.Value
                w.Call v.Plus.Value
                w.Get state
                w.Offset(i * v.Bytes)
                w.Call v.Store.Value
        else
            for lane in 0 .. half - 1 do
                w.Get state
                w.Offset(lane * v.Size)
                element w v state lane
                element w v state (lane + half)
                w.Add()
                v.Write w

    let private finish (w: KernelWriter) (v: VectorCode) state =
        let result = w.Local v.Element
        for half in [ 16; 8; 4; 2; 1 ] do
            halve w v state half
        element w v state 0
        w.Set result
        if v.IsFloating then
            w.Get result
            w.Get result
            w.IL.Emit OpCodes.Ceq
            w.IfElse(
                ignore,
                fun () ->
                    v.Number(w, nan)
                    w.Set result
            )
        w.Argument Argument.Result
        w.Get result
        v.Write w

    let private emit (struct (element, width)) =
        let v = VectorCode(element, width)
        let w = KernelWriter "Dot"
        let k, state = w.ArgumentLocal Argument.K, w.ArgumentLocal Argument.State
        let a, b = w.ArgumentLocal Argument.A, w.ArgumentLocal Argument.B
        accumulate w v k a b state
        rest w v k a b state
        w.Argument Argument.Result
        w.IfElse((fun () -> finish w v state), ignore)
        w.Finish()

    let private all = ConcurrentDictionary<struct (Type * VectorWidth), KernelCode>()
    let private emission = Func<struct (Type * VectorWidth), KernelCode> emit

    let get element width = all.GetOrAdd(struct (element, width), emission)

namespace Functional

#nowarn "9" // Addresses of elements.

open Microsoft.FSharp.NativeInterop

/// Does what a dot kernel does without being compiled.
[<Sealed>]
type private DotInterpreter(v: VectorCode) =
    let arithmetic = RunArithmetic.of' v.Element
    let size = nativeint v.Size
    let lanes = DotKernel.Lanes
    /// How many rows are gone through together where their elements are adjacent.
    let most = 64
    let get (arguments: nativeint) k = NativePtr.get (NativePtr.ofNativeInt<nativeint> arguments) k

    /// Combines lanes of so many sums each: lane j with lane j + 16, and so on by halves; into the first ones.
    let combine sums count =
        let mutable half = lanes / 2
        while half > 0 do
            arithmetic.Add(sums + nativeint (half * count) * size, sums, half * count)
            half <- half / 2
        arithmetic.Settle(sums, count)

    member _.Along(arguments: nativeint) =
        let matrix, vector = get arguments DotKernel.Argument.Matrix, get arguments DotKernel.Argument.Vector
        let k = int (get arguments DotKernel.Argument.K)
        for row in 0n .. get arguments DotKernel.Argument.Rows - 1n do
            // Rows that come in parts are no more than the state has room for.
            let isPart = get arguments DotKernel.Argument.Continue <> 0n || get arguments DotKernel.Argument.Finish = 0n
            let sums = get arguments DotKernel.Argument.State + if isPart then row * nativeint lanes * size else 0n
            if get arguments DotKernel.Argument.Continue = 0n then arithmetic.Start(sums, lanes)
            let elements = matrix + row * get arguments DotKernel.Argument.RowStep
            for p in 0..lanes .. k - 1 do
                let at = nativeint p * size
                arithmetic.Multiply(elements + at, vector + at, sums, min lanes (k - p))
            if get arguments DotKernel.Argument.Finish <> 0n then
                combine sums 1
                let result = get arguments DotKernel.Argument.Result
                let step = get arguments DotKernel.Argument.ResultStep
                RunCopying.copy v.Size sums size (result + row * step) size 1

    member _.Across(arguments: nativeint) =
        let rows, k = int (get arguments DotKernel.Argument.Rows), get arguments DotKernel.Argument.K
        let columnStep = get arguments DotKernel.Argument.ColumnStep
        let vectorStep = get arguments DotKernel.Argument.VectorStep
        let resultStep = get arguments DotKernel.Argument.ResultStep
        use own = RentedMemory.rent (lanes * most * v.Size)
        for first in 0..most .. rows - 1 do
            let count = min most (rows - first)
            arithmetic.Start(own.Address, lanes * count)
            let elements = get arguments DotKernel.Argument.Matrix + nativeint first * size
            for p in 0n .. k - 1n do
                let sums = own.Address + p % nativeint lanes * nativeint count * size
                let x = get arguments DotKernel.Argument.Vector + p * vectorStep
                arithmetic.Scale(elements + p * columnStep, x, sums, count)
            combine own.Address count
            let result = get arguments DotKernel.Argument.Result + nativeint first * resultStep
            RunCopying.copy v.Size own.Address size result resultStep count

[<RequireQualifiedAccess>]
module internal InterpretDot =
    let prepare v layout : KernelCode =
        let interpreter = DotInterpreter v
        match layout with
        | DotLayout.Along -> KernelCode(fun arguments -> interpreter.Along arguments)
        | _ -> KernelCode(fun arguments -> interpreter.Across arguments)

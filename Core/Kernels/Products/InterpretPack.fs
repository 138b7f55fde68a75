namespace Functional

#nowarn "9" // Addresses of elements.

open System
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop

/// Does what a packing kernel does without being compiled.
[<RequireQualifiedAccess>]
module internal InterpretPack =
    let private get (list: nativeint) k = NativePtr.get (NativePtr.ofNativeInt<nativeint> list) k

    /// So many bytes, a whole number of vectors, for each k.
    let private panel size (width: VectorWidth) lanes = (lanes * size + int width - 1) / int width * int width

    /// Lanes side by side for each k, from where a table says.
    let inline private each (arguments: nativeint) ([<InlineIfLambda>] copy: nativeint -> nativeint -> unit) =
        let table, targetStep = get arguments PackKernel.Argument.Table, get arguments PackKernel.Argument.TargetStep
        for p in 0n .. get arguments PackKernel.Argument.K - 1n do
            copy
                (get arguments PackKernel.Argument.Source + get table (int p))
                (get arguments PackKernel.Argument.Target + p * targetStep)

    let private adjacent size lanes arguments =
        each arguments (fun source target -> RunCopying.copy size source (nativeint size) target (nativeint size) lanes)

    let private padded size width lanes arguments =
        let bytes, all = lanes * size, panel size width lanes
        each arguments (fun source target ->
            RunCopying.copy size source (nativeint size) target (nativeint size) lanes
            let rest = NativePtr.ofNativeInt<byte>(target + nativeint bytes)
            NativeMemory.Clear(NativePtr.toVoidPtr rest, unativeint (all - bytes)))

    let private transposed size width lanes arguments =
        let all, table = panel size width lanes, get arguments PackKernel.Argument.Table
        for lane in 0 .. all / size - 1 do
            RunCopying.copy
                size
                (get arguments PackKernel.Argument.Source + get table (min lane (lanes - 1)))
                (nativeint size)
                (get arguments PackKernel.Argument.Target + nativeint (lane * size))
                (nativeint all)
                (int (get arguments PackKernel.Argument.K))

    let private strided size arguments =
        let step, lanes = get arguments PackKernel.Argument.LaneStep, int (get arguments PackKernel.Argument.Lanes)
        each arguments (fun source target -> RunCopying.copy size source step target (nativeint size) lanes)

    let prepare size width packing : KernelCode =
        match packing with
        | Packing.Adjacent lanes -> KernelCode(adjacent size lanes)
        | Packing.Padded lanes -> KernelCode(padded size width lanes)
        | Packing.Transposed lanes -> KernelCode(transposed size width lanes)
        | Packing.Strided -> KernelCode(strided size)

namespace Functional

open System
open System.Collections.Concurrent

/// The kernels of products beside their tiles, each made when first asked for.
[<RequireQualifiedAccess>]
module internal ProductKernels =
    let private dots = ConcurrentDictionary<struct (KernelMode * Type * VectorWidth * DotLayout), PreparedKernel>()
    let private packs = ConcurrentDictionary<struct (KernelMode * int * VectorWidth * Packing), PreparedKernel>()

    let private makeDot (struct (mode, element, width, layout: DotLayout)) =
        let v = VectorCode(element, width)
        PreparedKernel.make mode $"Dot {layout}" (DotKernel.emit v layout) (fun () -> InterpretDot.prepare v layout)

    let private makePack (struct (mode, size, width, packing)) =
        PreparedKernel.make mode $"Pack {packing}" (PackKernel.emit size width packing) (fun () ->
            InterpretPack.prepare size width packing)

    // Delegates made once: plans of direct calls ask for kernels, too.
    let private dotMaking = Func<struct (KernelMode * Type * VectorWidth * DotLayout), PreparedKernel> makeDot
    let private packMaking = Func<struct (KernelMode * int * VectorWidth * Packing), PreparedKernel> makePack

    let dot mode element width layout = dots.GetOrAdd(struct (mode, element, width, layout), dotMaking)

    /// For elements of so many bytes, 4 or 8.
    let pack mode size width packing = packs.GetOrAdd(struct (mode, size, width, packing), packMaking)

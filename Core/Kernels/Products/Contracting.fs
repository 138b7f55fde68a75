namespace Functional

#nowarn "9" // pointers

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop

/// How a contraction is run. Nothing here changes a bit of its result.
type internal ContractionOptions =
    {
        Width: VectorWidth
        /// `None`: as many as `Parallelism` allows.
        Threads: int option
        Packing: PackingChoice
        Blocks: BlockSizes
        Mode: KernelMode
    }

    /// What is used where nothing is said.
    static member val Default =
        { Width = VectorWidth.best
          Threads = None
          Packing = PackingChoice.Auto
          Blocks = BlockSizes.Usual
          Mode = if RuntimeFeature.IsDynamicCodeSupported then KernelMode.Compiled else KernelMode.Interpreted } with get, set

/// A contraction of operands that are laid out in one way. One run at a time.
[<Sealed>]
type internal BoundContraction
    (
        run: ContractionRun,
        left: MatrixView,
        right: MatrixView,
        result: MatrixView,
        sides: MatrixView array,
        packed: PackedOperand | null
    ) =
    /// Notes what a run comes to, where that is little. Places: left and right operand, result and side operands.
    member _.Note(calls: KernelCalls) =
        if isNull packed then run.Note(left, right, result, sides, calls) else calls.IsComplete <- false

    /// Runs on memory that stays where it is: the addresses of the first elements of left and right operand, result and side
    /// operands.
    member _.Run(at: nativeptr<nativeint>) =
        run.A <- { View = left; Address = NativePtr.get at 0 }
        run.B <- { View = right; Address = NativePtr.get at 1 }
        run.C <- { View = result; Address = NativePtr.get at 2 }
        run.Packed <- packed
        if run.Sides.Length <> sides.Length then run.Sides <- Array.zeroCreate sides.Length
        for s in 0 .. sides.Length - 1 do
            run.Sides[s] <- { View = sides[s]; Address = NativePtr.get at (3 + s) }
        run.Execute Parallelism.MaxThreads

    /// Why a kernel is interpreted though it was meant to be compiled, as far as runs have shown.
    member _.Problem = run.Problem

/// A contraction made ready for its types: left [batch; m; k] × right [batch; k; n] → [batch; m; n], whatever the order and
/// the strides of the dimensions; the result's are row-major unless others are given, and it has but the columns that are `kept`,
/// if that is given. Each element is one chain of fused
/// multiply-adds over k in ascending order, starting from the first product; where k ≥ 64, and n = 1 or m · n < 8, it is the sum
/// of 32 such chains (`DotKernel`). A NaN is always the same NaN. Integers wrap around. The sum over no k is 0.
/// docs/order-of-evaluation.md says more.
[<Sealed>]
type internal ContractionPlan
    (
        left: TensorType,
        right: TensorType,
        result: TensorType,
        contraction: Contraction,
        epilogue: Epilogue,
        options: ContractionOptions,
        ?resultStrides: int array,
        ?kept: bool array
    ) =
    let shape = ContractionShape(left, right, contraction)
    let element = Blocks.elementType result.DType
    let size = nativeint (Marshal.SizeOf element)
    let batch = shape.BatchSizes
    let empty = result.Count = 0 || shape.K = 0
    let kept = defaultArg kept [||]
    let isGapped = kept.Length > 0

    // Vectors run along the columns; where these are too few, along the rows.
    let transposed = not isGapped && shape.N * int size * 4 <= int options.Width && shape.M > shape.N
    let rows = if transposed then shape.N else shape.M

    let body =
        lazy
            if shape.InLanes then
                ContractionBody.Lanes(DotProduct(options.Mode, element, options.Width, shape.M, shape.N, shape.K))
            else
                let tiles = TileKernels.Get(options.Mode, element, options.Width, epilogue)
                let m, n = rows, (if transposed then shape.M else shape.N)
                let m, n, k = nativeint m, nativeint n, nativeint shape.K
                let thin =
                    if m <= ThinProduct.MostRows && options.Packing <> PackingChoice.Always then
                        ValueSome(ThinProduct(options.Mode, element, options.Width, epilogue, m, k))
                    else
                        ValueNone
                ContractionBody.Chains(
                    MatrixProduct(tiles, m, n, k, options.Packing, options.Blocks, kept),
                    thin,
                    transposed
                )

    /// Bytes of an operand: the second cache keeps less, however it lies.
    let worthPacking = 131072L
    let mutable spare: ContractionRun | null = null

    let seen dims rowSizes columnSizes : Block -> MatrixView =
        // The last one, since most follow each other in one layout.
        let known = [| Array.empty<MatrixView> |]

        let view (block: Block) =
            match known[0] with
            | [| last |] when ReadOnlySpan(last.Block.Strides).SequenceEqual(ReadOnlySpan block.Strides) ->
                { last with Block = block }
            | _ ->
                let made = MatrixView.make (int size) dims rowSizes columnSizes block
                known[0] <- [| { made with Block = { block with Data = [||] } } |]
                made

        view

    /// Sums in lanes go through even steps only.
    let suits (sums: RunTable) = not shape.InLanes || isNull sums

    let viewLeft =
        let view = seen shape.Left shape.RowSizes shape.SumSizes
        fun block ->
            let view = view block
            if suits view.ColumnTable then view else MatrixView.copied left shape.Left shape.SumSizes view

    let viewRight =
        let view = seen shape.Right shape.SumSizes shape.ColumnSizes
        fun block ->
            let view = view block
            if suits view.RowTable then view else MatrixView.copied right shape.Right shape.ColumnSizes view

    let viewResult = seen shape.Result shape.RowSizes shape.ColumnSizes
    let dense = result.Strides
    let resultStrides = defaultArg resultStrides dense

    /// Whether the result is not computed where it belongs, but elsewhere, and moved.
    let movesResult =
        let view = viewResult { Data = [||]; Offset = 0; Strides = resultStrides }
        not view.IsEven

    /// Whether a side operand's columns are adjacent or all the same.
    let isReadInPlace (view: MatrixView) =
        let step = if transposed then view.RowStride else view.ColumnStride
        view.IsEven && (step = 0 || step = 1 && not isGapped)

    /// A side operand that is read in place, or a copy.
    let viewSide (block: Block) =
        let view = viewResult block
        if isReadInPlace view then view else viewResult (Blocks.ofArray result (Blocks.copy result block))

    let rec pinSides (run: ContractionRun) (sides: Block array) k =
        if k = sides.Length then
            run.Execute(defaultArg options.Threads Parallelism.MaxThreads)
        else
            let view = viewSide sides[k]
            use pin = fixed &(MemoryMarshal.GetArrayDataReference view.Block.Data)
            run.Sides[k] <- { View = view; Address = NativePtr.toNativeInt pin }
            pinSides run sides (k + 1)
            // Not the last thing to do: a tail call would give up what is pinned.
            run.Sides[k] <- Unchecked.defaultof<_>

    let pinned (run: ContractionRun) (a: MatrixView) (b: MatrixView) (c: MatrixView) sides =
        use pinA = fixed &(MemoryMarshal.GetArrayDataReference a.Block.Data)
        use pinB = fixed &(MemoryMarshal.GetArrayDataReference b.Block.Data)
        use pinC = fixed &(MemoryMarshal.GetArrayDataReference c.Block.Data)
        run.A <- { View = a; Address = NativePtr.toNativeInt pinA }
        run.B <- { View = b; Address = NativePtr.toNativeInt pinB }
        run.C <- { View = c; Address = NativePtr.toNativeInt pinC }
        pinSides run sides 0
        // As above.
        run.Forget()

    let compute (a: Block) (b: Block) packed (sides: Block array) (c: Block) =
        let run =
            match Interlocked.Exchange(&spare, null) with
            | null -> ContractionRun(shape, size, body.Value)
            | run -> run
        if run.Sides.Length <> sides.Length then run.Sides <- Array.zeroCreate sides.Length
        run.Packed <- packed
        pinned run (viewLeft a) (viewRight b) (viewResult c) sides
        spare <- run

    member _.Shape = shape
    /// Of the product as it is computed.
    member _.Rows = rows

    /// Whether an epilogue can follow: there is a product, and it is computed by tiles.
    member _.TakesEpilogue = not empty && not shape.InLanes

    /// Whether the results, read and written once more, would take a time that counts beside the product's, a twentieth at
    /// least: tiles with an epilogue take long to compile. Interpreted, they read and write memory all the same.
    member _.IsWorthFollowing =
        let isSmall, isLarge = shape.K <= 128, shape.K <= 512
        options.Mode <> KernelMode.Interpreted
        && (nativeint rows <= ThinProduct.MostRows
            || isSmall && result.Count >= 8192
            || isLarge && int64 result.Count * int64 size >= 1048576L)

    /// Why a kernel is interpreted though it was meant to be compiled, as far as runs have shown.
    member _.Problem: string | null = if body.IsValueCreated then body.Value.Problem else null

    /// Packs the right operand, for any number of runs; null where that is of no use.
    member _.Pack(b: Block) : PackedOperand | null =
        match body with
        | _ when empty -> null
        | Lazy(ContractionBody.Chains(product, _, false)) ->
            let view = viewRight b
            let packed = PackedOperand(product.PackedSize, shape.Count)
            use pin = fixed &(MemoryMarshal.GetArrayDataReference view.Block.Data)
            let pinned = { View = view; Address = NativePtr.toNativeInt pin }
            for item in 0 .. shape.Count - 1 do
                product.Pack(pinned.Matrix(size, batch, item), packed.At item)
            // Their memory is read by address.
            GC.KeepAlive view.RowTable
            GC.KeepAlive view.ColumnTable
            packed
        | _ -> null

    /// For operands and a result that lie at other addresses in each run; none where one would have to be copied, as sums in
    /// lanes ask of operands, or a side operand. `constant` is the right operand where it is the same in each run: if large,
    /// it is packed once.
    member plan.TryBind
        (leftStrides: int array, rightStrides: int array, sideStrides: int array array, constant: Block voption)
        : (unit -> BoundContraction) option =
        let laid strides : Block = { Data = [||]; Offset = 0; Strides = strides }
        let a = MatrixView.make (int size) shape.Left shape.RowSizes shape.SumSizes (laid leftStrides)
        let b = MatrixView.make (int size) shape.Right shape.SumSizes shape.ColumnSizes (laid rightStrides)
        let bytes = int64 right.Count * int64 size
        let packed =
            lazy
                match constant with
                | ValueSome block when bytes >= worthPacking && bytes < (1L <<< 30) -> plan.Pack block
                | _ -> null

        let sides = sideStrides |> Array.map (laid >> viewResult)
        let follows = epilogue.Key <> TileKernels.NoEpilogue.Key

        if
            not empty
            && not movesResult
            && suits a.ColumnTable
            && suits b.RowTable
            && (not follows || plan.TakesEpilogue && Array.forall isReadInPlace sides)
        then
            let c = viewResult (laid resultStrides)
            Some(fun () -> BoundContraction(ContractionRun(shape, size, body.Value), a, b, c, sides, packed.Value))
        else
            None

    /// Computes into an array from a position on. `packed` is the right operand packed, or null; `b` is the operand itself all
    /// the same. `sides` are seen with the result's dimensions.
    member _.Run(a: Block, b: Block, packed: PackedOperand | null, sides: Block array, output: Array, start: int) =
        if empty then
            Blocks.fillRange output start result.Count 0.
        elif movesResult then
            let computed = Blocks.fresh result
            compute a b packed sides computed
            Blocks.place result computed { Data = output; Offset = start; Strides = resultStrides }
        else
            compute a b packed sides { Data = output; Offset = start; Strides = resultStrides }

    member plan.Run(a: Block, b: Block) : Array =
        let output = Blocks.uninitialised result.DType result.Count
        plan.Run(a, b, null, [||], output, 0)
        output

[<RequireQualifiedAccess>]
module internal Contracting =
    let private planned left right result contraction =
        ContractionPlan(left, right, result, contraction, TileKernels.NoEpilogue, ContractionOptions.Default)

    /// Into a dense block. `report` is told what is interpreted though it was meant to be compiled.
    let filling report left right result contraction : Block -> Block -> Block -> unit =
        let plan = planned left right result contraction
        fun a b target ->
            plan.Run(a, b, null, [||], target.Data, target.Offset)
            PreparedKernel.tell report plan.Problem

    /// For operands with these strides, where none has to be copied first; `constant` as in `TryBind`.
    let tryBind left leftStrides right rightStrides result contraction constant =
        (planned left right result contraction).TryBind(leftStrides, rightStrides, [||], constant)

    /// The same with an epilogue, whose side operands have these strides, given the right operand if it is a constant.
    let tryFollow
        left
        (leftStrides: int array)
        right
        (rightStrides: int array)
        result
        contraction
        epilogue
        sideStrides
        : (Block voption -> unit -> BoundContraction) option =
        let plan = ContractionPlan(left, right, result, contraction, epilogue, ContractionOptions.Default)
        let bind constant = plan.TryBind(leftStrides, rightStrides, sideStrides, constant)
        if plan.IsWorthFollowing && (bind ValueNone).IsSome then
            Some(fun constant -> (bind constant).Value)
        else
            None

namespace Functional

open System
open System.Collections.Concurrent

/// The tile kernels of one element type, width and epilogue, each made when first asked for.
[<Sealed>]
type internal TileKernels private (mode: KernelMode, code: VectorCode, epilogue: Epilogue) =
    static let all = ConcurrentDictionary<struct (KernelMode * Type * VectorWidth * string), TileKernels>()
    static let none =
        { Key = ""
          Sides = 0
          Emit = fun w _ sum _ -> w.Get sum
          Interpret = fun _ _ _ -> () }
    let mutable problem: string | null = null

    // Accumulators beside the row's broadcast element and two vectors of B.
    let sums = if VectorWidth.registers = 32 then 24 else 12
    let most = TileKernels.MostVectors
    let kernels = Array.zeroCreate<KernelCode | null>((sums + 1) * (most + 1) * 32)

    static member NoEpilogue = none

    /// A tile is at most so many vectors wide, and so many rows high.
    static member MostVectors = 8
    static member MostRows = 12

    /// Kernels in use outlive their place in the memo.
    static member Get(mode, element, width, epilogue) =
        if all.Count >= 4096 then all.Clear()
        all.GetOrAdd(
            struct (mode, element, width, epilogue.Key),
            fun _ -> TileKernels(mode, VectorCode(element, width), epilogue)
        )

    member _.Code = code
    member _.Mode = mode
    /// Why one of them is interpreted though it was meant to be compiled.
    member _.Problem = problem

    /// What noted calls are made of.
    member val Noted: KernelArguments =
        { Count = TileArgument.count epilogue.Sides
          Left = TileArgument.A
          Right = TileArgument.B
          Result = TileArgument.C
          Sides = Array.init epilogue.Sides TileArgument.Side
          Room = TileArgument.Room
          RoomBytes = code.Bytes }

    member _.Epilogue = epilogue

    /// How many vectors wide the tiles of a product with m rows and n columns are: few rows need more of them to hide latency.
    /// The wider they are, the more of a row of B is read at once; and the more there is to do in one call of what interprets.
    /// Many rows: the fewer of A are read side by side, the better, since rows at equal distances may share a place of the first
    /// cache; but of few columns, two at a time leave fewer over.
    member _.VectorsFor(m: nativeint, n: nativeint) =
        let fits vectors = m * nativeint vectors <= nativeint sums
        let columns = int ((n + nativeint code.Lanes - 1n) / nativeint code.Lanes)
        if mode = KernelMode.Interpreted || fits most then most
        elif fits 4 then 4
        elif sums >= 24 && (columns > 8 || columns % 3 = 0) then 3
        else 2

    /// How many rows of so many vectors fit the registers.
    member _.RowsFor vectors = min (sums / vectors) (sums / 2)

    member private _.Get(form: TileForm) : KernelCode =
        let bit flag value = if flag then value else 0
        let at =
            (form.Rows * (most + 1) + form.Vectors) * 32
            + bit form.Scattered 1
            + bit form.Turned 2
            + bit form.Tabled 4
            + bit form.Gapped 8
            + bit form.Ahead 16
        match kernels[at] with
        | null ->
            let name = $"Tile {form.Rows}x{form.Vectors}"
            let made =
                PreparedKernel.make mode name (TileKernel.emit code epilogue form) (fun () ->
                    InterpretTile.prepare code epilogue form)
            if isNull problem then problem <- made.Problem
            kernels[at] <- made.Code
            made.Code
        | kernel -> kernel

    member t.Kernel(rows, vectors, scattered, tabled, ahead, gapped) =
        t.Get
            { Rows = rows
              Vectors = vectors
              Scattered = scattered
              Turned = false
              Tabled = tabled
              Ahead = ahead
              Gapped = gapped }

    /// For a right operand whose columns are adjacent in memory.
    member t.Turned(rows, vectors, scattered) =
        t.Get
            { Rows = rows
              Vectors = vectors
              Scattered = scattered
              Turned = true
              Tabled = false
              Ahead = false
              Gapped = false }

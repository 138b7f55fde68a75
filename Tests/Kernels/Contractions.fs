/// Contractions of many sizes and layouts, and what they come to by the definition.
module internal Functional.Tests.Kernels.Contractions

#nowarn "9" // Addresses of elements.

open System
open Microsoft.FSharp.NativeInterop
open Expecto
open Functional

/// How a dimension's elements lie in memory, from the outermost to the innermost dimension of a copy with room around it.
type Layout = { Order: int list; Gap: int; Offset: int }

let rowMajor rank = { Order = [ 0 .. rank - 1 ]; Gap = 1; Offset = 0 }

let scatter (ty: TensorType) layout (elements: 'T array) : Block =
    let strides = Array.zeroCreate ty.Rank
    let mutable stride = layout.Gap
    for d in List.rev layout.Order do
        strides[d] <- stride
        stride <- stride * max 1 ty.Sizes[d]
    let data = Array.zeroCreate<'T>(layout.Offset + stride + 1)
    let rec place d position index =
        if d = ty.Rank then
            data[position] <- elements[index]
        else
            for i in 0 .. ty.Sizes[d] - 1 do
                place (d + 1) (position + i * strides[d]) (index * ty.Sizes[d] + i)
    place 0 layout.Offset 0
    { Data = data; Offset = layout.Offset; Strides = strides }

/// [batch; m; k] × [batch; k; n], by the definition.
let expected (fused: 'T -> 'T -> 'T -> 'T) plus nothing zero settle (a: 'T array) (b: 'T array) batch m n k =
    [| for p in 0 .. batch * m * n - 1 ->
           let item, i, j = p / (m * n), p / n % m, p % n
           let x q = a[(item * m + i) * k + q]
           let y q = b[(item * k + q) * n + j]
           if k = 0 then
               zero
           elif k >= 64 && (n = 1 || m * n < 8) then
               let lanes = Array.create 32 nothing
               for q in 0 .. k - 1 do
                   lanes[q % 32] <- fused (x q) (y q) lanes[q % 32]
               for half in [ 16; 8; 4; 2; 1 ] do
                   for lane in 0 .. half - 1 do
                       lanes[lane] <- plus lanes[lane] lanes[lane + half]
               settle lanes[0]
           else
               let mutable sum = nothing
               for q in 0 .. k - 1 do
                   sum <- fused (x q) (y q) sum
               settle sum |]

type Case = { Batch: int; M: int; N: int; K: int; Left: Layout; Right: Layout; Options: ContractionOptions }

let plain batch m n k options =
    { Batch = batch; M = m; N = n; K = k; Left = rowMajor 3; Right = rowMajor 3; Options = options }

/// An epilogue on floats in memory, for kernels that are not compiled: of each sum and the side operands' elements beside it.
let overFloats (f: float32 -> float32 array -> float32) (sums: nativeint) (sides: nativeint array) count =
    for k in 0 .. count - 1 do
        let at (first: nativeint) = NativePtr.add (NativePtr.ofNativeInt<float32> first) k
        NativePtr.write (at sums) (f (NativePtr.read (at sums)) [| for side in sides -> NativePtr.read (at side) |])

let contraction = { Batch = [ 0, 0 ]; Sum = [ 2, 1 ] }

let types dtype c =
    TensorType(dtype, [ c.Batch; c.M; c.K ]),
    TensorType(dtype, [ c.Batch; c.K; c.N ]),
    TensorType(dtype, [ c.Batch; c.M; c.N ])

/// What the plan computes, into the middle of an array, and whether it wrote beside it.
let computed<'T when 'T: equality> dtype c epilogue (sides: Block array) (a: 'T array) (b: 'T array) packed =
    let left, right, result = types dtype c
    let plan = ContractionPlan(left, right, result, contraction, epilogue, c.Options)
    let x, y = scatter left c.Left a, scatter right c.Right b
    let output = Blocks.allocate dtype (result.Count + 10)
    Blocks.fillRange output 0 output.Length 7.
    plan.Run(x, y, (if packed then plan.Pack y else null), sides, output, 5)
    let all = output :?> 'T array
    let beside = Array.append all[..4] all[result.Count + 5 ..]
    Expect.equal (Array.distinct beside) [| beside[0] |] "nothing is written beside the result"
    all[5 .. result.Count + 4]

let fill (random: System.Random) count (special: 'T array) (ordinary: unit -> 'T) =
    Array.init count (fun _ ->
        if special.Length > 0 && random.Next 40 = 0 then
            special[random.Next special.Length]
        else
            ordinary ())

let check dtype (random: System.Random) special ordinary law c packed =
    let a = fill random (c.Batch * c.M * c.K) special ordinary
    let b = fill random (c.Batch * c.K * c.N) special ordinary
    let expected: 'T array = law a b c.Batch c.M c.N c.K
    let actual = computed dtype c TileKernels.NoEpilogue [||] a b packed
    if not (Blocks.sameBits expected actual) then
        failtest $"{dtype} {c}, packed {packed}: %A{expected} in place of %A{actual}"

let float32s =
    expected (fun x y z -> MathF.FusedMultiplyAdd(x, y, z)) (+) -0.f 0.f (fun x -> if Single.IsNaN x then nanf else x)

let floats =
    expected (fun x y z -> Math.FusedMultiplyAdd(x, y, z)) (+) -0. 0. (fun x -> if Double.IsNaN x then nan else x)

let specials = [| nan; -nan; infinity; -infinity; 0.; -0.; 1e-310; 1e300; 3. |]

let checkFor dtype (seed: int) special c packed =
    let random = System.Random(seed)
    let real () = random.NextDouble() * 2. - 1.
    match dtype with
    | DType.Float32 ->
        let special = if special then Array.map float32 (Array.append specials [| 1e-40; 1e30 |]) else [||]
        check dtype random special (fun () -> float32 (real ())) float32s c packed
    | DType.Float64 -> check dtype random (if special then specials else [||]) real floats c packed
    | DType.Int32 ->
        let law = expected (fun x y z -> x * y + z) (+) 0 0 id
        check dtype random [| Int32.MinValue |] (fun () -> random.Next(-100000, 100000)) law c packed
    | _ ->
        let law = expected (fun x y z -> x * y + z) (+) 0L 0L id
        check dtype random [| Int64.MinValue |] (fun () -> random.NextInt64()) law c packed

let dtypes = [ DType.Float32; DType.Float64; DType.Int32; DType.Int64 ]
let usual = ContractionOptions.Default
let widths = [ for width in VectorWidth.supported -> { usual with Width = width } ]
let interpreted = { usual with Mode = KernelMode.Interpreted }
let refused = { usual with Mode = KernelMode.Refused }

let ways = List.distinct (widths @ [ interpreted; refused ])
let describe (o: ContractionOptions) = $"{o.Mode} {o.Width}"

/// So that a few hundred rows, columns and k are several blocks.
let smallBlocks = { Row = 256n; Left = 16384n; Right = 16384n }

/// Sizes around tiles, vectors and blocks.
let boundaries = [ 1; 2; 3; 6; 7; 8; 9; 12; 13; 15; 16; 17; 31; 32; 33; 48; 63; 64; 65; 100; 130; 144; 145; 300 ]
let depths = [ 1; 3; 32; 63; 64; 65; 100; 255; 256; 257; 384; 385; 600 ]

let permutations = [ [ 0; 1; 2 ]; [ 0; 2; 1 ]; [ 1; 0; 2 ]; [ 1; 2; 0 ]; [ 2; 0; 1 ]; [ 2; 1; 0 ] ]

/// Most of them compiled.
let modes = KernelMode.Refused :: KernelMode.Interpreted :: List.replicate 6 KernelMode.Compiled

let randomCase (random: System.Random) =
    let pick (choices: 'T list) = choices[random.Next choices.Length]
    let layout () = { Order = pick permutations; Gap = pick [ 1; 1; 1; 2; 3 ]; Offset = random.Next 5 }
    let m, n, k = pick boundaries, pick boundaries, pick depths
    let batch = if m * n * k > 100000 then pick [ 1; 1; 1; 2 ] else pick [ 1; 1; 2; 3; 9 ]
    { Batch = batch
      M = m
      N = n
      K = k
      Left = layout ()
      Right = layout ()
      Options =
        { Width = pick VectorWidth.supported
          Threads = Some(pick [ 1; 1; 2; 3 ])
          Packing = pick [ PackingChoice.Auto; PackingChoice.Auto; PackingChoice.Never; PackingChoice.Always ]
          Blocks = pick [ BlockSizes.Usual; smallBlocks; { smallBlocks with Row = pick [ 64n; 1000n ] } ]
          Mode = pick modes } }

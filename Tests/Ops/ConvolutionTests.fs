/// Convolution and its transpose against nested loops.
module Functional.Tests.ConvolutionTests

open System
open Expecto
open Functional
open Functional.FSharp
open Functional.Tests.Expectations

/// Small whole numbers, whose sums are exact in any order.
let private whole seed (sizes: int list) =
    let random = System.Random(seed: int)
    Array.init (List.fold (*) 1 sizes) (fun _ -> float (random.Next(-4, 5)))

let private position (sizes: int list) (index: int list) = List.fold2 (fun p size i -> p * size + i) 0 sizes index

let rec private indices (sizes: int list) =
    match sizes with
    | [] -> [ [] ]
    | size :: rest ->
        [ for i in 0 .. size - 1 do
              for tail in indices rest -> i :: tail ]

/// Sizes [batch; channels; space …], the filters' [filters; channels / groups; space …].
type private Case =
    {
        X: int list
        Kernel: int list
        Filters: int
        Stride: int list
        Dilation: int list
        Padding: Padding
        /// What the padding is to amount to.
        Amounts: (int * int) list
        Groups: int
    }

let private plain =
    { X = [ 2; 3; 7 ]
      Kernel = [ 3 ]
      Filters = 4
      Stride = []
      Dilation = []
      Padding = Padding.None
      Amounts = [ 0, 0 ]
      Groups = 1 }

let private plane = { plain with X = [ 2; 3; 6; 5 ]; Kernel = [ 3; 2 ]; Amounts = [ 0, 0; 0, 0 ] }

let private cases =
    [ "a sequence", plain
      "one position", { plain with Kernel = [ 1 ] }
      "the whole sequence", { plain with Kernel = [ 7 ] }
      "length one", { plain with X = [ 1; 1; 1 ]; Kernel = [ 1 ]; Filters = 1 }
      "no batch", { plain with X = [ 0; 3; 7 ] }
      "stride", { plain with Stride = [ 2 ] }
      "stride beyond the window", { plain with Kernel = [ 2 ]; Stride = [ 3 ] }
      "dilation", { plain with Dilation = [ 2 ] }
      "same", { plain with Padding = Padding.Same; Amounts = [ 1, 1 ] }
      "same, stride, one more after",
      { plain with X = [ 2; 3; 6 ]; Stride = [ 2 ]; Padding = Padding.Same; Amounts = [ 0, 1 ] }
      "causal, dilated", { plain with Dilation = [ 2 ]; Padding = Padding.Causal; Amounts = [ 4, 0 ] }
      "explicit", { plain with Padding = Padding.Of 2; Amounts = [ 2, 2 ] }
      "asymmetric", { plain with Padding = Padding.Of(struct (1, 3)); Amounts = [ 1, 3 ] }
      "a plane", plane
      "a plane, all at once",
      { plane with
          X = [ 2; 4; 6; 5 ]
          Filters = 6
          Stride = [ 2; 1 ]
          Dilation = [ 1; 2 ]
          Padding = Padding.Of(struct (1, 0), struct (2, 1))
          Amounts = [ 1, 0; 2, 1 ]
          Groups = 2 }
      "depthwise", { plane with Filters = 3; Groups = 3; Padding = Padding.Same; Amounts = [ 1, 1; 0, 1 ] }
      "depthwise, two filters for each channel", { plane with Filters = 6; Groups = 3 }
      "space",
      { plain with
          X = [ 1; 2; 4; 3; 5 ]
          Kernel = [ 2; 3; 2 ]
          Filters = 2
          Stride = [ 2; 1; 3 ]
          Amounts = [ 0, 0; 0, 0; 0, 0 ] } ]

let private each usual (numbers: int list) (case: Case) =
    match numbers with
    | [] -> [ for _ in case.Kernel -> usual ]
    | [ n ] -> [ for _ in case.Kernel -> n ]
    | _ -> numbers

let private naive (case: Case) (x: float array) (w: float array) (bias: float array) =
    let space = List.skip 2 case.X
    let stride, dilation = each 1 case.Stride case, each 1 case.Dilation case
    let outer =
        [ for n, k, (s, (d, (before, after))) in
              List.zip3 space case.Kernel (List.zip stride (List.zip dilation case.Amounts)) ->
              (n + before + after - (k - 1) * d - 1) / s + 1 ]
    let perGroup, filtersPerGroup = case.X[1] / case.Groups, case.Filters / case.Groups
    let sizes = [ case.X[0]; case.Filters ] @ outer
    let result = Array.zeroCreate (List.fold (*) 1 sizes)
    for b in 0 .. case.X[0] - 1 do
        for f in 0 .. case.Filters - 1 do
            for o in indices outer do
                let mutable total = bias[f]
                for c in 0 .. perGroup - 1 do
                    for k in indices case.Kernel do
                        let place =
                            [ for i in 0 .. space.Length - 1 ->
                                  o[i] * stride[i] + k[i] * dilation[i] - fst case.Amounts[i] ]
                        if List.forall2 (fun p n -> p >= 0 && p < n) place space then
                            let channel = f / filtersPerGroup * perGroup + c
                            total <-
                                total
                                + x[position case.X ([ b; channel ] @ place)]
                                  * w[position ([ case.Filters; perGroup ] @ case.Kernel) ([ f; c ] @ k)]
                result[position sizes ([ b; f ] @ o)] <- total
    sizes, result

/// Each element of the operand adds its multiple of the filter; what lies in the padding is cut off.
let private naiveTransposed (case: Case) (sizes: int list) (x: float array) (w: float array) (bias: float array) =
    let space = List.skip 2 case.X
    let stride, dilation = each 1 case.Stride case, each 1 case.Dilation case
    let perGroup, filtersPerGroup = case.X[1] / case.Groups, case.Filters / case.Groups
    let result = [| for i in indices sizes -> bias[i[1]] |]
    for b in 0 .. case.X[0] - 1 do
        for c in 0 .. case.X[1] - 1 do
            for i in indices space do
                for f in 0 .. filtersPerGroup - 1 do
                    for k in indices case.Kernel do
                        let place =
                            [ for d in 0 .. space.Length - 1 ->
                                  i[d] * stride[d] + k[d] * dilation[d] - fst case.Amounts[d] ]
                        if List.forall2 (fun p n -> p >= 0 && p < n) place (List.skip 2 sizes) then
                            let p = position sizes ([ b; c / perGroup * filtersPerGroup + f ] @ place)
                            result[p] <-
                                result[p]
                                + x[position case.X ([ b; c ] @ i)]
                                  * w[position ([ case.X[1]; filtersPerGroup ] @ case.Kernel) ([ c; f ] @ k)]
    result

let private labels (case: Case) = "BC" + String('S', case.Kernel.Length)
let private labelled (case: Case) (data: float array) = Tensor.create case.X (labels case) data

let private options (case: Case) : ConvolutionOptions =
    { Stride = case.Stride; Dilation = case.Dilation; Padding = case.Padding; Groups = case.Groups }

let private forward (name, case: Case) =
    testCase $"{name}: nested loops" (fun () ->
        let filters = [ case.Filters; case.X[1] / case.Groups ] @ case.Kernel
        let x, w, bias = whole 1 case.X, whole 2 filters, whole 3 [ case.Filters ]
        let expectedSizes, expected = naive case x w bias
        let weights, offset = Tensor.create filters "" w, Tensor.create [ case.Filters ] "" bias
        let f = Tensor.convolution (options case) weights (Some offset)
        let y = f (labelled case x)
        Expect.equal y.Type (TensorType(DType.Float64, expectedSizes, Format.Parse(labels case))) "type"
        Expect.sequenceEqual (elements y) expected "values"

        // Any order of dimensions, the channels last among them.
        let space = String('S', case.Kernel.Length)
        for order in [ "B" + space + "C"; space + "BC"; "C" + space + "B" ] do
            let other = f (Tensor.arrange order (labelled case x))
            Expect.equal (string other.Format) order "format"
            Expect.sequenceEqual (elements (Tensor.arrange (labels case) other)) expected order

        let single = Tensor.cast DType.Float32
        let y32 = Tensor.convolution (options case) (single weights) (Some(single offset)) (single (labelled case x))
        Expect.sequenceEqual (Tensor.toArray<float32> y32) (Array.map float32 expected) "Float32"
        let whole = Tensor.cast DType.Int64
        let y64 = Tensor.convolution (options case) (whole weights) (Some(whole offset)) (whole (labelled case x))
        Expect.sequenceEqual (Tensor.toArray<int64> y64) (Array.map int64 expected) "Int64")

let private transposed (name, case: Case) =
    testCase $"{name}: transposed, nested loops" (fun () ->
        let case =
            { case with
                Amounts =
                    (match case.Padding with
                     | SameSize
                     | Causally -> [ for _ in case.Kernel -> 0, 0 ]
                     | _ -> case.Amounts) }
        let filters = [ case.X[1]; case.Filters / case.Groups ] @ case.Kernel
        let x, w, bias = whole 1 case.X, whole 2 filters, whole 3 [ case.Filters ]
        let stride, dilation = each 1 case.Stride case, each 1 case.Dilation case
        let excess =
            [ for k, (s, d) in List.zip case.Kernel (List.zip stride dilation) -> max 0 ((k - 1) * d + 1 - s) ]
        let amounts, space =
            match case.Padding with
            | SameSize ->
                [ for e in excess -> e / 2, e - e / 2 ], [ for n, s in List.zip (List.skip 2 case.X) stride -> n * s ]
            | Causally -> [ for e in excess -> 0, e ], [ for n, s in List.zip (List.skip 2 case.X) stride -> n * s ]
            | _ ->
                case.Amounts,
                [ for n, (k, (s, (d, (before, after)))) in
                      List.zip
                          (List.skip 2 case.X)
                          (List.zip case.Kernel (List.zip stride (List.zip dilation case.Amounts))) ->
                      (n - 1) * s + (k - 1) * d + 1 - before - after ]
        let sizes = [ case.X[0]; case.Filters ] @ space
        let expected = naiveTransposed { case with Amounts = amounts } sizes x w bias
        let weights, offset = Tensor.create filters "" w, Tensor.create [ case.Filters ] "" bias
        let f = Tensor.transposedConvolution (options case) weights (Some offset)
        let y = f (labelled case x)
        Expect.equal y.Type (TensorType(DType.Float64, sizes, Format.Parse(labels case))) "type"
        Expect.sequenceEqual (elements y) expected "values"
        let order = "B" + String('S', case.Kernel.Length) + "C"
        Expect.sequenceEqual
            (elements (Tensor.arrange (labels case) (f (Tensor.arrange order (labelled case x)))))
            expected
            order)

let private small =
    { plane with
        X = [ 2; 2; 4; 3 ]
        Kernel = [ 2; 2 ]
        Filters = 4
        Stride = [ 2; 1 ]
        Padding = Padding.Of(struct (1, 0))
        Groups = 2 }

/// One step at a time, over so many positions that images are taken one by one.
let private dense = { small with X = [ 2; 2; 6; 5 ]; Stride = []; Dilation = [ 1; 2 ] }

let private gradients =
    [ for name, convolution, filters, small in
          [ "convolution", Tensor.convolution, [ 4; 1; 2; 2 ], small
            "dense convolution", Tensor.convolution, [ 4; 1; 2; 2 ], dense
            "transposed convolution", Tensor.transposedConvolution, [ 2; 2; 2; 2 ], small ] do
          testCase $"the slopes of {name} are central differences', by each operand" (fun () ->
              let x = labelled small (whole 1 small.X |> Array.map (fun x -> x / 8.))
              let w = Tensor.create filters "" (whole 2 filters |> Array.map (fun x -> x / 8.))
              let b = Tensor.create [ 4 ] "" [| 0.5; -1.; 0.25; 1. |]
              differentiates (fun x -> convolution (options small) w (Some b) x) x
              differentiates (fun w -> convolution (options small) w (Some b) x) w
              differentiates (fun b -> convolution (options small) w (Some b) x) b)

      testCase "the transposed convolution is the convolution's transpose" (fun () ->
          let w = Tensor.create [ 4; 2; 3 ] "" (whole 2 [ 4; 2; 3 ])
          let o = { ConvolutionOptions.Default with Stride = [ 2 ]; Padding = Padding.Of 1 }
          let x, y = Tensor.create [ 1; 2; 7 ] "BCS" (whole 1 [ 14 ]), Tensor.create [ 1; 4; 4 ] "BCS" (whole 3 [ 16 ])
          let _, pull = vjp (Tensor.convolution o w None) x
          Expect.sequenceEqual (elements (Tensor.transposedConvolution o w None y)) (elements (pull y)) "Jᵀ y")

      testCase "a convolution is the contraction of its windows to the bit, however operand and result lie" (fun () ->
          let random = System.Random 6
          let noise sizes =
              Tensor.create sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))
          let plain = ConvolutionOptions.Default
          let w = noise [ 5; 3; 3; 2 ]

          let byContraction (x: Tensor) =
              let windows d size = { Dim = d; Size = size; Stride = 1; Dilation = 1 }
              let seen = Sliding.slide [ windows 2 3; windows 3 2 ] (Tensor.withFormat "" x)
              let y = Define.apply (Contractions.op { Batch = []; Sum = [ 1, 1; 2, 4; 3, 5 ] }) [ w; seen ]
              Tensor.permute [ 1; 0; 2; 3 ] y

          let large = noise [ 2; 3; 12; 24 ]
          let whole (x: Tensor) = Tensor.withFormat "BCSS" x
          let images =
              [ "dense", whole (noise [ 2; 3; 9; 20 ])
                "every other row", whole (Tensor.slice [ Slice.All; Slice.All; Slice.All.By 2 ] large)
                "every other column", whole (Tensor.slice [ Slice.All; Slice.All; Slice.All; Slice.All.By 2 ] large)
                "a part", whole (Tensor.slice [ Slice.All; Slice.All; Slice.From 1; Slice.From 3 ] large)
                "turned", whole (Tensor.permute [ 0; 1; 3; 2 ] (noise [ 2; 3; 20; 9 ]))
                "upside down", whole (Tensor.flip [ 2 ] large)
                "narrow", whole (noise [ 2; 3; 20; 3 ]) ]
          let bits (t: Tensor) = Tensor.toArray<float32> t |> Array.map BitConverter.SingleToInt32Bits

          for name, x in images do
              let direct = Tensor.convolution plain w None x
              Expect.equal (bits direct) (bits (byContraction x)) name
              let uses (x: Tensor) =
                  let y = Tensor.convolution plain w None x
                  y,
                  Tensor.withFormat "" y |> Tensor.reshape [ -1 ],
                  y + 1.,
                  Tensor.sum [ 3 ] y,
                  Tensor.permute [ 3; 0; 1; 2 ] y
              let fast = accelerate uses
              for _ in 1..3 do
                  Expect.isTrue (Structure.HasSameBits(fast x, uses x)) $"{name}, accelerated"

          // Views that a trace makes have the strides of their operand.
          let views: (string * (Tensor -> Tensor)) list =
              [ "every other row", Tensor.slice [ Slice.All; Slice.All; Slice.All.By 2 ]
                "every other column", Tensor.slice [ Slice.All; Slice.All; Slice.All; Slice.All.By 2 ]
                "a part", Tensor.slice [ Slice.All; Slice.All; Slice.From 1; Slice.From 3 ]
                "turned", Tensor.permute [ 0; 1; 3; 2 ]
                "upside down", Tensor.flip [ 2 ] ]
          for name, view in views do
              let f x = Tensor.convolution plain w None (whole (view x))
              let expected = bits (byContraction (whole (view large)))
              Expect.equal (bits (f large)) expected $"{name}, in a function"
              let fast = accelerate f
              for _ in 1..3 do
                  Expect.equal (bits (fast large)) expected $"{name}, in a trace")

      testCase "accelerated and direct convolutions have the same bits, and so have their slopes" (fun () ->
          let random = System.Random 5
          let noise sizes =
              Tensor.create sizes "" (Array.init (List.fold (*) 1 sizes) (fun _ -> random.NextSingle() - 0.5f))
          let x = Tensor.withFormat "BCSS" (noise [ 2; 3; 9; 8 ])
          let w = noise [ 4; 3; 3; 3 ]
          let f (w, x) =
              valueAndGrad
                  (fun (w, x) ->
                      Tensor.sum
                          []
                          (tanh (
                              Tensor.convolution { ConvolutionOptions.Default with Padding = Padding.Same } w None x
                          )))
                  (w, x)
          let fast = accelerate f
          for _ in 1..2 do
              let (v, (dw, dx)), (v', (dw', dx')) = f (w, x), fast (w, x)
              for a, b in [ v, v'; dw, dw'; dx, dx' ] do
                  Expect.equal (Tensor.toArray<float32> a) (Tensor.toArray<float32> b) "bits") ]

let private refusals =
    let x = Tensor.withFormat "BCS" (counting [ 2; 3; 5 ])
    let w = counting [ 4; 3; 3 ]
    let run (o: ConvolutionOptions) w bias x () = Tensor.convolution o w bias x
    let o = ConvolutionOptions.Default

    [ testCase "what does not fit is refused" (fun () ->
          refuses<DimensionException> "Convolution" "no spatial dimension" (run o w None (counting [ 2; 3; 5 ]))
          refuses<DimensionException>
              "Convolution"
              "labelled 'C'"
              (run o w None (Tensor.withFormat "BUS" (counting [ 2; 3; 5 ])))
          refuses<ShapeException> "Convolution" "filters of 2 dimensions" (run o (counting [ 4; 3 ]) None x)
          refuses<ShapeException> "Convolution" "has 3 channels" (run o (counting [ 4; 2; 3 ]) None x)
          refuses<ShapeException> "Convolution" "groups" (run { o with Groups = 3 } w None x)
          refuses<ShapeException> "Convolution" "groups" (run { o with Groups = 0 } w None x)
          refuses<ShapeException> "Convolution" "the stride" (run { o with Stride = [ 1; 1 ] } w None x)
          refuses<ShapeException> "Convolution" "the dilation" (run { o with Dilation = [ 0 ] } w None x)
          refuses<ShapeException>
              "Convolution"
              "amounts of padding"
              (run { o with Padding = Padding.Of(1, 1) } w None x)
          refuses<ShapeException> "Convolution" "the bias" (run o w (Some(counting [ 3 ])) x)
          refuses<ShapeException> "Convolution" "do not fit into" (run { o with Dilation = [ 3 ] } w None x)
          refuses<DTypeException> "Convolution" "different data types" (run o (Tensor.cast DType.Float32 w) None x)
          refuses<ShapeException> "TransposedConvolution" "would have size" (fun () ->
              Tensor.transposedConvolution { o with Padding = Padding.Of 5 } (counting [ 3; 4; 3 ]) None x)
          Expect.throwsT<ArgumentOutOfRangeException> (fun () -> Padding.Of -1 |> ignore) "negative")

      testCase "a sequence is convolved along T, and causal padding hides what comes later" (fun () ->
          let causal = Tensor.convolution { o with Padding = Padding.Causal } w None
          let x = Tensor.create [ 3; 2; 5 ] "CBT" (whole 1 [ 30 ])
          let changed =
              Tensor.create [ 3; 2; 5 ] "CBT" (whole 1 [ 30 ] |> Array.mapi (fun k x -> if k % 5 = 3 then 99. else x))
          let until3 y = elements (Tensor.sliceDim 2 (Slice.To 3) y)
          Expect.equal (sizes (causal x)) [ 4; 2; 5 ] "sizes"
          Expect.equal (until3 (causal changed)) (until3 (causal x)) "before 3") ]

let private windows =
    [ testCase "windows are views, and add up to how often an element was seen" (fun () ->
          let w = { Dim = 0; Size = 3; Stride = 2; Dilation = 1 }
          let x = counting [ 7 ]
          let seen = Define.apply (Windows.windows w) [ x ]
          hasElements [ 0.; 1.; 2.; 2.; 3.; 4.; 4.; 5.; 6. ] seen "windows"
          let block (t: Tensor) = (Execute.blockOf t).Value
          Expect.isTrue (obj.ReferenceEquals((block seen).Data, (block x).Data)) "the same memory"
          hasElements [ 0.; 1.; 4.; 3.; 8.; 5.; 6. ] (Define.apply (Windows.overlap w 7) [ seen ]) "overlapped")

      testCase "a reshape is a view where strides can say it" (fun () ->
          let sameMemory (x: Tensor) (y: Tensor) =
              obj.ReferenceEquals((Execute.blockOf x).Value.Data, (Execute.blockOf y).Value.Data)
          let x = counting [ 4; 6 ]
          let columns = Tensor.transpose x
          let apart, joined = Tensor.reshape [ 2; 3; 1; 4 ] columns, Tensor.reshape [ 24 ] columns
          Expect.isTrue (sameMemory x apart) "taken apart"
          Expect.isFalse (sameMemory x joined) "put together in another order"
          let expected =
              [ for c in 0..5 do
                    for r in 0..3 -> float (6 * r + c) ]
          hasElements expected apart "apart"
          hasElements expected joined "joined"
          let third = x |> Tensor.slice [ Slice.All; Slice.All.By 3 ] |> Tensor.reshape [ 2; 4 ]
          Expect.isTrue (sameMemory x third) "evenly spaced"
          hasElements [ 0.; 3.; 6.; 9.; 12.; 15.; 18.; 21. ] third "every third") ]

let tests =
    testList
        "Convolution"
        [ testList "forward" (List.map forward cases)
          testList "transposed" (List.map transposed cases)
          testList "gradients" gradients
          testList "refusals" refusals
          testList "windows" windows ]

module Functional.Tests.Peers.Families.Attentions

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private batch, heads, size = 2, 3, 4
let private queries length = normal "queries" [ batch; length; heads * size ] ""
let private keys length = normal "keys" [ batch; length; heads * size ] ""
let private values length = normal "values" [ batch; length; heads * size ] ""

/// [batch; length; heads · size] → [batch; heads; length; size], and back.
let private apart (heads: int) (x: TorchTensor) =
    x.reshape(int64 batch, x.shape[1], int64 heads, int64 size).transpose(1, 2)

let private together (x: TorchTensor) = x.transpose(1, 2).reshape(int64 batch, x.shape[2], -1L)

let private dot (mask: TorchTensor | null) causal (q: TorchTensor) (k: TorchTensor) (v: TorchTensor) =
    F.scaled_dot_product_attention (q, k, v, mask, 0., causal) |> together

let private options = { AttentionOptions.Default with Heads = heads }

let private attention name operands options theirs =
    several name operands (fun xs -> Tensor.attention (options xs) xs[0] xs[1] xs[2]) theirs

let private flags salt sizes =
    let drawn = Numbers.integers (Numbers.seedOf salt) 3 sizes
    // Each query sees the first key at least.
    let last = List.last sizes
    operand sizes "" (Elements.Flags [| for k in 0 .. drawn.Length - 1 -> drawn[k] > 0L || k % last = 0 |])

let private masks =
    [ attention
          "given mask"
          [ queries 5; keys 7; values 7; flags "mask" [ 5; 7 ] ]
          (fun xs -> { options with Mask = Some xs[3] })
          (fun xs -> dot xs[3] false (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2]))
      attention
          "added mask"
          [ queries 5; keys 7; values 7; normal "bias" [ heads; 5; 7 ] "" ]
          (fun xs -> { options with Mask = Some xs[3] })
          (fun xs -> dot (xs[3].unsqueeze 0) false (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2]))
      // The second query sees nothing, and gets 0. Small queries keep the weights of two keys from 1, next to which their
      // slope is a difference of what is nearly equal.
      attention
          "nothing seen"
          [ uniform "small queries" (-0.5, 0.5) [ batch; 2; heads * size ] ""
            keys 3
            values 3
            operand [ 2; 3 ] "" (Elements.Flags [| true; false; true; false; false; false |]) ]
          (fun xs -> { options with Mask = Some xs[3] })
          (fun xs -> dot xs[3] false (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2]))
      attention
          "padding"
          [ queries 5; keys 7; values 7; flags "padding" [ batch; 7 ] ]
          (fun xs -> { options with KeyMask = Some xs[3] })
          (fun xs ->
              let mask = xs[3].reshape(int64 batch, 1L, 1L, 7L)
              dot mask false (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2])) ]

/// As many heads of the keys as there are neighbouring groups of the queries' heads.
let private grouped =
    let many = 6
    several
        "grouped heads"
        [ normal "queries" [ batch; 5; many * size ] ""; keys 7; values 7 ]
        (fun xs ->
            let options = { options with Heads = many; KeyHeads = Some heads }
            Tensor.attention options xs[0] xs[1] xs[2])
        (fun xs ->
            let shared x = torch.repeat_interleave (apart heads x, 2L, System.Nullable 1L)
            dot null false (apart many xs[0]) (shared xs[1]) (shared xs[2]))

/// Halves of a head's channels turned by the angles of their positions, as theirs is written out.
let private rotary =
    let steps, half = 6, size / 2
    let options = { RotaryOptions.Default with Heads = heads; Interleaved = false }
    unary
        "rotary positions"
        (normal "rotary" [ batch; steps; heads * size ] "")
        (Tensor.rotaryPositions options)
        (fun x ->
            let angles =
                [| for p in 0 .. steps - 1 do
                       for i in 0 .. half - 1 -> float p * 10000. ** (-2. * float i / float size) |]
            let table f =
                Torch.tensor DType.Float64 [ 1; 1; steps; half ] (Array.map f angles) |> fun t -> t.``to`` x.dtype
            let cosines, sines = table cos, table sin
            let parts = (apart heads x).chunk(2, -1)
            let a, b = parts[0], parts[1]
            let turned = torch.cat ([| a.mul(cosines).sub(b.mul sines); a.mul(sines).add(b.mul cosines) |], -1L)
            together turned)

/// The module with projections, which are rows of one matrix in theirs.
let private multiHead =
    let channels = heads * size
    let small salt sizes = uniform salt (-0.5, 0.5) sizes ""
    let theirs (xs: TorchTensor list) =
        let m = torch.nn.MultiheadAttention(channels, heads).``to`` xs.Head.dtype
        let named = dict [ for struct (name, p) in m.named_parameters () -> name, p :> TorchTensor ]
        let own = [ named["in_proj_weight"]; named["in_proj_bias"]; named["out_proj.weight"]; named["out_proj.bias"] ]
        using (torch.no_grad ()) (fun _ ->
            for p, x in List.zip own xs[2..] do
                p.copy_ x |> ignore)
        // Time is the first dimension.
        let q, k = xs[0].transpose(0, 1), xs[1].transpose(0, 1)
        let y, _ = m.forward (q, k, k, null, false, null)
        { Results = [ y.transpose (0, 1) ]; Leaves = xs[0] :: xs[1] :: own }
    { Name = "multi-head attention"
      Operands =
        [ normal "queries" [ batch; 5; channels ] ""
          normal "context" [ batch; 7; channels ] ""
          small "in" [ 3 * channels; channels ]
          small "in bias" [ 3 * channels ]
          small "out" [ channels; channels ]
          small "out bias" [ channels ] ]
      Ours =
        fun xs ->
            let input = Tensor.chunk 0 3 xs[2] |> List.map Tensor.transpose
            let bias = Tensor.chunk 0 3 xs[3]
            let weights =
                { Query = input[0]
                  Key = input[1]
                  Value = input[2]
                  Output = Tensor.transpose xs[4]
                  QueryBias = Some bias[0]
                  KeyBias = Some bias[1]
                  ValueBias = Some bias[2]
                  OutputBias = Some xs[5] }
            [ fst (Tensor.multiHeadAttention options None weights None xs[1] xs[0]) ]
      Torch = theirs }

let family =
    { Name = "attention"
      DTypes = floating
      Tolerance =
        { Units = 16.
          Scale = Greatest
          Reason =
            "sums of up to 12 products, a softmax of 7 scores, and sums of 7 products; all of it backward once more" }
      Configurations =
        [ attention "attention" [ queries 5; keys 7; values 7 ] (fun _ -> options) (fun xs ->
              dot null false (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2]))
          attention "causal" [ queries 6; keys 6; values 6 ] (fun _ -> { options with Causal = true }) (fun xs ->
              dot null true (apart heads xs[0]) (apart heads xs[1]) (apart heads xs[2]))
          attention "scaled" [ queries 5; keys 7; values 7 ] (fun _ -> { options with Scale = Some 0.9 }) (fun xs ->
              let q = xs[0].mul(Scalar.op_Implicit (0.9 * sqrt (float size)))
              dot null false (apart heads q) (apart heads xs[1]) (apart heads xs[2]))
          yield! masks
          grouped
          rotary
          multiHead ] }

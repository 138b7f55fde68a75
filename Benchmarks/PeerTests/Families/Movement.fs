module Functional.Tests.Peers.Families.Movement

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

type private F = torch.nn.functional

let private arranging =
    [ unary "reshape" (normal "reshape" [ 4; 6 ] "") (Tensor.reshape [ 3; -1; 2 ]) (fun x -> x.reshape (3L, -1L, 2L))
      unary "permute" (normal "permute" [ 4; 2; 3 ] "") (Tensor.permute [ 2; 0; 1 ]) (fun x -> x.permute (2L, 0L, 1L))
      unary "move" (normal "move" [ 4; 2; 3 ] "") (Tensor.moveDim 0 2) (fun x -> torch.moveaxis (x, 0L, 2L))
      unary "swap" (normal "swap" [ 4; 2; 3 ] "") (Tensor.swapDims 0 2) (fun x -> x.transpose (0, 2))
      unary "broadcast" (normal "broadcast" [ 4; 1 ] "") (Tensor.broadcastTo [ 3; 4; 5 ]) (fun x ->
          x.broadcast_to (3L, 4L, 5L))
      unary "tile" (normal "tile" [ 2; 3 ] "") (Tensor.tile [ 3; 2 ]) (fun x -> torch.tile (x, [| 3L; 2L |]))
      unary "repeat" (normal "repeat" [ 2; 3 ] "") (Tensor.repeat 1 4) (fun x ->
          torch.repeat_interleave (x, 4L, System.Nullable 1L))
      unary "flip" (normal "flip" [ 2; 3; 4 ] "") (Tensor.flip [ 0; 2 ]) (fun x -> torch.flip (x, [| 0L; 2L |]))
      unary "roll" (normal "roll" [ 3; 7 ] "") (Tensor.roll 1 -3) (fun x -> torch.roll (x, -3L, System.Nullable 1L))
      several
          "concat"
          [ normal "concat a" [ 2; 3 ] ""; normal "concat b" [ 2; 5 ] "" ]
          (Tensor.concat 1)
          (fun (xs: TorchTensor list) -> torch.cat (Array.ofList xs, 1L))
      several "stack" [ normal "stack a" [ 2; 3 ] ""; normal "stack b" [ 2; 3 ] "" ] (Tensor.stack 1) (fun xs ->
          torch.stack (xs, 1))
      toMany "chunk" [ normal "chunk" [ 3; 8 ] "" ] (fun xs -> Tensor.chunk 1 3 xs[0]) (fun xs ->
          List.ofArray (xs[0].tensor_split(3L, 1L))) ]

/// One dimension is extended, or two.
let private padding =
    let constant (pads: int64 array) value (x: TorchTensor) = F.pad (x, pads, PaddingModes.Constant, value)
    let by mode (before, after) (x: TorchTensor) =
        F.pad(x.unsqueeze 0, [| before; after |], (mode: PaddingModes)).squeeze(System.Nullable 0L)
    let wrap before after (x: Tensor) =
        let n = x.Shape[1]
        Tensor.concat 1 [ Tensor.sliceDim 1 (Slice.From(n - before)) x; x; Tensor.sliceDim 1 (Slice.To after) x ]
    [ unary "pad" (normal "pad" [ 3; 4 ] "") (Tensor.pad [ 1, 2; 0, 3 ] 0.5) (constant [| 0L; 3L; 1L; 2L |] 0.5)
      unary "pad, reflect" (normal "reflect" [ 3; 6 ] "") (Tensor.padReflect 1 4 5) (by PaddingModes.Reflect (4L, 5L))
      unary
          "pad, replicate"
          (normal "replicate" [ 3; 4 ] "")
          (Tensor.padReplicate 1 2 6)
          (by PaddingModes.Replicate (2L, 6L))
      unary "pad, circular" (normal "circular" [ 3; 5 ] "") (wrap 2 3) (by PaddingModes.Circular (2L, 3L)) ]

/// Positions and channels change places.
let private blocks =
    [ unary
          "depth to space"
          (normal "depth" [ 2; 12; 3; 4 ] "BCSS")
          (Tensor.depthToSpace DepthOrder.ChannelFirst [ 2; 2 ])
          (fun x -> F.pixel_shuffle (x, 2))
      unary
          "space to depth"
          (normal "space" [ 2; 3; 4; 6 ] "BCSS")
          (Tensor.spaceToDepth DepthOrder.ChannelFirst [ 2; 2 ])
          (fun x -> F.pixel_unshuffle (x, 2)) ]

let family =
    { Name = "movement"
      DTypes = floating
      Tolerance =
        { Units = 8.
          Scale = Element
          Reason = "elements only move; where they are repeated up to 15 weights add up: √15 ε ≈ 4 ε on either side" }
      Configurations = arranging @ padding @ blocks }

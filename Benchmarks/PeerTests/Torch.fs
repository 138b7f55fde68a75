namespace Functional.Tests.Peers

open System
open Functional
open TorchSharp

type TorchTensor = torch.Tensor

/// libtorch's tensors from elements, and back.
[<RequireQualifiedAccess>]
module Torch =
    let private span (sizes: int list) = ReadOnlySpan [| for n in sizes -> int64 n |]

    let scalarType (dtype: DType) =
        match dtype with
        | DType.Float64 -> torch.ScalarType.Float64
        | DType.Int32 -> torch.ScalarType.Int32
        | DType.Int64 -> torch.ScalarType.Int64
        | _ -> torch.ScalarType.Float32

    let tensor dtype sizes (data: float array) : TorchTensor =
        torch.tensor(Memory data, span sizes, Nullable torch.ScalarType.Float64).``to``(scalarType dtype)

    let integers sizes (data: int64 array) : TorchTensor = torch.tensor (Memory data, span sizes)

    let flags sizes (data: bool array) : TorchTensor = torch.tensor (data, span sizes)

    let sizes (x: TorchTensor) = [ for n in x.shape -> int n ]

    let isFloating (x: TorchTensor) = x.is_floating_point ()

    let toArray (x: TorchTensor) : float array =
        // An empty tensor has no data to look at.
        if x.numel () = 0L then
            [||]
        else
            x.detach().``to``(torch.ScalarType.Float64).contiguous().data<float>().ToArray()

namespace Functional.Tests.Peers

open Functional
open Functional.FSharp

/// What an operand holds.
[<RequireQualifiedAccess>]
type Elements =
    /// Numbers of the data type that is tested; gradients by them are compared where it has any.
    | Real of float array
    /// Numbers of the data type that is tested, of which there is no gradient: targets, running statistics.
    | Held of float array
    | Whole of int64 array
    | Flags of bool array

/// An operand of both functions. The peer takes dimensions by position, and does not see the labels.
type Operand =
    { Sizes: int list
      Format: string
      Elements: Elements }

    member x.IsReal = x.Elements.IsReal

    member x.Ours dtype : Tensor =
        match x.Elements with
        | Elements.Real data
        | Elements.Held data -> Tensor.create x.Sizes x.Format data |> Tensor.cast dtype
        | Elements.Whole data -> Tensor.create x.Sizes x.Format data
        | Elements.Flags data -> Tensor.create x.Sizes x.Format data

    member x.Torch dtype : TorchTensor =
        match x.Elements with
        | Elements.Real data -> (Torch.tensor dtype x.Sizes data).requires_grad_()
        | Elements.Held data -> Torch.tensor dtype x.Sizes data
        | Elements.Whole data -> Torch.integers x.Sizes data
        | Elements.Flags data -> Torch.flags x.Sizes data

/// What the peer computed, and the tensors by which its gradients are taken, one for each operand: a module of its own keeps
/// the numbers in parameters of its own.
type PeerRun = { Results: TorchTensor list; Leaves: TorchTensor list }

/// One function, ours and the peer's, with its operands. Both give as many results.
type Configuration =
    { Name: string
      Operands: Operand list
      Ours: Tensor list -> Tensor list
      Torch: TorchTensor list -> PeerRun }

/// What a deviation is divided by to be relative.
type Scale =
    /// The peer's element, however small.
    | Own
    /// The peer's element, or the least of 1 and the greatest magnitude in its tensor where that is more: an element of a
    /// function whose terms cancel near 0 has no digits of its own.
    | Element
    /// The greatest magnitude in the peer's tensor: sums of different order deviate by the size of their terms.
    | Greatest

/// What two right implementations may differ by, in units of ε of the data type (2⁻²³, 2⁻⁵²), and why.
type Tolerance = { Units: float; Scale: Scale; Reason: string }

/// Configurations that run in the same data types and tolerate the same.
type Family = { Name: string; DTypes: DType list; Tolerance: Tolerance; Configurations: Configuration list }

/// Short forms in which families are written.
[<AutoOpen>]
module Writing =
    let floating = [ DType.Float32; DType.Float64 ]

    let operand sizes format elements = { Sizes = sizes; Format = format; Elements = elements }

    /// Normal numbers; the salt tells operands of equal sizes apart.
    let normal salt sizes format =
        operand sizes format (Elements.Real(Numbers.normal (Numbers.seedOf $"{salt} {sizes}") sizes))

    let uniform salt range sizes format =
        operand sizes format (Elements.Real(Numbers.uniform (Numbers.seedOf $"{salt} {sizes}") range sizes))

    /// The same numbers, without a gradient.
    let held (x: Operand) =
        match x.Elements with
        | Elements.Real data -> { x with Elements = Elements.Held data }
        | _ -> x

    /// Whole numbers from 0 to below a bound.
    let whole salt bound sizes format =
        operand sizes format (Elements.Whole(Numbers.integers (Numbers.seedOf $"{salt} {sizes}") bound sizes))

    /// A function of several operands to several results.
    let toMany name operands ours (torch: TorchTensor list -> TorchTensor list) =
        { Name = name
          Operands = operands
          Ours = ours
          Torch = fun xs -> { Results = torch xs; Leaves = xs } }

    /// A function of several operands.
    let several name operands (ours: Tensor list -> Tensor) (torch: TorchTensor list -> TorchTensor) =
        toMany name operands (fun xs -> [ ours xs ]) (fun xs -> [ torch xs ])

    /// A function of one operand.
    let unary name x (ours: Tensor -> Tensor) (torch: TorchTensor -> TorchTensor) =
        several name [ x ] (fun xs -> ours xs.Head) (fun xs -> torch xs.Head)

    /// A function of two operands.
    let binary name x y (ours: Tensor -> Tensor -> Tensor) (torch: TorchTensor -> TorchTensor -> TorchTensor) =
        several name [ x; y ] (fun xs -> ours xs[0] xs[1]) (fun xs -> torch xs[0] xs[1])

namespace Functional.FSharp

open Functional

/// The labels of dimensions.
[<AutoOpen>]
module Formats =
    /// The labels of dimensions.
    [<RequireQualifiedAccess>]
    module Tensor =
        /// The labels in order of the dimensions, "" for an unformatted tensor.
        let format (x: Tensor) : string = (given "Format" x).Format.Labels

        /// The numbers of the dimensions with a label, ascending; none for an unformatted tensor.
        let finddim (label: char) (x: Tensor) : int list = Labels.places (given "FindDim" x).Type label

        /// The same elements and sizes without labels.
        let stripdims (x: Tensor) : Tensor = Movement.relabel Format.None x

        /// The same elements and sizes under other labels; "" for none.
        /// Throws TensorFormatException where they do not label the dimensions one by one.
        let withFormat (format: string) (x: Tensor) : Tensor = Movement.relabel (Format.Parse format) x

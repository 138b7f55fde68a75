namespace Functional.FSharp

open Functional

[<AutoOpen>]
module Gradients =
    let grad (f: Tensor -> Tensor) (x: Tensor) =
        let ys, (), pull = Reverse.vjp (fun xs -> [ f xs.Head ], ()) [ x ]
        (pull [ Some(Reverse.fill ys.Head 1.) ]).Head |> Option.defaultWith (fun () -> Reverse.fill x 0.)
    let accelerate (f: 'a -> 'b) = AcceleratedFunction<'a, 'b>(f, AccelerateOptions.Default)

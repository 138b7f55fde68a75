module Functional.Tests.Peers.Families.Elementwise

open Functional
open Functional.FSharp
open Functional.Tests.Peers
open TorchSharp

/// Numbers of a range, and those at which functions are peculiar.
let private special salt range =
    let data = Data.uniform (Data.seedOf salt) range [ 27 ]
    operand [ 32 ] "" (Elements.Real(Array.append data [| 0.; -0.; nan; infinity; -infinity |]))

let private everywhere = -6., 6.

let private functions =
    [ unary "exp" (special "exp" everywhere) exp torch.exp
      unary "tanh" (special "tanh" everywhere) tanh torch.tanh
      unary "sigmoid" (special "sigmoid" everywhere) Tensor.sigmoid torch.sigmoid
      unary "sin" (special "sin" (-20., 20.)) sin torch.sin ]

let family =
    { Name = "elementwise"
      Tolerance =
        { Units = 16.
          Scale = Element
          Reason = "two implementations of at most 4 ε each, of the function and of its slope" }
      Configurations = functions }

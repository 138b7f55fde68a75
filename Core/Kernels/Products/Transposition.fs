namespace Functional

open System.Reflection.Emit

/// Adjacent elements of lanes that lie apart, turned so that a vector holds one element of each lane: in registers, 16 bytes
/// of each lane at a time. Of vectors of 16 and 32 bytes.
[<RequireQualifiedAccess>]
module internal Transposition =
    /// The widest vectors that are transposed. Wider ones are no faster.
    let width (width: VectorWidth) = min width VectorWidth.Bits256

    /// How many elements of each lane are turned at a time.
    let group (v: VectorCode) = 16 / v.Size

    /// Of two vectors, both their interleavings.
    let private interleave (w: KernelWriter) (v: VectorCode) size (a: LocalBuilder, b: LocalBuilder) =
        [| for upper in [ false; true ] do
               let result = w.Local v.Vector
               w.Get a
               w.Get b
               w.Call(v.Unpack(size, upper))
               w.Set result
               result |]

    /// `address` pushes the address of a lane's elements. The i-th vector of the result holds the i-th element of all lanes.
    let emit (w: KernelWriter) (v: VectorCode) (address: int -> unit) : LocalBuilder array =
        let group = group v
        let rows =
            [| for i in 0 .. group - 1 do
                   let row = w.Local v.Vector
                   if v.Bytes = 16 then
                       address i
                       w.Call v.Load.Value
                   else
                       v.LoadHalves(w, (fun () -> address i), (fun () -> address (group + i)))
                   w.Set row
                   row |]
        if group = 2 then
            interleave w v 8 (rows[0], rows[1])
        else
            let low, high = interleave w v 4 (rows[0], rows[1]), interleave w v 4 (rows[2], rows[3])
            Array.append (interleave w v 8 (low[0], high[0])) (interleave w v 8 (low[1], high[1]))

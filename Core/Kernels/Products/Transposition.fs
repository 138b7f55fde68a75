namespace Functional

open System.Reflection.Emit

/// Turns adjacent elements of lanes that lie apart so that a vector holds one element of each lane: in registers, 16 bytes
/// of each lane at a time. Of vectors of 16 and 32 bytes.
[<Sealed>]
type internal Transposition(w: KernelWriter, v: VectorCode) =
    let group = Transposition.Group v
    /// The same ones each time: of many, the runtime keeps some in memory.
    let rows, mixed = [| for _ in 1..group -> w.Local v.Vector |], [| for _ in 1..group -> w.Local v.Vector |]

    /// Of two vectors, both their interleavings.
    let interleave size (a: LocalBuilder) (b: LocalBuilder) (results: LocalBuilder array) first =
        for upper in [ false; true ] do
            w.Get a
            w.Get b
            w.Call(v.Unpack(size, upper))
            w.Set(results[if upper then first + 1 else first])

    /// The widest vectors that are transposed. Wider ones are no faster.
    static member Width(width: VectorWidth) = min width VectorWidth.Bits256

    /// How many elements of each lane are turned at a time.
    static member Group(v: VectorCode) = 16 / v.Size

    /// `address` pushes the address of a lane's elements. The i-th vector of the result holds the i-th element of all lanes,
    /// until others are turned.
    member _.Emit(address: int -> unit) : LocalBuilder array =
        rows
        |> Array.iteri (fun i row ->
            if v.Bytes = 16 then
                address i
                w.Call v.Load.Value
            else
                v.LoadHalves(w, (fun () -> address i), (fun () -> address (group + i)))
            w.Set row)
        if group = 2 then
            interleave 8 rows[0] rows[1] mixed 0
            mixed
        else
            interleave 4 rows[0] rows[1] mixed 0
            interleave 4 rows[2] rows[3] mixed 2
            interleave 8 mixed[0] mixed[2] rows 0
            interleave 8 mixed[1] mixed[3] rows 2
            rows

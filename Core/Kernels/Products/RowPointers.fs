namespace Functional

open System.Reflection.Emit

/// Pointers to rows at equal distances, for emitted code: one for every three rows; the others are reached by adding the
/// distance once or twice, which costs an address nothing.
[<Sealed>]
type internal RowPointers(w: KernelWriter, count: int, stride: LocalBuilder) =
    let bases = [| for _ in 0 .. (count - 1) / 3 -> w.Int() |]
    let twice = w.Int()

    do
        w.Get stride
        w.Get stride
        w.Add()
        w.Set twice

    /// The first row is where `from` points to.
    member _.Start(from: LocalBuilder) =
        w.Get from
        w.Set(bases[0])
        for k in 1 .. bases.Length - 1 do
            w.Get(bases[k - 1])
            w.Get stride
            w.Add()
            w.Get twice
            w.Add()
            w.Set(bases[k])

    /// Pushes the pointer to a row.
    member _.Push row =
        w.Get(bases[row / 3])
        match row % 3 with
        | 1 ->
            w.Get stride
            w.Add()
        | 2 ->
            w.Get twice
            w.Add()
        | _ -> ()

    member _.Advance(by: LocalBuilder) =
        for p in bases do
            w.Advance(p, by)

    member _.Advance(by: int) =
        for p in bases do
            w.Advance(p, by)

namespace Functional

#nowarn "9" // pointers

open Microsoft.FSharp.NativeInterop

/// How an index walks through memory where one step does not say it: in runs, each of even steps.
[<Struct>]
type internal Runs =
    {
        /// The address of a table: where each run starts, in bytes. 0 where all is one run.
        Starts: nativeint
        /// How many indices a run has.
        Length: nativeint
        /// Which index of the walk counts as the first.
        First: nativeint
    }

    static member One: Runs = { Starts = 0n; Length = 0n; First = 0n }
    member r.IsOne = r.Starts = 0n

    member r.At(index: nativeint, step: nativeint) : nativeint =
        if r.Starts = 0n then
            index * step
        else
            let at = r.First + index
            let run = at / r.Length
            NativePtr.get (NativePtr.ofNativeInt<nativeint> r.Starts) (int run) + (at - run * r.Length) * step

    /// How many of the indices from this one on are in the same run, at most `count`.
    member r.From(index: nativeint, count: nativeint) =
        if r.Starts = 0n then count else min count (r.Length - (r.First + index) % r.Length)

    member r.Moved(by: nativeint) : Runs =
        { Starts = r.Starts; Length = r.Length; First = (if r.Starts = 0n then 0n else r.First + by) }

/// A matrix in memory: the address of its first element, and bytes from row to row and from column to column, in each run
/// of rows and of columns.
[<Struct>]
type internal Matrix =
    { Address: nativeint
      RowStep: nativeint
      ColumnStep: nativeint
      Rows: Runs
      Columns: Runs }

    /// Whether the steps alone say where its elements are.
    member m.IsEven = m.Rows.Starts = 0n && m.Columns.Starts = 0n

    member m.At(row: nativeint, column: nativeint) =
        let rows, columns = m.Rows, m.Columns
        m.Address + rows.At(row, m.RowStep) + columns.At(column, m.ColumnStep)

    member m.From(row: nativeint, column: nativeint) : Matrix =
        let rows, columns = m.Rows, m.Columns
        let down = if rows.IsOne then row * m.RowStep else 0n
        let along = if columns.IsOne then column * m.ColumnStep else 0n
        { Address = m.Address + down + along
          RowStep = m.RowStep
          ColumnStep = m.ColumnStep
          Rows = rows.Moved row
          Columns = columns.Moved column }

    /// So many first rows and columns, by steps alone where these lie in one run.
    member m.Part(count: nativeint, width: nativeint) : Matrix =
        let rows, columns = m.Rows, m.Columns
        let isOne = rows.From(0n, count) = count && columns.From(0n, width) = width
        { Address = (if isOne then m.At(0n, 0n) else m.Address)
          RowStep = m.RowStep
          ColumnStep = m.ColumnStep
          Rows = (if isOne then Runs.One else rows)
          Columns = (if isOne then Runs.One else columns) }

    member m.Transposed =
        { Address = m.Address
          RowStep = m.ColumnStep
          ColumnStep = m.RowStep
          Rows = m.Columns
          Columns = m.Rows }

namespace Functional

open System.Reflection.Emit

/// Elementwise steps on the results of a product while they are in registers. The side operands are seen as matrices of
/// the result's size. Equal keys mean equal code.
type internal Epilogue =
    {
        Key: string
        /// How many side operands there are.
        Sides: int
        /// Emits the steps: the accumulated vector and a vector of each side operand → the result, left on the stack.
        Emit: KernelWriter -> VectorCode -> LocalBuilder -> LocalBuilder array -> unit
        /// Does the same in memory: adjacent sums, which the result replaces, as many elements of each side operand.
        Interpret: nativeint -> nativeint array -> int -> unit
    }

/// The arguments of a tile kernel by position. Strides are in bytes.
[<RequireQualifiedAccess>]
module internal TileArgument =
    let K, A, ARow, AStep, ATile, Tiles, B, BStep, C, CRow = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    /// Not 0: the chain continues from what C holds, instead of starting with the first product.
    let Continue = 10
    /// Not 0: the chain ends here, so that the epilogue runs.
    let Finish = 11
    /// Of a scattered kernel: columns that the last vector has, bytes from one to the next, room for one vector.
    let LastColumns, CColumn, Room = 12, 13, 14
    /// Of a kernel whose results have gaps: the entry of the first vector (`ColumnGaps`).
    let Gaps = 15
    /// For each side operand: pointer, bytes from row to row, bytes from column to column (0 or the element size,
    /// except in a scattered kernel; 0 where results have gaps).
    let Side k = 16 + 3 * k
    /// As many as a kernel with that many side operands takes.
    let count sides = 16 + 3 * sides

/// What a tile kernel is made for.
[<Struct>]
type internal TileForm =
    {
        Rows: int
        Vectors: int
        /// The columns of C are not adjacent, or the last vector has but some of them.
        Scattered: bool
        /// Of B not the columns of a row are adjacent, but the rows of a column: they are turned in registers. `BStep` is
        /// then the bytes from column to column, and all columns of all vectors have to be there.
        Turned: bool
        /// `BStep` is the address of a table: where each row of B is, in bytes from B.
        Tabled: bool
        /// The panel of B after the next is asked for, and all of the next tile's results: where rows of B lie apart, in memory
        /// that no cache holds, the processor does not foresee them.
        Ahead: bool
        /// Some columns are no part of the result (`ColumnGaps`). Chains end in one go then.
        Gapped: bool
    }

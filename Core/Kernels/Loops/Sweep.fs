namespace Functional

/// What a sweep leaves behind.
[<RequireQualifiedAccess>]
type internal SweepOutput =
    /// The value of an instruction, lane by lane.
    | Stored of instruction: int
    /// Combined with what is there already, lane by lane; or, where rows are folded, over all lanes of a row.
    | Folded of Reduction * instruction: int

    member o.Instruction =
        match o with
        | Stored k
        | Folded(_, k) -> k

/// One pass over memory: the same instructions for each lane of each of some rows. In memory its operands come first, then
/// its outputs.
type internal Sweep =
    { Operands: DType array
      Code: LaneInstruction array
      Outputs: SweepOutput array }

    member s.TypeOf(output: SweepOutput) = s.Code[output.Instruction].Result

    member s.Folds =
        s.Outputs
        |> Array.exists (fun o ->
            match o with
            | SweepOutput.Folded _ -> true
            | SweepOutput.Stored _ -> false)

    /// The data type of each place in memory.
    member s.Places = Array.append s.Operands (s.Outputs |> Array.map s.TypeOf)

/// How a sweep is compiled: all that is not known before the layout of its places is.
type internal SweepForm =
    {
        /// Folds combine the lanes of a row; otherwise they combine rows.
        Along: bool
        /// The operands that are one number for a whole row; the elements of all other places are adjacent.
        Fixed: bool array
        /// Rows have one register of lanes at most: no code for more is written, which takes the most time to compile.
        IsShort: bool
    }

/// Runs a sweep. Addresses of the places, and their strides from row to row in bytes; number of rows and lanes.
type internal SweepCode =
    delegate of places: nativeint * strides: nativeint * rows: nativeint * lanes: nativeint -> unit

/// The order in which lanes of a row are combined: element k goes to lane k mod 32, where it is combined with what is there,
/// in ascending order; then lane j is combined with lane j + 16, and so on by halves.
[<RequireQualifiedAccess>]
module internal FoldOrder =
    [<Literal>]
    let Lanes = 32

    /// What changes no number that it is combined with. It is -0 for sums: 0 would change -0.
    let identity reduction dtype =
        let isFloating = Scalars.isFloating dtype
        match reduction with
        | ProductOf
        | AllOf -> 1.
        | MaxOf -> if isFloating then -infinity else -1e30
        | MinOf -> if isFloating then infinity else 1e30
        | SumOf -> -0.
        | _ -> 0.

    /// The identity by its bits; of a mask all bits are alike.
    let identityBits reduction dtype =
        let bits = LaneCode.BitsOf(dtype, identity reduction dtype)
        if dtype = DType.Bool then -bits else bits

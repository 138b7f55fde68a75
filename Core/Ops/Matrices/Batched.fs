namespace Functional

open System
open System.Collections.Generic
open MathNet.Numerics.LinearAlgebra

/// An op on the matrices in the last two dimensions of its operands, side by side over the leading ones, which are alike.
type internal BatchedOp =
    {
        Name: string
        Attributes: (string * objnull) list
        /// Rows and columns of each operand's matrices → the last sizes of each result, or a typed error by what is given.
        Sizes: (string -> string -> unit) -> (int * int) list -> int list list
        /// Finite matrices → the elements of each result; an error by what is given: problem, remedy.
        Run: (string -> string -> unit) -> DenseMatrix list -> float array list
        /// The same by MathNet.Numerics or from the definition, for the oracle.
        Reference: Matrix<float> list -> float array list
        /// Operands, results, cotangents of the results → cotangents of the operands.
        Pull: Tensor list -> Tensor list -> Tensor option list -> int -> Tensor option
    }

/// Ops on matrices. Operands have no labels: the functions of the library take them off and give the result its own. Float32
/// is computed in Float64 and rounded once. A matrix that is not finite, or a partner that is not, gives NaN everywhere.
[<RequireQualifiedAccess>]
module internal Batched =
    let private leading (t: TensorType) = List.ofArray t.Sizes[.. t.Rank - 3]
    let private matrixOf (t: TensorType) = t.Sizes[t.Rank - 2], t.Sizes[t.Rank - 1]

    let private infer (op: BatchedOp) (types: TensorType list) =
        for t in types do
            if not (Scalars.isFloating t.DType) then
                Labels.dtypeError op.Name types $"{t.DType} has no fractions" "cast the tensor to Float32 or Float64"
            elif t.DType <> types.Head.DType then
                Labels.dtypeError op.Name types "its operands have different data types" "cast them to one"
            elif t.Rank < 2 then
                Labels.dimensionError op.Name types "an operand is no matrix" "give a matrix, or a batch of them"
            elif not t.Format.IsNone then
                Labels.formatError op.Name types "an operand has labels" "take them off"
            elif leading t <> leading types.Head then
                Labels.shapeError op.Name types "the leading sizes differ" "broadcast the operands to one batch"
        let refuse problem remedy = Labels.shapeError op.Name types problem remedy
        [ for sizes in op.Sizes refuse (List.map matrixOf types) ->
              TensorType(types.Head.DType, leading types.Head @ sizes) ]

    let private reals (data: Array) : float array =
        match data with
        | :? (float32 array) as x -> Array.map float x
        | x -> x :?> float array

    let private stored dtype (data: float array) : Array =
        if dtype = DType.Float32 then Array.map float32 data else data

    let private place (t: TensorType) k =
        if t.Rank = 2 then "the matrix" else $"the matrix at %A{Movement.index (leading t) k} of the batch"

    /// One matrix after another.
    let private run (op: BatchedOp) (types: TensorType list) (results: TensorType list) (arrays: Array list) =
        let data = List.map reals arrays
        let count = leading types.Head |> List.fold (*) 1
        let sizeOf (t: TensorType) = if count = 0 then 0 else t.Count / count
        let totals = [ for t in results -> Array.zeroCreate<float> t.Count ]

        for k in 0 .. count - 1 do
            let matrices =
                [ for t, x in List.zip types data ->
                      let rows, columns = matrixOf t
                      { Rows = rows; Columns = columns; Data = Array.sub x (k * sizeOf t) (sizeOf t) } ]
            let refuse problem remedy =
                raise (LinearAlgebraException(op.Name, types, $"{place types.Head k} {problem}", remedy))

            if matrices |> List.forall (fun m -> Array.forall Double.IsFinite m.Data) then
                for total, part in List.zip totals (op.Run refuse matrices) do
                    Array.Copy(part, 0, total, k * part.Length, part.Length)
            else
                for total, t in List.zip totals results do
                    Array.Fill(total, nan, k * sizeOf t, sizeOf t)

        [ for t, total in List.zip results totals -> stored t.DType total ]

    let private eval (op: BatchedOp) (results: TensorType list) (lanes: Lanes list) =
        let computed = Dictionary<int list, float array list>()

        let matrix (x: Lanes) batch =
            let rows, columns = matrixOf x.Type
            let element i j =
                match x.At(batch @ [ i; j ]) with
                | Real x -> x
                | Whole n -> float n
            Matrix<float>.Build.Dense(rows, columns, element)

        let compute batch =
            match computed.TryGetValue batch with
            | true, parts -> parts
            | _ ->
                let matrices = [ for x in lanes -> matrix x batch ]
                let isFinite (m: Matrix<float>) = m.Exists(fun x -> not (Double.IsFinite x)) |> not
                let parts =
                    if List.forall isFinite matrices then
                        op.Reference matrices
                    else
                        [ for t in results -> Array.create (Array.fold (*) 1 t.Sizes[lanes.Head.Type.Rank - 2 ..]) nan ]
                computed[batch] <- parts
                parts

        [ for k, t in List.indexed results ->
              fun (i: int list) ->
                  let batch, rest = List.splitAt (lanes.Head.Type.Rank - 2) i
                  let sizes = List.skip batch.Length (List.ofArray t.Sizes)
                  let at = List.fold2 (fun p size i -> p * size + i) 0 sizes rest
                  let parts = compute batch in
                  Scalars.store t.DType (Real(parts[k][at])) ]

    let op (op: BatchedOp) : Op =
        { Name = op.Name
          Attributes = op.Attributes
          Infer = infer op
          Eval = fun _ results lanes -> eval op results lanes
          Pull =
            fun wanted args results cotangents ->
                if List.forall Option.isNone cotangents then
                    [ for _ in wanted -> None ]
                else
                    List.map (op.Pull args results cotangents) wanted
          Kernel = Opaque(run op) }

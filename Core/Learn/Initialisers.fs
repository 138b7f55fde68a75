namespace Functional

open System
open System.Globalization
open MathNet.Numerics.Distributions
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearAlgebra.Double
open MathNet.Numerics.LinearAlgebra.Factorization

/// By what the spread of parameters is scaled: the units that come in, or the mean of those that come in and go out.
type internal Fan =
    | In
    | Mean

/// Which numbers parameters start from.
type internal StartingRule =
    | Same of float
    | Between of low: float * high: float
    | Gaussian of deviation: float
    /// Without what is further than two deviations from 0.
    | Truncated of deviation: float
    /// Of variance factor / fan.
    | ScaledUniform of factor: float * Fan
    | ScaledGaussian of factor: float * Fan
    | OrthogonalRows of gain: float
    | ForgetGateOne

[<RequireQualifiedAccess>]
module internal StartingRules =
    /// A tensor that owns its memory.
    let private ofFunction (ty: TensorType) (f: int -> float) =
        let data = Blocks.allocate ty.DType ty.Count

        for k in 0 .. ty.Count - 1 do
            Blocks.fillRange data k 1 (f k)

        Direct.Tensor(ty, Blocks.ofArray ty data)

    let private between low high (by: Interpreter) ty = low + (high - low) * Uniform.draw by ty

    /// Float64 numbers uniform in [0, 1), and normal ones.
    let private doubles draw (by: Interpreter) count =
        HostData.toArray<float>(draw by (TensorType(DType.Float64, [ count ])))

    let private truncated deviation by (ty: TensorType) =
        let tail = Normal.CDF(0., 1., -2.)
        let numbers = doubles Uniform.draw by ty.Count
        ofFunction ty (fun k -> deviation * Normal.InvCDF(0., 1., tail + numbers[k] * (1. - 2. * tail)))

    /// The signs that make a decomposition unique make Q uniform over all orthogonal matrices (Mezzadri, 2007).
    let private orthogonal gain by (ty: TensorType) =
        if ty.Rank < 2 then
            Labels.shapeError "Orthogonal" [ ty ] "it is no matrix" "give two dimensions or more"

        let rows = ty.Sizes[0]
        let columns = if rows = 0 then 0 else ty.Count / rows

        if ty.Count = 0 then
            ofFunction ty (fun _ -> 0.)
        else
            let tall, thin = max rows columns, min rows columns
            let normal = DenseMatrix(tall, thin, doubles Uniform.normal by (tall * thin))
            let qr = normal.QR QRMethod.Thin
            let sign k = if qr.R[k, k] < 0. then -gain else gain
            let at row column = if rows >= columns then qr.Q[row, column] else qr.Q[column, row]
            let signAt row column = sign (if rows >= columns then column else row)
            ofFunction ty (fun k ->
                let row, column = k / columns, k % columns
                signAt row column * at row column)

    let private forgetGateOne (ty: TensorType) =
        if ty.Rank <> 1 || ty.Count % 4 <> 0 then
            Labels.shapeError "UnitForgetGate" [ ty ] "these are no biases of four gates" "give [4 · units]"

        ofFunction ty (fun k -> if k / (max 1 (ty.Count / 4)) = 1 then 1. else 0.)

    let draw rule by (ty: TensorType) fanIn fanOut : Tensor =
        let variance factor fan =
            factor
            / (match fan with
               | In -> float fanIn
               | Mean -> float (fanIn + fanOut) / 2.)

        match rule with
        | Same value -> ofFunction ty (fun _ -> value)
        | Between(low, high) -> between low high by ty
        | Gaussian deviation -> deviation * Uniform.normal by ty
        | Truncated deviation -> truncated deviation by ty
        | ScaledUniform(factor, fan) -> let bound = sqrt (3. * variance factor fan) in between -bound bound by ty
        | ScaledGaussian(factor, fan) -> sqrt (variance factor fan) * Uniform.normal by ty
        | OrthogonalRows gain -> orthogonal gain by ty
        | ForgetGateOne -> forgetGateOne ty

/// How the parameters of a layer start: which numbers are drawn for a type, given how many units come in (fan-in) and how many
/// go out (fan-out) of a unit's connections.
[<Sealed; AllowNullLiteral(false)>]
type Initialiser private (name: string, rule: StartingRule) =
    static let withNumbers (name: string) (numbers: float list) rule =
        let shown = [ for x in numbers -> x.ToString("R", CultureInfo.InvariantCulture) ]
        Initialiser($"""{name}({String.Join(", ", shown)})""", rule)

    static let positive name (value: float) =
        if not (value > 0. && Double.IsFinite value) then
            raise (ArgumentOutOfRangeException(name, value, "it is to be a positive number"))

    static let finite name (value: float) =
        if not (Double.IsFinite value) then
            raise (ArgumentOutOfRangeException(name, value, "it is to be a finite number"))

    let key = name

    /// 0.
    static member val Zeros = Initialiser("Zeros", Same 0.)
    /// 1.
    static member val Ones = Initialiser("Ones", Same 1.)
    /// Uniform with variance 2 / (fan-in + fan-out), that is between ±√(6 / (fan-in + fan-out)) (Glorot and Bengio, 2010,
    /// eq. 16).
    static member val GlorotUniform = Initialiser("GlorotUniform", ScaledUniform(1., Mean))
    /// Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio, 2010, eq. 12).
    static member val GlorotNormal = Initialiser("GlorotNormal", ScaledGaussian(1., Mean))
    /// Uniform with variance 2 / fan-in, that is between ±√(6 / fan-in) (He, Zhang, Ren and Sun, 2015, eq. 10).
    static member val HeUniform = Initialiser("HeUniform", ScaledUniform(2., In))
    /// Normal with variance 2 / fan-in (He, Zhang, Ren and Sun, 2015, eq. 10).
    static member val HeNormal = Initialiser("HeNormal", ScaledGaussian(2., In))
    /// Uniform with variance 1 / fan-in, that is between ±√(3 / fan-in) (LeCun, Bottou, Orr and Müller, 1998, eq. 16).
    static member val LeCunUniform = Initialiser("LeCunUniform", ScaledUniform(1., In))
    /// Normal with variance 1 / fan-in (LeCun, Bottou, Orr and Müller, 1998, eq. 16).
    static member val LeCunNormal = Initialiser("LeCunNormal", ScaledGaussian(1., In))
    /// 1 for the second of four gates, the forget gate of an LSTM layer's biases [4 · units], else 0 (Jozefowicz, Zaremba and
    /// Sutskever, 2015). Other sizes throw ShapeException.
    static member val UnitForgetGate = Initialiser("UnitForgetGate", ForgetGateOne)
    /// This number.
    static member Constant(value: float) =
        finite (nameof value) value
        withNumbers "Constant" [ value ] (Same value)
    /// Uniform from low on, below high.
    static member Uniform(low: float, high: float) =
        finite (nameof low) low
        finite (nameof high) high
        withNumbers "Uniform" [ low; high ] (Between(low, high))
    /// Normal with mean 0 and this standard deviation.
    static member Normal(deviation: float) =
        positive (nameof deviation) deviation
        withNumbers "Normal" [ deviation ] (Gaussian deviation)
    /// Normal with mean 0 and standard deviation 0.01.
    static member val NarrowNormal = Initialiser("NarrowNormal", Gaussian 0.01)
    /// Normal with mean 0 and this standard deviation, of which only what lies within two deviations is drawn; that has 0.8796
    /// of the deviation.
    static member TruncatedNormal(deviation: float) =
        positive (nameof deviation) deviation
        withNumbers "TruncatedNormal" [ deviation ] (Truncated deviation)
    /// A matrix of the first dimension by all others, `gain` times one with orthonormal rows, or columns where there are fewer
    /// (Saxe, McClelland and Ganguli, 2014). Fewer than two dimensions throw ShapeException.
    static member Orthogonal(gain: float) =
        positive (nameof gain) gain
        withNumbers "Orthogonal" [ gain ] (OrthogonalRows gain)

    /// Numbers of this type, drawn from a generator: a pure function of its seed and position, of the type and the fans.
    /// Throws DTypeException for other types than Float32 and Float64, ArgumentOutOfRangeException for a fan below 1.
    member _.Draw(generator: Generator, ty: TensorType, fanIn: int, fanOut: int) : Tensor =
        ArgumentNullException.ThrowIfNull generator
        ArgumentOutOfRangeException.ThrowIfLessThan(fanIn, 1)
        ArgumentOutOfRangeException.ThrowIfLessThan(fanOut, 1)

        if not (Scalars.isFloating ty.DType) then
            Labels.dtypeError key [ ty ] $"parameters are no {ty.DType}" "draw Float32 or Float64"

        StartingRules.draw rule (Drawer.plain generator) ty fanIn fanOut

    /// The name, with its numbers, as `Parse` reads it.
    override _.ToString() = key

    override _.GetHashCode() = key.GetHashCode()
    override _.Equals other =
        match other with
        | :? Initialiser as o -> o.ToString() = key
        | _ -> false

    /// Reads what ToString writes. Throws FormatException for anything else.
    static member Parse(text: string) : Initialiser =
        let fail () = raise (FormatException $"\"{text}\" names no initialiser")

        let numbers =
            match text.IndexOf '(' with
            | -1 -> []
            | start when text.EndsWith ')' ->
                [ for part in text.Substring(start + 1, text.Length - start - 2).Split ',' ->
                      match Double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture) with
                      | true, x -> x
                      | _ -> fail () ]
            | _ -> fail ()

        match text.Split('(')[0], numbers with
        | "Constant", [ value ] -> Initialiser.Constant value
        | "Uniform", [ low; high ] -> Initialiser.Uniform(low, high)
        | "Normal", [ deviation ] -> Initialiser.Normal deviation
        | "TruncatedNormal", [ deviation ] -> Initialiser.TruncatedNormal deviation
        | "Orthogonal", [ gain ] -> Initialiser.Orthogonal gain
        | _, [] ->
            [ Initialiser.Zeros
              Initialiser.Ones
              Initialiser.GlorotUniform
              Initialiser.GlorotNormal
              Initialiser.HeUniform
              Initialiser.HeNormal
              Initialiser.LeCunUniform
              Initialiser.LeCunNormal
              Initialiser.NarrowNormal
              Initialiser.UnitForgetGate ]
            |> List.tryFind (fun i -> string i = text)
            |> Option.defaultWith fail
        | _ -> fail ()

    interface IStructure

/// Parameters of layers as they start.
[<RequireQualifiedAccess>]
module internal Initial =
    /// Drawn from the current generator, of the input's data type.
    let draw (input: Layout) (initialiser: Initialiser) (sizes: int list) (fanIn, fanOut) : Tensor =
        initialiser.Draw(Generator.Current, TensorType(input.DType, sizes), fanIn, fanOut)

    /// One number for each channel, all of them alike.
    let forChannels (input: Layout) initialiser =
        let n = input.Channels
        draw input initialiser [ n ] (n, n)

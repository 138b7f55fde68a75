namespace Functional.FSharp

open Functional

/// Functions of each lane by itself. Operands align by label, unformatted ones by position from the last dimension; sizes
/// are equal or 1. NaN gives NaN where nothing else is said. Functions of real numbers throw DTypeException for integers
/// and Bool; ShapeException and TensorFormatException where operands do not align.
[<AutoOpen>]
module ElementwiseFunctions =
    [<RequireQualifiedAccess>]
    module Tensor =
        /// a where the Bool tensor c is true, b elsewhere; a or b may be a number. A derivative flows to the one chosen.
        /// Throws DTypeException where c is not Bool or a and b differ in data type.
        let inline where (c: Tensor) a b : Tensor = Overload.where (Unchecked.defaultof<Overloads>, c, a, b)

        /// The nearest values of another data type: to integers towards zero, saturating, NaN to 0; from Int64 to Int32
        /// the low bits; to Bool x ≠ 0.
        let cast (dtype: DType) (x: Tensor) : Tensor =
            if (given "Cast" x).DType = dtype then x else Elementwise.lift (Cast dtype) [ x ]

        /// The greater of two; NaN where either is, and -0 < 0. At a tie the derivative is halved.
        let maximum (a: Tensor) (b: Tensor) : Tensor = Elementwise.lift Max [ a; b ]

        /// The less of two; NaN where either is, and -0 < 0. At a tie the derivative is halved.
        let minimum (a: Tensor) (b: Tensor) : Tensor = Elementwise.lift Min [ a; b ]

        /// min(max(x, low), high).
        let clamp (low: float) (high: float) (x: Tensor) : Tensor =
            let x = given "Clamp" x
            minimum (maximum x (Tensor.Literal(x.DType, low))) (Tensor.Literal(x.DType, high))

        /// x / |x|; x itself where it is 0 or NaN. The derivative is 0.
        let sign (x: Tensor) : Tensor = Elementwise.lift Sign [ x ]

        /// eˣ - 1, accurate near 0.
        let expm1 (x: Tensor) : Tensor = Elementwise.lift Expm1 [ x ]

        /// ln(1 + x), accurate near 0; NaN below -1.
        let log1p (x: Tensor) : Tensor = Elementwise.lift Log1p [ x ]

        /// The inverse hyperbolic sine.
        let asinh (x: Tensor) : Tensor = Elementwise.lift Asinh [ x ]

        /// NaN below 1.
        let acosh (x: Tensor) : Tensor = Elementwise.lift Acosh [ x ]

        /// NaN outside -1 … 1.
        let atanh (x: Tensor) : Tensor = Elementwise.lift Atanh [ x ]

        /// √(x² + y²) without overflow on the way. The derivative at the origin is 0.
        let hypot (x: Tensor) (y: Tensor) : Tensor = Elementwise.lift Hypot [ x; y ]

        /// The error function, 2/√π ∫₀ˣ exp(-t²) dt.
        let erf (x: Tensor) : Tensor = Elementwise.lift Erf [ x ]

        /// 1 / √x; NaN below 0.
        let rsqrt (x: Tensor) : Tensor = Define.apply Activations.rsqrt [ x ]

        /// 1 / (1 + exp(-x)).
        let sigmoid (x: Tensor) : Tensor = Define.apply Activations.sigmoid [ x ]

        /// ln(1 + eˣ) without overflow.
        let softplus (x: Tensor) : Tensor = Define.apply Activations.softplus [ x ]

        /// max(x, 0). The derivative at 0 is 0.
        let relu (x: Tensor) : Tensor = Define.apply Activations.relu [ x ]

        /// The operand, to derivatives a constant.
        let stopGradient (x: Tensor) : Tensor = Movement.hold x

        /// Both true. Throws DTypeException for other data types than Bool, as the next three do.
        let logicalAnd (a: Tensor) (b: Tensor) : Tensor = Elementwise.lift And [ a; b ]

        /// At least one true.
        let logicalOr (a: Tensor) (b: Tensor) : Tensor = Elementwise.lift Or [ a; b ]

        /// Just one true.
        let logicalXor (a: Tensor) (b: Tensor) : Tensor = Elementwise.lift Xor [ a; b ]

        /// True where a is not. For Bool.
        let logicalNot (a: Tensor) : Tensor = Elementwise.lift Not [ a ]

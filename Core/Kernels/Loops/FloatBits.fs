namespace Functional

open System

/// How floating-point numbers are laid out, and what can be done with their bits, for both types.
module internal FloatBits =
    open Lanewise.Operators

    let isSingle (x: LaneValue) = x.DType = DType.Float32
    let integers (x: LaneValue) = if isSingle x then DType.Int32 else DType.Int64
    let mantissaBits x = if isSingle x then 23 else 52
    let choose x single double = if isSingle x then single else double

    let whole (x: LaneValue) (n: int64) = x.Code.Bits(integers x, n)

    let signBit (x: LaneValue) = x.Code.Bits(x.DType, (if isSingle x then int64 Int32.MinValue else Int64.MinValue))

    let signOf x = Lanewise.bitAnd x (signBit x)

    /// Numbers from this one to its double are one apart, so that adding it rounds to an integer, in the lowest bits.
    let magic x = choose x 12582912. 6755399441055744.

    let magicBits x =
        whole
            x
            (choose
                x
                (int64 (BitConverter.SingleToInt32Bits 12582912f))
                (BitConverter.DoubleToInt64Bits 6755399441055744.))

    let oneBits x = whole x (LaneCode.BitsOf(x.DType, 1.))

    /// 2ⁿ for an exponent of normal numbers.
    let power (x: LaneValue) (n: LaneValue) =
        Lanewise.bits x.DType (Lanewise.shiftLeft (mantissaBits x) (n + whole x (choose x 127L 1023L)))

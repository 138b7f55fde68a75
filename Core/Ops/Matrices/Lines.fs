namespace Functional

open System.Runtime.Intrinsics

/// Runs of numbers in arrays: what factorisations are made of. Four logical lanes on every machine, products and sums rounded
/// apart, so that the bits are the same everywhere.
[<RequireQualifiedAccess>]
module internal Lines =
    let inline private load (x: float array) at = Vector256.LoadUnsafe(&x[at])

    /// y ← y + a · x.
    let addScaled (a: float) (x: float array) x0 (y: float array) y0 n =
        let scale = Vector256.Create a
        let mutable k = 0
        while k <= n - 4 do
            let sum = Vector256.Add(load y (y0 + k), Vector256.Multiply(scale, load x (x0 + k)))
            Vector256.StoreUnsafe(sum, &y[y0 + k])
            k <- k + 4
        while k < n do
            y[y0 + k] <- y[y0 + k] + a * x[x0 + k]
            k <- k + 1

    /// Σ x · y: lane by lane, then the lanes, then what is left of four.
    let dot (x: float array) x0 (y: float array) y0 n : float =
        let mutable sums = Vector256<float>.Zero
        let mutable k = 0
        while k <= n - 4 do
            sums <- Vector256.Add(sums, Vector256.Multiply(load x (x0 + k), load y (y0 + k)))
            k <- k + 4
        let mutable total = (sums.GetElement 0 + sums.GetElement 1) + (sums.GetElement 2 + sums.GetElement 3)
        while k < n do
            total <- total + x[x0 + k] * y[y0 + k]
            k <- k + 1
        total

    /// x ← c · x - s · y and y ← s · x + c · y.
    let rotate (c: float) (s: float) (x: float array) x0 (y: float array) y0 n =
        let cs, ss = Vector256.Create c, Vector256.Create s
        let mutable k = 0
        while k <= n - 4 do
            let a, b = load x (x0 + k), load y (y0 + k)
            Vector256.StoreUnsafe(Vector256.Subtract(Vector256.Multiply(cs, a), Vector256.Multiply(ss, b)), &x[x0 + k])
            Vector256.StoreUnsafe(Vector256.Add(Vector256.Multiply(ss, a), Vector256.Multiply(cs, b)), &y[y0 + k])
            k <- k + 4
        while k < n do
            let a, b = x[x0 + k], y[y0 + k]
            x[x0 + k] <- c * a - s * b
            y[y0 + k] <- s * a + c * b
            k <- k + 1

    /// x ← a · x.
    let scale (a: float) (x: float array) x0 n =
        for k in x0 .. x0 + n - 1 do
            x[k] <- a * x[k]

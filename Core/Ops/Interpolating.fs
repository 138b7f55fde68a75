namespace Functional

open System

/// What runs between given points.
type InterpolationMethod =
    /// A line.
    | Linear = 0
    /// The nearer point; of two equally near ones the first.
    | Nearest = 1
    /// The point before.
    | Previous = 2
    /// The point after.
    | Next = 3
    /// A cubic that keeps the order of the points (F. N. Fritsch and J. Butland, 1984): no overshoot, a continuous slope.
    | Pchip = 4

/// What stands beyond the first and the last point.
type Beyond =
    /// NaN.
    | NaN = 0
    /// The nearest point's value.
    | Clamp = 1
    /// What the outermost piece would give.
    | Extrapolate = 2

/// Interpolation along one dimension.
[<RequireQualifiedAccess>]
module internal Interpolating =
    let private literal (like: Tensor) x = Tensor.Literal(like.DType, x)
    let private where mask a b = Elementwise.lift Where [ mask; a; b ]
    let private equal (a: Tensor) b = Elementwise.lift Equal [ a; b ]

    /// Weights of a three-point slope at the ends, kept to the shape of the data (Moler, "Numerical Computing with MATLAB", §3.4).
    let private edge (h0: Tensor) (h1: Tensor) (d0: Tensor) (d1: Tensor) : Tensor =
        let slope = ((2. * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
        let sign (x: Tensor) = Elementwise.lift Sign [ x ]
        let turns = Elementwise.lift Not [ equal (sign slope) (sign d0) ]
        let opposite = Elementwise.lift Not [ equal (sign d0) (sign d1) ]
        let steep = Elementwise.lift Less [ 3. * Tensor.Abs d0; Tensor.Abs slope ]
        where turns (literal slope 0.) (where (Elementwise.lift And [ opposite; steep ]) (3. * d0) slope)

    /// Slopes at the points: [n; m] for values [n; m] at places [n; 1].
    let private slopes (x: Tensor) (y: Tensor) : Tensor =
        let n = x.Type.Sizes[0]
        let part first count t = Scans.part 0 first count t
        let h = part 1 (n - 1) x - part 0 (n - 1) x
        let d = (part 1 (n - 1) y - part 0 (n - 1) y) / h
        if n = 2 then
            Define.apply (Movement.concat 0) [ d; d ]
        else
            let h0, h1, d0, d1 = part 0 (n - 2) h, part 1 (n - 2) h, part 0 (n - 2) d, part 1 (n - 2) d
            let w0, w1 = 2. * h1 + h0, h1 + 2. * h0
            let isMonotone = Elementwise.lift Less [ literal d 0.; d0 * d1 ]
            // Where the slopes differ in sign their quotients are not to be looked at, nor differentiated.
            let safe t = where isMonotone t (literal t 1.)
            let inner = where isMonotone ((w0 + w1) / (w0 / safe d0 + w1 / safe d1)) (literal d 0.)
            let first = edge (part 0 1 h) (part 1 1 h) (part 0 1 d) (part 1 1 d)
            let last = edge (part (n - 2) 1 h) (part (n - 3) 1 h) (part (n - 2) 1 d) (part (n - 3) 1 d)
            Define.apply (Movement.concat 0) [ first; inner; last ]

    /// Values [n; …] at ascending places [n] → values at the queries [q…]: [q…; …].
    let along
        (method: InterpolationMethod)
        (beyond: Beyond)
        (Given "Interpolate" x)
        (Given "Interpolate" y)
        (Given "Interpolate" query)
        : Tensor =
        let types = [ x.Type; y.Type; query.Type ]
        if not (Enum.IsDefined<InterpolationMethod> method) then
            raise (ArgumentOutOfRangeException(nameof method, method, "there is no such method"))
        if not (Enum.IsDefined<Beyond> beyond) then
            raise (ArgumentOutOfRangeException(nameof beyond, beyond, "there is nothing such"))
        for t in types do
            if not (Scalars.isFloating t.DType) || t.DType <> x.DType then
                Labels.dtypeError
                    "Interpolate"
                    types
                    "places, values and queries are not of one type of fractions"
                    "cast them to one"
        if x.Rank <> 1 || y.Rank < 1 || y.Type.Sizes[0] <> x.Count then
            Labels.shapeError
                "Interpolate"
                types
                "there is not a value, along its first dimension, for each place"
                "give places [n] and values [n; …]"
        let n = x.Count
        if n < 2 then
            Labels.shapeError "Interpolate" types "nothing lies between fewer than two points" "give two points or more"

        let rest = List.ofArray y.Type.Sizes[1..]
        let m = rest |> List.fold (*) 1
        let count = query.Count
        let places = Arranging.resized [ n ] Format.None x
        let values = Arranging.resized [ n; m ] Format.None y
        let q = Arranging.resized [ count ] Format.None query
        let column (t: Tensor) = Arranging.resized [ t.Count; 1 ] Format.None t
        let after = Searching.places true q places
        let limit low high (t: Tensor) =
            Elementwise.lift Max [ literal t low; Elementwise.lift Min [ t; literal t high ] ]
        let first = limit 0. (float (n - 2)) (after - 1.)
        let second = first + 1.
        let at k t = Gathering.gatherAt 0 k t
        let ends = [ Scans.part 0 0 1 places; Scans.part 0 (n - 1) 1 places ]
        let isBefore, isAfter = Elementwise.lift Less [ q; ends[0] ], Elementwise.lift Less [ ends[1]; q ]
        let inside = if beyond = Beyond.Clamp then where isBefore ends[0] (where isAfter ends[1] q) else q
        let x0, x1, y0, y1 = column (at first places), column (at second places), at first values, at second values
        let t = (column inside - x0) / (x1 - x0)

        let found =
            match method with
            | InterpolationMethod.Linear -> y0 + t * (y1 - y0)
            | InterpolationMethod.Nearest -> where (Elementwise.lift LessEqual [ t; literal t 0.5 ]) y0 y1
            | InterpolationMethod.Previous -> where (Elementwise.lift Less [ t; literal t 1. ]) y0 y1
            | InterpolationMethod.Next -> where (Elementwise.lift LessEqual [ t; literal t 0. ]) y0 y1
            | _ ->
                let s = slopes (column places) values
                let s0, s1, h = at first s, at second s, x1 - x0
                let t2 = t * t
                let t3 = t2 * t
                (2. * t3 - 3. * t2 + 1.) * y0
                + (t3 - 2. * t2 + t) * h * s0
                + (3. * t2 - 2. * t3) * y1
                + (t3 - t2) * h * s1
        // A query that is NaN has no answer, whatever the method.
        let isNaN = Elementwise.isNaN q
        let isOutside =
            if beyond = Beyond.NaN then
                Elementwise.lift Or [ isNaN; Elementwise.lift Or [ isBefore; isAfter ] ]
            else
                isNaN
        let format =
            if query.Format.IsNone && y.Format.IsNone then
                Format.None
            else
                let own (t: Tensor) = if t.Format.IsNone then String('U', t.Rank) else t.Format.Labels
                Format.Parse(own query + (own y)[1..])
        where (column isOutside) (literal found nan) found
        |> Arranging.resized (List.ofArray query.Type.Sizes @ rest) format

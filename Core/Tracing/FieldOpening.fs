namespace Functional

open System
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices

/// Opens values by their instance fields, those of parent types first. The code is emitted when it is first used, where the
/// runtime can; elsewhere fields are reached by reflection.
[<Sealed; AllowNullLiteral(false)>]
type internal FieldOpening<'T>() =
    inherit Opening<'T>(typeof<'T>)

    let rec fieldsOf (ty: Type) : FieldInfo list =
        let all =
            BindingFlags.Instance
            ||| BindingFlags.Public
            ||| BindingFlags.NonPublic
            ||| BindingFlags.DeclaredOnly

        match ty.BaseType with
        | null -> List.ofArray (ty.GetFields all)
        | parent -> fieldsOf parent @ List.ofArray (ty.GetFields all)

    let fields = Array.ofList (fieldsOf typeof<'T>)

    static let clone =
        typeof<obj>.GetMethod("MemberwiseClone", BindingFlags.Instance ||| BindingFlags.NonPublic)
        |> nonNull

    static let part (visitor: Type) = visitor.GetMethod "Part" |> nonNull

    let ofParts (ty: Type) name =
        typedefof<Parts<_>>
            .MakeGenericType(ty)
            .GetMethod(name, BindingFlags.Static ||| BindingFlags.NonPublic ||| BindingFlags.Public)
        |> nonNull

    /// Compilers call the field of a property <Name>k__BackingField or Name@; tuples call it m_Item1.
    let nameOf (field: FieldInfo) =
        match field.Name.IndexOf '>' with
        | stop when stop > 1 -> field.Name.Substring(1, stop - 1)
        | _ when typeof<ITuple>.IsAssignableFrom typeof<'T> && field.Name.StartsWith "m_" -> field.Name.Substring 2
        | _ -> field.Name.TrimEnd '@'

    let isMarked (item: ICustomAttributeProvider) = item.IsDefined(typeof<StateAttribute>, true)

    /// The attribute of a positional parameter, in C#, and of an F# class's parameter belongs to the constructor.
    let isState (field: FieldInfo) =
        let owner, name = nonNull field.DeclaringType, nameOf field
        let all = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic
        let isSame (other: string | null) = String.Equals(name, other, StringComparison.Ordinal)

        isMarked field
        || owner.GetProperties all |> Array.exists (fun p -> isSame p.Name && isMarked p)
        || owner.GetConstructors all
           |> Array.exists (fun c -> c.GetParameters() |> Array.exists (fun p -> isSame p.Name && isMarked p))

    let states = Array.map isState fields

    /// What happens to a field; for one that is state, if the visitor or source that is argument 1 lets it.
    let emitEntered (il: ILGenerator) (owner: Type) k (emit: FieldInfo -> unit) =
        if states[k] then
            let after = il.DefineLabel()
            il.Emit OpCodes.Ldarg_1
            il.Emit(OpCodes.Callvirt, nonNull (owner.GetMethod "EnterState"))
            il.Emit(OpCodes.Brfalse, after)
            emit fields[k]
            il.Emit OpCodes.Ldarg_1
            il.Emit(OpCodes.Callvirt, nonNull (owner.GetMethod "LeaveState"))
            il.MarkLabel after
        else
            emit fields[k]

    let dynamicMethod name result second =
        let code = DynamicMethod(name, result, [| typeof<'T>; second |], typeof<Opening>.Module, true) in
        code, code.GetILGenerator()

    let emitShow () : Action<'T, PartVisitor> =
        let code, il = dynamicMethod "Show" typeof<Void> typeof<PartVisitor>

        let show (field: FieldInfo) =
            if field.FieldType.IsValueType then
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldfld, field)
                il.Emit OpCodes.Ldarg_1
                il.Emit(OpCodes.Call, ofParts field.FieldType "Show")
            else
                il.Emit OpCodes.Ldarg_1
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldfld, field)
                il.Emit(OpCodes.Callvirt, part typeof<PartVisitor>)

        for k in 0 .. fields.Length - 1 do
            emitEntered il typeof<PartVisitor> k show

        il.Emit OpCodes.Ret
        code.CreateDelegate<Action<'T, PartVisitor>>()

    let isFixed (ty: Type) = ty.IsPrimitive || ty.IsEnum || ty = typeof<string>

    let emitReplace () : Func<'T, PartSource, 'T> =
        let code, il = dynamicMethod "Replace" typeof<'T> typeof<PartSource>
        let copy = il.DeclareLocal typeof<'T>
        il.Emit OpCodes.Ldarg_0

        if not typeof<'T>.IsValueType then
            il.Emit(OpCodes.Call, clone)
            il.Emit(OpCodes.Castclass, typeof<'T>)

        il.Emit(OpCodes.Stloc, copy)

        let replace (field: FieldInfo) =
            il.Emit((if typeof<'T>.IsValueType then OpCodes.Ldloca else OpCodes.Ldloc), copy)

            if field.FieldType.IsValueType then
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldfld, field)
                il.Emit OpCodes.Ldarg_1
                il.Emit(OpCodes.Call, ofParts field.FieldType "Replace")
            else
                il.Emit OpCodes.Ldarg_1
                il.Emit OpCodes.Ldarg_0
                il.Emit(OpCodes.Ldfld, field)
                il.Emit(OpCodes.Callvirt, part typeof<PartSource>)
                il.Emit(OpCodes.Castclass, field.FieldType)

            il.Emit(OpCodes.Stfld, field)

        for k in 0 .. fields.Length - 1 do
            if not (isFixed fields[k].FieldType) then emitEntered il typeof<PartSource> k replace

        il.Emit(OpCodes.Ldloc, copy)
        il.Emit OpCodes.Ret
        code.CreateDelegate<Func<'T, PartSource, 'T>>()

    let reflectShow (x: 'T) (visitor: PartVisitor) =
        for k in 0 .. fields.Length - 1 do
            if not states[k] then
                visitor.Part(fields[k].GetValue(box x))
            elif visitor.EnterState() then
                visitor.Part(fields[k].GetValue(box x))
                visitor.LeaveState()

    let reflectReplace (x: 'T) (source: PartSource) : 'T =
        let copy = clone.Invoke(x, [||])
        let replace (field: FieldInfo) = field.SetValue(copy, source.Part(field.GetValue(box x)))

        for k in 0 .. fields.Length - 1 do
            if not states[k] then
                replace fields[k]
            elif source.EnterState() then
                replace fields[k]
                source.LeaveState()

        unbox<'T> copy

    let emitted (emit: unit -> 'D) (reflect: 'D) : 'D =
        if RuntimeFeature.IsDynamicCodeSupported then
            try
                emit ()
            with
            | :? NotSupportedException
            | :? ArgumentException
            | :? TypeLoadException -> reflect
        else
            reflect

    let show = lazy emitted emitShow (Action<_, _>(reflectShow))
    let replace = lazy emitted emitReplace (Func<_, _, _>(reflectReplace))

    override _.PartName k = "." + nameOf fields[k]
    override _.ShowValue(x, visitor) = show.Value.Invoke(x, visitor)
    override _.ReplaceValue(x, source) = replace.Value.Invoke(x, source)

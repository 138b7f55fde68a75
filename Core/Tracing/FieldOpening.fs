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

    let dynamicMethod name result second =
        let code = DynamicMethod(name, result, [| typeof<'T>; second |], typeof<Opening>.Module, true) in
        code, code.GetILGenerator()

    let emitShow () : Action<'T, PartVisitor> =
        let code, il = dynamicMethod "Show" typeof<Void> typeof<PartVisitor>

        for field in fields do
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

        for field in fields do
            if not (isFixed field.FieldType) then
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

        il.Emit(OpCodes.Ldloc, copy)
        il.Emit OpCodes.Ret
        code.CreateDelegate<Func<'T, PartSource, 'T>>()

    let reflectShow (x: 'T) (visitor: PartVisitor) =
        for field in fields do
            visitor.Part(field.GetValue(box x))

    let reflectReplace (x: 'T) (source: PartSource) : 'T =
        let copy = clone.Invoke(x, [||])
        for field in fields do
            field.SetValue(copy, source.Part(field.GetValue(box x)))
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

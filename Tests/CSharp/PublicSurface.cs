using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>What a C# user sees of the library: by reflection.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static Assembly Core { get; } = typeof(Tensor).Assembly;

    public static Assembly Facade { get; } = typeof(Accelerate).Assembly;

    private static readonly Assembly[] Others = [typeof(CsvFile).Assembly, typeof(TrainingView).Assembly];

    /// <summary>The types that <c>using Functional;</c> shows.</summary>
    public static IEnumerable<Type> CSharpTypes =>
        Core.GetExportedTypes().Concat(Facade.GetExportedTypes()).Concat(Others.SelectMany(other => other.GetExportedTypes()))
            .Where(type => type.Namespace == "Functional");

    /// <summary>Public and protected members, written by hand or generated.</summary>
    public static IEnumerable<MemberInfo> Members(Type type) => type.GetMembers(Declared).Where(IsVisible);

    public static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(true).Any(IsVisible),
        EventInfo happening => happening.AddMethod is { } add && IsVisible(add),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        Type nested => nested.IsNestedPublic || nested.IsNestedFamily,
        _ => false,
    };

    /// <summary>
    /// Made by a compiler: the groups that C# keeps extension members in, the witnesses that F# passes, the numbers of a union's
    /// cases, and such.
    /// </summary>
    public static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute))
        || member is Type { IsNested: true, Name: "Tags" }
        || member.Name.Contains('<')
        || member.Name.Contains("$W", StringComparison.Ordinal)
        || (member.DeclaringType is { } outer && IsGenerated(outer));

    /// <summary>Public for the compiler's sake only.</summary>
    public static bool IsHidden(MemberInfo member) =>
        member.GetCustomAttribute<EditorBrowsableAttribute>()?.State == EditorBrowsableState.Never;

    /// <summary>The types in a member's signature, without their type arguments.</summary>
    public static IEnumerable<Type> TypesOf(MemberInfo member) => (member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(p => p.ParameterType)],
        ConstructorInfo constructor => [.. constructor.GetParameters().Select(p => p.ParameterType)],
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        EventInfo happening => [happening.EventHandlerType!],
        Type nested => Ancestry(nested),
        _ => Enumerable.Empty<Type>(),
    }).SelectMany(Parts);

    public static IEnumerable<Type> Ancestry(Type type) =>
        type.BaseType is { } parent ? [parent, .. type.GetInterfaces()] : type.GetInterfaces();

    /// <summary>The type itself, and its element type or its type arguments.</summary>
    public static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type.GetGenericTypeDefinition())
        : [type];

    public static void AssertNone(IEnumerable<string> offences)
    {
        string[] found = [.. offences.Distinct()];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}

using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Xunit;

namespace Functional.CSharp.Tests;

/// <summary>Every public type and member says what it means.</summary>
public class DocumentationTests
{
    /// <summary>Words of the glossary: what they mean stands in the comment of their type.</summary>
    private static readonly HashSet<string> Glossary =
        [
        "DType", "Format", "IsNone", "Labels", "None", "Operands", "Rank", "Remedy", "Seed", "Shape", "Type",
        .. Enum.GetNames<DType>(),
    ];

    private static readonly HashSet<string> MathNames = [.. typeof(Math).GetMethods().Select(method => method.Name)];

    public static TheoryData<string> Assemblies => ["Functional", "Functional.CSharp", "Functional.Data", "Functional.Monitoring"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void DocumentsEveryPublicMember(string name)
    {
        var documented = Documented(name);
        var missing =
            from type in Assembly.Load(name).GetExportedTypes()
            where !PublicSurface.IsGenerated(type) && !PublicSurface.IsHidden(type)
            from member in PublicSurface.Members(type).Where(member => member is not Type).Prepend(type).Where(NeedsWords)
            let id = Id(member)
            where !documented.Contains(id)
            select id;

        PublicSurface.AssertNone(missing);
    }

    /// <summary>The ids of the members that have a text, without their parameters.</summary>
    private static HashSet<string> Documented(string assembly)
    {
        var file = XDocument.Load(Path.Combine(AppContext.BaseDirectory, assembly + ".xml"));
        return [.. from member in file.Descendants("member")
                   where !string.IsNullOrWhiteSpace(member.Value) || member.Element("inheritdoc") is not null
                   select member.Attribute("name")!.Value.Split('(')[0]];
    }

    /// <summary>
    /// Not: what a compiler adds, what repeats a base's contract, constructors (their type speaks) and accessors (their
    /// property does), operators and functions of System.Math's names (they mean what they mean for numbers), and modules
    /// in one that F# opens by itself (it speaks for them).
    /// </summary>
    private static bool NeedsWords(MemberInfo member) => member switch
    {
        _ when PublicSurface.IsGenerated(member) || Glossary.Contains(member.Name) => false,
        MethodInfo method => !method.IsSpecialName && !Overrides(method) && !MathNames.Contains(method.Name),
        PropertyInfo property => !Overrides(property.GetAccessors(true)[0]),
        FieldInfo field => !field.IsSpecialName,
        ConstructorInfo => false,
        Type { DeclaringType: { } outer } => outer.CustomAttributes.All(a => a.AttributeType.Name != "AutoOpenAttribute"),
        _ => true,
    };

    private static bool Overrides(MethodInfo method) => method.GetBaseDefinition().DeclaringType != method.DeclaringType;

    private static string Id(MemberInfo member) => member switch
    {
        Type type => "T:" + NameOf(type),
        MethodInfo method => "M:" + NameOf(method.DeclaringType!) + "." + method.Name + Arity(method),
        PropertyInfo property => "P:" + NameOf(property.DeclaringType!) + "." + property.Name,
        FieldInfo field => "F:" + NameOf(field.DeclaringType!) + "." + field.Name,
        _ => "E:" + NameOf(member.DeclaringType!) + "." + member.Name,
    };

    private static string Arity(MethodInfo method) =>
        method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "";

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');
}

using System.Text.Json;
using Vektagraf.Collections;

namespace Vektagraf.Server.Samples;

public class DotnetDocsReaderTests
{
    private const string Document = """
        <?xml version="1.0" encoding="utf-8"?>
        <doc><assembly><name>Sample</name></assembly><members>
          <member name="T:A.B.Outer`1"><summary>An outer
             <see cref="T:System.IO.Stream" />.</summary><typeparam name="TItem">Item.</typeparam></member>
          <member name="T:A.B.Outer`1.Inner`1"><summary>Inner.</summary><typeparam name="TKey">Key.</typeparam></member>
          <member name="T:A.B.Plain"><summary><para>First.</para><para>Second: <c>x</c>.</para></summary></member>
          <!-- a comment -->
          <member name="M:A.B.Outer`1.Inner`1.Find``1(`0,System.Collections.Generic.Dictionary{`1,``0}.KeyCollection,System.Int32@,System.Byte[0:,0:][])">
            <summary>Finds <paramref name="item" /> or <see langword="null" />, see <see href="https://example.org">the page</see>.</summary>
            <param name="item">What <typeparamref name="TItem" />.</param><param name="keys" /><typeparam name="TOther">Other.</typeparam>
            <exception cref="T:System.Exception">Never.</exception><returns><see langword="true" /> if found.</returns></member>
          <member name="M:A.B.Plain.#ctor"><summary /></member>
          <member name="M:A.B.Plain.#ctor(System.Nullable{System.Int32})" />
          <member name="M:A.B.Plain.op_Explicit(A.B.Plain)~System.Int32"><summary>Converts.</summary></member>
          <member name="M:A.B.Plain.System#Collections#Generic#IEnumerable{System#String}#GetEnumerator"><summary>Enumerates.</summary></member>
          <member name="P:A.B.Plain.Item(System.Int32)"><summary>Gets.</summary><value>The item.</value></member>
          <member name="F:A.B.Plain.Zero"><summary>Zero &lt; one.</summary></member>
          <member name="E:A.B.Plain.Changed"><summary>Raised.</summary></member>
          <member name="T:Global"><summary>Without namespace.</summary></member>
          <member name="P:A.Hidden.Value"><summary>Of a type that is not documented.</summary></member>
          <member name="F:A.B.Plain.Zero"><summary>Once more.</summary></member>
          <member name="!:A.B.Broken"><summary>No kind.</summary></member>
          <member><summary>No name.</summary></member>
        </members></doc>
        """;

    [Theory]
    [InlineData("T:A.B.Outer`1", "type", "A.B", "Outer<TItem>", "Outer<TItem>", "Outer<TItem>", "An outer Stream.")]
    [InlineData("T:A.B.Outer`1.Inner`1", "type", "A.B", "Outer<TItem>.Inner<TKey>", "Outer<TItem>.Inner<TKey>", "Outer<TItem>.Inner<TKey>", "Inner.")]
    [InlineData("T:A.B.Plain", "type", "A.B", "Plain", "Plain", "Plain", "First. Second: x.")]
    [InlineData("M:A.B.Outer`1.Inner`1.Find``1(", "method", "A.B", "Outer<TItem>.Inner<TKey>", "Outer<TItem>.Inner<TKey>.Find<TOther>",
        "Outer<TItem>.Inner<TKey>.Find<TOther>(TItem, Dictionary<TKey, TOther>.KeyCollection, ref Int32, Byte[,][])",
        "Finds item or null, see the page.")]
    [InlineData("M:A.B.Plain.#ctor", "method", "A.B", "Plain", "Plain", "Plain()", "")]
    [InlineData("M:A.B.Plain.#ctor(", "method", "A.B", "Plain", "Plain", "Plain(Nullable<Int32>)", "")]
    [InlineData("M:A.B.Plain.op_Explicit(", "method", "A.B", "Plain", "Plain.operator Explicit", "Plain.operator Explicit(Plain) to Int32", "Converts.")]
    [InlineData("M:A.B.Plain.System#", "method", "A.B", "Plain", "Plain.IEnumerable<String>.GetEnumerator",
        "Plain.IEnumerable<String>.GetEnumerator()", "Enumerates.")]
    [InlineData("P:A.B.Plain.Item(", "property", "A.B", "Plain", "Plain.Item", "Plain.Item(Int32)", "Gets.")]
    [InlineData("F:A.B.Plain.Zero", "field", "A.B", "Plain", "Plain.Zero", "Plain.Zero", "Zero < one.")]
    [InlineData("E:A.B.Plain.Changed", "event", "A.B", "Plain", "Plain.Changed", "Plain.Changed", "Raised.")]
    [InlineData("T:Global", "type", "", "Global", "Global", "Global", "Without namespace.")]
    [InlineData("P:A.Hidden.Value", "property", "A", "Hidden", "Hidden.Value", "Hidden.Value", "Of a type that is not documented.")]
    public void Read_WhenDocumented_DerivesNamespaceTypeAndText(
        string idStart, string kind, string @namespace, string type, string name, string title, string summary)
    {
        DotnetDocMember member = Read(Document).First(m => m.Id.StartsWith(idStart, StringComparison.Ordinal) && m.Title == title);
        Assert.Equal((kind, @namespace, type, name, summary), (member.Kind, member.Namespace, member.Type, member.Name, member.Summary));
        Assert.Equal(("Sample", "10.0"), (member.Assembly, member.Since));
    }

    [Fact]
    public void Read_WhenDocumented_TakesParametersAndReturns()
    {
        DotnetDocMember member = Read(Document).Single(m => m.Name.EndsWith("Find<TOther>", StringComparison.Ordinal));
        Assert.Equal(["item: What TItem.", "keys"], member.Parameters);
        Assert.Equal("true if found.", member.Returns);
    }

    [Fact]
    public void Read_WhenAnIdRepeatsOrIsInvalid_GivesEachValidOneOnce()
    {
        List<DotnetDocMember> members = Read(Document);
        Assert.Equal(13, members.Count);
        Assert.Equal(13, members.Select(member => member.Id).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("<doc><members><member name='T:A'>")]
    [InlineData("no xml")]
    [InlineData("<!DOCTYPE doc [<!ENTITY x 'y'>]><doc>&x;</doc>")]
    public void Read_WhenNotWellFormed_NamesTheFile(string document)
    {
        VektagrafException error = Assert.Throws<VektagrafException>(() => Read(document));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("Sample.xml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenCanceled_Throws()
    {
        using TemporaryFolder folder = new();
        folder.Write("Sample.xml", Document);
        DotnetReferencePack pack = new(folder.Path, "10.0.1", "net10.0");
        Assert.ThrowsAny<OperationCanceledException>(() => DotnetDocsReader.Read(pack, new CancellationToken(canceled: true)).Count());
    }

    [Fact]
    public void WriteProperties_WhenWritten_HoldsEveryDeclaredFieldWithItsType()
    {
        DotnetDocMember member = Read(Document).Single(m => m.Name.EndsWith("Find<TOther>", StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(Json(member));
        foreach ((string name, FieldDefinition field) in DotnetDocsCollection.Definition.Fields)
        {
            JsonValueKind kind = field.Type == FieldType.StringArray ? JsonValueKind.Array : JsonValueKind.String;
            Assert.Equal(kind, json.RootElement.GetProperty(name).ValueKind);
        }

        Assert.Equal(DotnetDocsCollection.Definition.Fields.Count, json.RootElement.EnumerateObject().Count());
        string joined = string.Join('\n', DotnetDocsCollection.EmbeddedProperties.Select(name => json.RootElement.GetProperty(name).GetString()));
        Assert.Equal(joined, DotnetDocsCollection.TextOf(member));
    }

    [Fact]
    public void WriteProperties_WhenNothingIsSaid_LeavesThePropertyOut()
    {
        DotnetDocMember member = Read(Document).First(m => m.Title == "Plain()");
        using JsonDocument json = JsonDocument.Parse(Json(member));
        Assert.Equal(
            ["assembly", "kind", "name", "namespace", "since", "title", "type"],
            json.RootElement.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
    }

    private static List<DotnetDocMember> Read(string document)
    {
        using TemporaryFolder folder = new();
        folder.Write("Sample.xml", document);
        return [.. DotnetDocsReader.Read(new DotnetReferencePack(folder.Path, "10.0.1", "net10.0"))];
    }

    private static byte[] Json(DotnetDocMember member)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            member.WriteProperties(writer);
        }

        return stream.ToArray();
    }
}

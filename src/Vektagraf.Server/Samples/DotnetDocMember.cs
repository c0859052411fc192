using System.Text.Json;

namespace Vektagraf.Server.Samples;

/// <summary>One documented member of the .NET class library.</summary>
public sealed record DotnetDocMember
{
    /// <summary>The member's documentation id, such as <c>M:System.IO.File.ReadAllText(System.String)</c>; see <see cref="DotnetMemberId.ToObjectId"/>.</summary>
    public required string Id { get; init; }

    /// <summary><c>type</c>, <c>method</c> (constructors and operators too), <c>property</c>, <c>field</c> or <c>event</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Namespace of the outermost type, such as <c>System.IO</c>; empty for the global one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The type itself or the type that declares the member, without namespace, such as <c>Dictionary&lt;TKey, TValue&gt;.Enumerator</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Name of the documentation file without extension: the assembly that documents the member.</summary>
    public required string Assembly { get; init; }

    /// <summary>The signature without parameters, such as <c>File.ReadAllText</c>: all overloads share it, so results can be grouped by it.</summary>
    public required string Name { get; init; }

    /// <summary>Readable signature, such as <c>File.ReadAllText(String)</c>.</summary>
    public required string Title { get; init; }

    /// <summary>What the member does; empty where the documentation gives no summary.</summary>
    public required string Summary { get; init; }

    /// <summary>One entry per parameter, <c>name: text</c>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>What a call returns; empty where not documented.</summary>
    public string Returns { get; init; } = "";

    /// <summary>
    /// Version of the reference pack the member was read from, such as <c>10.0</c>. The documentation does not record in which version
    /// a member first appeared, so this says: present in this version, and perhaps in earlier ones.
    /// </summary>
    public required string Since { get; init; }

    /// <summary>Writes the object's <c>properties</c> as one JSON object; properties without a value are left out.</summary>
    /// <param name="writer">Where the object goes.</param>
    public void WriteProperties(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("name"u8, Name);
        writer.WriteString("title"u8, Title);
        WriteUnlessEmpty(writer, "summary"u8, Summary);
        writer.WriteString("kind"u8, Kind);
        writer.WriteString("namespace"u8, Namespace);
        writer.WriteString("type"u8, Type);
        writer.WriteString("assembly"u8, Assembly);
        if (Parameters.Count > 0)
        {
            writer.WriteStartArray("parameters"u8);
            foreach (string parameter in Parameters)
            {
                writer.WriteStringValue(parameter);
            }

            writer.WriteEndArray();
        }

        WriteUnlessEmpty(writer, "returns"u8, Returns);
        writer.WriteString("since"u8, Since);
        writer.WriteEndObject();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string value)
    {
        if (value.Length > 0)
        {
            writer.WriteString(name, value);
        }
    }
}

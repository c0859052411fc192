using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Collections;

/// <summary>Makes the vectors of one field from the text of its source properties.</summary>
internal abstract class FieldEmbedder
{
    private readonly FilterField[] _sources;

    protected FieldEmbedder(string field, VectorFieldDefinition definition)
    {
        Field = field;
        Definition = definition;
        _sources = [.. (definition.From ?? []).Select(name => new FilterField(FilterPath.Property(name), declaredType: null))];
    }

    /// <summary>The vector field.</summary>
    public string Field { get; }

    protected VectorFieldDefinition Definition { get; }

    /// <summary>Embeds a text.</summary>
    /// <returns>The vector; null where the text has no word to embed, or there is no model yet.</returns>
    public abstract Task<NamedVector?> EmbedAsync(string text, CancellationToken cancellationToken);

    /// <summary>The text of an object: one line for each source property, in their order.</summary>
    /// <param name="properties">Its properties: one JSON object in UTF-8.</param>
    public string TextOf(ReadOnlySpan<byte> properties)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _sources.Length; i++)
        {
            if (i > 0)
            {
                text.Append('\n');
            }

            var value = JsonFieldReader.Read(properties, _sources[i]);
            _ = value.Kind switch
            {
                // A line break inside a property must not make its rest look like the next one.
                FieldValueKind.String => text.Append(value.AsString.ReplaceLineEndings(" ")),
                FieldValueKind.StringArray => text.AppendJoin(' ', value.AsStringArray.Select(s => s.ReplaceLineEndings(" "))),
                FieldValueKind.Number => text.Append(CultureInfo.InvariantCulture, $"{value.AsNumber}"),
                _ => text,
            };
        }

        return text.ToString();
    }
}

/// <summary>Embeds with a generator that the host supplied.</summary>
internal sealed class SuppliedEmbedder(string field, VectorFieldDefinition definition, IEmbeddingGenerator<string, Embedding<float>> generator)
    : FieldEmbedder(field, definition)
{
    private const byte OnlyVersion = 1;

    public override async Task<NamedVector?> EmbedAsync(string text, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var embedding = await generator.GenerateAsync(text, cancellationToken: cancellationToken);
        return VectorJson.Problem(embedding.Vector.Span, Definition) is { } problem
            ? throw new VektagrafException(ErrorKind.Invalid, "generator-mismatch", $"The generator '{Definition.Generator}' does not fit field '{Field}': {problem}")
            : new NamedVector(Field, embedding.Vector, OnlyVersion);
    }
}

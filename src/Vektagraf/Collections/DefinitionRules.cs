using System.Globalization;

namespace Vektagraf.Collections;

/// <summary>What a collection definition must satisfy, and which changes an existing collection can take.</summary>
internal static class DefinitionRules
{
    /// <summary>Throws with everything that is wrong with a definition.</summary>
    public static void Validate(CollectionDefinition definition)
    {
        var errors = new ValidationErrors();
        CheckRange(errors, "/shards", definition.Shards, 1, Limits.MaxShards);
        CheckRange(errors, "/objective/k", definition.Objective.K, 1, Limits.MaxK);
        if (definition.Objective.Recall is not (> 0 and <= 1))
        {
            errors.Add("/objective/recall", "Recall is above 0 and at most 1.");
        }

        CheckRange(errors, "/vectors", definition.Vectors.Count, 0, Limits.MaxVectorFields);
        CheckRange(errors, "/sparse", definition.Sparse?.Count ?? 0, 0, Limits.MaxSparseFields);
        CheckRange(errors, "/fields", definition.Fields.Count, 0, Limits.MaxFields);
        foreach (var (name, field) in definition.Vectors)
        {
            CheckVectorField(errors, definition, name, field);
        }

        foreach (var name in definition.SparseNames)
        {
            CheckName(errors, "/sparse/", name);
            if (definition.Sparse![name] is null)
            {
                errors.Add("/sparse/" + ValidationErrors.Escape(name), "A sparse vector field is an object: {}. Null only drops one, in a patch.");
            }
        }

        foreach (var (name, field) in definition.Fields)
        {
            CheckName(errors, "/fields/", name);
            if (field is null)
            {
                errors.Add("/fields/" + ValidationErrors.Escape(name), "A field is an object: { \"type\": … }. Null only drops one, in a patch.");
            }
            else if (string.Equals(name, "id", StringComparison.Ordinal))
            {
                errors.Add("/fields/id", "Every object has an id already, and filters know it. Choose another name.");
            }
            else if (string.Equals(name, "type", StringComparison.Ordinal) && field.Type != FieldType.String)
            {
                errors.Add("/fields/type", "A declared field 'type' takes the place of the object's type in filters, so it must be a string.");
            }
        }

        errors.ThrowIfAny("invalid-definition", "The collection definition is not valid.");
    }

    /// <summary>Throws for a collection name that cannot be part of a URL and of storage keys.</summary>
    public static void ValidateName(string name)
    {
        var isValid = name.Length is > 0 and <= Limits.MaxCollectionNameLength
            && char.IsAsciiLetterOrDigit(name[0])
            && name[^1] != '.'
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        if (!isValid)
        {
            throw new VektagrafException(
                ErrorKind.Invalid,
                "invalid-collection-name",
                $"A collection name has 1 to {Limits.MaxCollectionNameLength} ASCII letters, digits, '-', '_' or '.', starts with a letter or digit, and does not end with a dot.");
        }
    }

    /// <summary>What stands in the way of changing a definition in place; null where nothing does.</summary>
    public static string? WhyRebuild(CollectionDefinition current, CollectionDefinition wanted)
    {
        if (current.Shards != wanted.Shards)
        {
            return "the count of shards is fixed when a collection is created";
        }

        foreach (var (name, field) in current.Vectors)
        {
            if (!wanted.Vectors.TryGetValue(name, out var changed))
            {
                return $"vector field '{name}' would be dropped";
            }

            if (field.Dimensions != changed.Dimensions || field.Metric != changed.Metric)
            {
                return $"vector field '{name}' would change its dimensions or metric";
            }

            if (!string.Equals(field.Generator, changed.Generator, StringComparison.Ordinal) || !(field.From ?? []).SequenceEqual(changed.From ?? [], StringComparer.Ordinal))
            {
                return $"vector field '{name}' would change its generator";
            }
        }

        foreach (var (name, field) in current.Fields)
        {
            if (wanted.Fields.TryGetValue(name, out var changed) && field.Type != changed.Type)
            {
                return $"field '{name}' would change its type";
            }
        }

        return null;
    }

    /// <summary>Whether two definitions say the same.</summary>
    public static bool AreSame(CollectionDefinition a, CollectionDefinition b) =>
        a.Shards == b.Shards
        && a.Objective == b.Objective
        && WhyRebuild(a, b) is null
        && a.Vectors.Count == b.Vectors.Count
        && a.Vectors.All(v => v.Value with { From = null } == b.Vectors[v.Key] with { From = null })
        && a.SparseNames.SequenceEqual(b.SparseNames, StringComparer.Ordinal)
        && a.Fields.Count == b.Fields.Count
        && a.Fields.All(f => b.Fields.TryGetValue(f.Key, out var other) && f.Value == other);

    private static void CheckVectorField(ValidationErrors errors, CollectionDefinition definition, string name, VectorFieldDefinition? field)
    {
        CheckName(errors, "/vectors/", name);
        var pointer = "/vectors/" + ValidationErrors.Escape(name);
        if (field is null)
        {
            errors.Add(pointer, "A vector field is an object: { \"dimensions\": … }.");
            return;
        }

        CheckRange(errors, pointer + "/dimensions", field.Dimensions, 1, Limits.MaxDimensions);
        if (field.Generator is null)
        {
            if (field.From is not null)
            {
                errors.Add(pointer + "/from", "'from' needs a 'generator'.");
            }

            return;
        }

        if (field.From is not { Count: > 0 })
        {
            errors.Add(pointer + "/from", "A generator needs the names of the properties it embeds, such as [\"title\", \"summary\"].");
        }

        foreach (var source in field.From ?? [])
        {
            if (string.IsNullOrEmpty(source))
            {
                errors.Add(pointer + "/from", "Each source is the name of a property.");
            }
            else if (definition.Fields.TryGetValue(source, out var declared) && declared.Type is not (FieldType.String or FieldType.Text or FieldType.StringArray))
            {
                errors.Add(pointer + "/from", $"Field '{source}' is not text.");
            }
        }
    }

    private static void CheckName(ValidationErrors errors, string parent, string name)
    {
        if (name.Length is 0 or > Limits.MaxFieldNameLength || name.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            errors.Add(parent + ValidationErrors.Escape(name), $"A field name has 1 to {Limits.MaxFieldNameLength} characters, none of them a control character.");
        }
    }

    private static void CheckRange(ValidationErrors errors, string pointer, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            errors.Add(pointer, string.Create(CultureInfo.InvariantCulture, $"It is {value}; {least} to {most} is allowed."));
        }
    }
}

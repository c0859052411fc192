using System.Text.Json;
using Vektagraf.Storage.Log;

namespace Vektagraf.Collections;

/// <summary>
/// Transactions in JSON: <c>{ "operations": [ { "save": {…}, "ifMatch": "…" }, { "patch": {…} }, { "delete": { "id" } }, { "check": { "id" }, "ifMatch": "…" } ] }</c>.
/// </summary>
public static class TransactionJson
{
    private const string Shape = "An operation is an object with one of save, patch, delete and check, and perhaps ifMatch or ifNoneMatch.";

    /// <summary>Reads and validates a transaction.</summary>
    /// <param name="utf8">One JSON object.</param>
    /// <param name="definition">The collection's definition.</param>
    /// <returns>The operations.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.TooLarge"/>, with pointers into the text.</exception>
    public static IReadOnlyList<TransactionOperation> Read(ReadOnlyMemory<byte> utf8, CollectionDefinition definition)
    {
        try
        {
            // Two levels more than an object on its own.
            var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = Limits.MaxJsonDepth + 4 });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw JsonProblem.Malformed("an object is wanted: { \"operations\": […] }");
            }

            List<TransactionOperation>? operations = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (operations is not null || !reader.ValueTextEquals("operations"u8))
                {
                    throw VektagrafException.Invalid(operations is null ? string.Empty : "/operations", "A transaction has one member, operations.");
                }

                reader.Read();
                operations = ReadOperations(ref reader, utf8.Span, definition);
            }

            if (reader.Read())
            {
                throw JsonProblem.Malformed("more text follows the object");
            }

            return operations ?? throw VektagrafException.Invalid("/operations", "The member is required.");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
        catch (InvalidOperationException)
        {
            throw JsonProblem.Malformed("a string is not valid Unicode");
        }
    }

    private static List<TransactionOperation> ReadOperations(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, CollectionDefinition definition)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw VektagrafException.Invalid("/operations", "The operations are an array.");
        }

        var operations = new List<TransactionOperation>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (operations.Count == Limits.MaxTransactionOperations)
            {
                throw VektagrafException.Invalid("/operations", $"A transaction has at most {Limits.MaxTransactionOperations} operations. Split it.");
            }

            operations.Add(ReadOperation(ref reader, utf8, definition, operations.Count));
        }

        return operations;
    }

    private static TransactionOperation ReadOperation(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, CollectionDefinition definition, int index)
    {
        var here = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/operations/{index}");
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw VektagrafException.Invalid(here, Shape);
        }

        var (action, from, to) = (string.Empty, 0, 0);
        var (ifMatch, ifNoneMatch) = ((string?)null, (string?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "save" or "patch" or "delete" or "check" when action.Length == 0:
                    (action, from) = (name, (int)reader.TokenStartIndex);
                    reader.Skip();
                    to = (int)reader.BytesConsumed;
                    break;
                case "ifMatch" when reader.TokenType == JsonTokenType.String && ifMatch is null:
                    ifMatch = reader.GetString();
                    break;
                case "ifNoneMatch" when reader.TokenType == JsonTokenType.String && ifNoneMatch is null:
                    ifNoneMatch = reader.GetString();
                    break;
                default:
                    throw VektagrafException.Invalid($"{here}/{ValidationErrors.Escape(name)}", Shape);
            }
        }

        var precondition = Precondition(ifMatch, ifNoneMatch, here);
        try
        {
            return Operation(action, utf8[from..to], precondition, definition);
        }
        catch (VektagrafException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            throw Collection.AtOperation(index, action, e);
        }
    }

    private static TransactionOperation Operation(string action, ReadOnlySpan<byte> content, Precondition precondition, CollectionDefinition definition) => action switch
    {
        "save" => TransactionOperation.Save(ObjectJson.Read(content, definition), precondition),
        "patch" => TransactionOperation.Patch(ReadId(content, onlyId: false), content.ToArray(), precondition),
        "delete" => TransactionOperation.Delete(ReadId(content, onlyId: true), precondition),
        "check" => TransactionOperation.Check(ReadId(content, onlyId: true), precondition),
        _ => throw VektagrafException.Invalid(string.Empty, Shape),
    };

    private static string ReadId(ReadOnlySpan<byte> content, bool onlyId)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = Limits.MaxJsonDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw VektagrafException.Invalid(string.Empty, "An object with an id is wanted.");
        }

        string? id = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (string.Equals(name, "id", StringComparison.Ordinal))
            {
                id = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw VektagrafException.Invalid("/id", "The id is a string.");
            }
            else if (onlyId)
            {
                throw VektagrafException.Invalid("/" + ValidationErrors.Escape(name), "Only the id is wanted here.");
            }

            reader.Skip();
        }

        return id ?? throw VektagrafException.Invalid("/id", "The object needs an id.");
    }

    private static Precondition Precondition(string? ifMatch, string? ifNoneMatch, string here) => (ifMatch, ifNoneMatch) switch
    {
        (null, null) => default,
        (null, "*") => new Precondition(PreconditionKind.Absent),
        (null, _) => throw VektagrafException.Invalid($"{here}/ifNoneMatch", "It is \"*\": the object must not exist."),
        ("*", null) => new Precondition(PreconditionKind.Present),
        // As answers carry it, in quotes; bare, as people type it.
        (['"', .. var etag, '"'], null) => new Precondition(PreconditionKind.Version, etag),
        (not null, null) => new Precondition(PreconditionKind.Version, ifMatch),
        _ => throw VektagrafException.Invalid(here, "An operation has ifMatch or ifNoneMatch, not both."),
    };
}

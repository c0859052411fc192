using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vektagraf.Querying;

namespace Vektagraf.Collections;

/// <summary>Reads and validates one object, token by token; nothing is materialised but what is stored.</summary>
internal ref partial struct ObjectReader(ReadOnlySpan<byte> utf8, CollectionDefinition definition, string? pathId)
{
    private static readonly SearchValues<byte> LineBreaks = SearchValues.Create("\r\n"u8);
    private static readonly byte[] EmptyProperties = "{}"u8.ToArray();

    private readonly ReadOnlySpan<byte> _utf8 = utf8;
    private readonly ValidationErrors _errors = new();
    private readonly List<NamedVector> _vectors = [];
    private readonly List<NamedSparseVector> _sparse = [];
    private readonly HashSet<string> _sparseSeen = new(StringComparer.Ordinal);
    private Utf8JsonReader _reader = new(utf8, ObjectJson.Options);
    private string? _id;
    private string? _type;
    private byte[] _properties = EmptyProperties;

    public ObjectDraft Read()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw JsonProblem.Malformed("an object is wanted: { \"id\": …, \"properties\": {…}, \"vectors\": {…} }");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = ReadString("") ?? string.Empty;
            _reader.Read();
            if (!seen.Add(name))
            {
                _errors.Add("/" + ValidationErrors.Escape(name), "The member stands twice. Keep one.");
                _reader.Skip();
                continue;
            }

            ReadMember(name);
        }

        if (_reader.Read())
        {
            throw JsonProblem.Malformed("more text follows the object");
        }

        _id ??= pathId;
        if (_id is null)
        {
            _errors.Add("/id", "The object needs an id.");
        }

        _errors.ThrowIfAny("invalid-object", "The object was not saved.");
        return new ObjectDraft { Id = _id!, Type = _type, Properties = _properties, Vectors = _vectors, Sparse = _sparse };
    }

    /// <summary>Checks a draft whose properties are the text to be read.</summary>
    public ObjectDraft Check(ObjectDraft draft)
    {
        _reader = new Utf8JsonReader(_utf8, ObjectJson.PropertiesOptions);
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw JsonProblem.Malformed("the properties are a JSON object");
        }

        ReadProperties();
        if (_reader.Read())
        {
            throw JsonProblem.Malformed("more text follows the properties");
        }

        CheckId(draft.Id);
        CheckType(draft.Type);
        foreach (var vector in draft.Vectors)
        {
            CheckVector(vector);
        }

        foreach (var vector in draft.Sparse)
        {
            CheckSparse(vector);
        }

        _errors.ThrowIfAny("invalid-object", "The object was not saved.");
        return draft with { Properties = _properties, Sparse = _sparse };
    }

    private void ReadMember(string name)
    {
        switch (name)
        {
            case "id":
                ReadId();
                break;
            case "type":
                ReadType();
                break;
            case "properties":
                ReadProperties();
                break;
            case "vectors":
                ReadVectors();
                break;
            case "sparse":
                ReadSparse();
                break;
            case "etag":
                // As answers carry it: an object that was read can be sent back. Preconditions travel in headers.
                _reader.Skip();
                break;
            default:
                _errors.Add("/" + ValidationErrors.Escape(name), "Unknown member; an object has id, type, properties, vectors and sparse. Put fields of your own under properties.");
                _reader.Skip();
                break;
        }
    }

    private void ReadId()
    {
        if (_reader.TokenType != JsonTokenType.String || ReadString("/id") is not { } id)
        {
            _errors.Add("/id", "The id is a string.");
            _reader.Skip();
            return;
        }

        if (pathId is not null && !string.Equals(id, pathId, StringComparison.Ordinal))
        {
            _errors.Add("/id", $"The object says '{id}', the path '{pathId}'. Leave one out or make them equal.");
        }
        else
        {
            CheckId(id);
        }

        _id = id;
    }

    private readonly void CheckId(string id)
    {
        if (ObjectId.Problem(id) is { } problem)
        {
            _errors.Add("/id", problem);
        }
    }

    private void ReadType()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.String || ReadString("/type") is not { } type)
        {
            _errors.Add("/type", "The type is a string.");
            _reader.Skip();
            return;
        }

        CheckType(type);
        _type = type;
    }

    private readonly void CheckType(string? type)
    {
        if (type is not null && Encoding.UTF8.GetByteCount(type) > Limits.MaxTypeBytes)
        {
            _errors.Add("/type", string.Create(CultureInfo.InvariantCulture, $"The type is longer than {Limits.MaxTypeBytes} bytes of UTF-8."));
        }
    }

    private void ReadProperties()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _errors.Add("/properties", "The properties are a JSON object.");
            _reader.Skip();
            return;
        }

        var start = (int)_reader.TokenStartIndex;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = ReadString("/properties") ?? string.Empty;
            var pointer = "/properties/" + ValidationErrors.Escape(name);
            if (!seen.Add(name))
            {
                _errors.Add(pointer, "The property stands twice. Keep one.");
            }

            _reader.Read();
            ReadProperty(name, pointer);
        }

        var length = (int)_reader.BytesConsumed - start;
        if (length > Limits.MaxPropertiesBytes)
        {
            throw new VektagrafException(
                ErrorKind.TooLarge,
                "properties-too-large",
                string.Create(CultureInfo.InvariantCulture, $"The properties take {length:N0} bytes; the limit is {Limits.MaxPropertiesBytes:N0}. Store large content elsewhere and keep a reference."));
        }

        _properties = _utf8.Slice(start, length).ToArray();
        // Raw line breaks stand between tokens only. Without them every object fits on one line of an export.
        _properties.AsSpan().ReplaceAny(LineBreaks, (byte)' ');
    }

    private void ReadProperty(string name, string pointer)
    {
        if (_reader.TokenType != JsonTokenType.Null && definition.Fields.TryGetValue(name, out var field))
        {
            // On a copy: the walk below must see every token whatever the conversion consumed.
            var copy = _reader;
            try
            {
                if (!JsonFieldValue.TryRead(field.Type, ref copy, out _, out var problem))
                {
                    _errors.Add(pointer, $"The value {problem}.");
                }
            }
            catch (InvalidOperationException)
            {
                _errors.Add(pointer, "The text is not valid Unicode: half a surrogate pair.");
            }
        }

        WalkValue(pointer);
    }

    /// <summary>Passes over a value, looking at every string in it: half surrogate pairs, and names that stand twice, would surface
    /// at a later read.</summary>
    private void WalkValue(string pointer)
    {
        var depth = _reader.CurrentDepth;
        Stack<HashSet<string>>? names = null;
        while (true)
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    (names ??= new()).Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    names!.Pop();
                    break;
                case JsonTokenType.PropertyName when ReadString(pointer) is { } name && !names!.Peek().Add(name):
                    _errors.Add(pointer, $"Its member '{name}' stands twice. Keep one.");
                    break;
                case JsonTokenType.String when _reader.ValueIsEscaped:
                    _ = ReadString(pointer);
                    break;
            }

            if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName) && _reader.CurrentDepth == depth)
            {
                return;
            }

            _reader.Read();
        }
    }

    private void ReadVectors()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _errors.Add("/vectors", "The vectors are a JSON object: { field: vector }.");
            _reader.Skip();
            return;
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var field = ReadString("/vectors") ?? string.Empty;
            _reader.Read();
            ReadVector(field, "/vectors/" + ValidationErrors.Escape(field));
        }
    }

    private void ReadVector(string field, string pointer)
    {
        if (!definition.Vectors.TryGetValue(field, out var vectorField))
        {
            _errors.Add(pointer, $"Unknown vector field. {KnownVectorFields(definition)}");
            _reader.Skip();
        }
        else if (_vectors.Exists(v => string.Equals(v.Field, field, StringComparison.Ordinal)))
        {
            _errors.Add(pointer, "The vector stands twice. Keep one.");
            _reader.Skip();
        }
        else if (_reader.TokenType == JsonTokenType.Null)
        {
            // The same as leaving it out.
        }
        else if (VectorJson.TryRead(ref _reader, vectorField, out var values) is { } problem)
        {
            _errors.Add(pointer, problem);
        }
        else
        {
            _vectors.Add(new NamedVector(field, values));
        }
    }

    private readonly void CheckVector(NamedVector vector)
    {
        var pointer = "/vectors/" + ValidationErrors.Escape(vector.Field);
        if (!definition.Vectors.TryGetValue(vector.Field, out var field))
        {
            _errors.Add(pointer, $"Unknown vector field. {KnownVectorFields(definition)}");
        }
        else if (VectorJson.Problem(vector.Values.Span, field) is { } problem)
        {
            _errors.Add(pointer, problem);
        }
        else if (_vectors.Exists(v => string.Equals(v.Field, vector.Field, StringComparison.Ordinal)))
        {
            _errors.Add(pointer, "The vector stands twice. Keep one.");
        }

        _vectors.Add(vector);
    }

    private string? ReadString(string pointer)
    {
        try
        {
            return _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            _errors.Add(pointer, "The text is not valid Unicode: half a surrogate pair.");
            return null;
        }
    }

    internal static string KnownVectorFields(CollectionDefinition definition) => definition.Vectors.Count == 0
        ? "The collection has no vector fields."
        : $"The collection has: {string.Join(", ", definition.Vectors.Keys.Order(StringComparer.Ordinal))}.";
}

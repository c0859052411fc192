using System.Text.Json;

namespace Vektagraf.Collections;

/// <content>Sparse vectors.</content>
internal ref partial struct ObjectReader
{
    private void ReadSparse()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _errors.Add("/sparse", "The sparse vectors are a JSON object: { field: { \"indices\": […], \"values\": […] } }.");
            _reader.Skip();
            return;
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var field = ReadString("/sparse") ?? string.Empty;
            _reader.Read();
            if (!MayHaveSparse(field))
            {
                _reader.Skip();
            }
            else if (_reader.TokenType == JsonTokenType.Null)
            {
                // The same as leaving it out.
            }
            else if (SparseVectorJson.TryRead(ref _reader, field, out var vector) is { } problem)
            {
                _errors.Add(PointerToSparse(field) + problem.Pointer, problem.Problem);
            }
            else
            {
                AddSparse(vector);
            }
        }
    }

    private readonly void CheckSparse(NamedSparseVector vector)
    {
        if (!MayHaveSparse(vector.Field))
        {
            return;
        }

        if (SparseVectorJson.TryNormalize(vector.Field, vector.Indices.ToArray(), vector.Values.ToArray(), out var normal) is { } problem)
        {
            _errors.Add(PointerToSparse(vector.Field) + problem.Pointer, problem.Problem);
        }
        else
        {
            AddSparse(normal);
        }
    }

    private readonly bool MayHaveSparse(string field)
    {
        if (definition.Sparse?.ContainsKey(field) != true)
        {
            _errors.Add(PointerToSparse(field), $"Unknown sparse vector field. {KnownSparseFields(definition)}");
            return false;
        }

        if (!_sparseSeen.Add(field))
        {
            _errors.Add(PointerToSparse(field), "The sparse vector stands twice. Keep one.");
            return false;
        }

        return true;
    }

    // One without dimensions is the same as none.
    private readonly void AddSparse(NamedSparseVector vector)
    {
        if (!vector.Vector.IsEmpty)
        {
            _sparse.Add(vector);
        }
    }

    private static string PointerToSparse(string field) => "/sparse/" + ValidationErrors.Escape(field);

    internal static string KnownSparseFields(CollectionDefinition definition) => definition.Sparse is null
        ? "The collection has no sparse vector fields."
        : $"The collection has: {string.Join(", ", definition.SparseNames)}.";
}

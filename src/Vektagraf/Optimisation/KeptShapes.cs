using System.Collections.Concurrent;

namespace Vektagraf.Optimisation;

/// <summary>The shapes of a collection whose answers are kept. Thread-safe.</summary>
internal sealed class KeptShapes
{
    private readonly ConcurrentDictionary<QuerySignature, bool> _shapes = new();

    /// <summary>Keeps the answers of a shape from here on, or does not any more.</summary>
    public void Set(QuerySignature shape, bool isKept)
    {
        if (isKept)
        {
            _shapes[shape] = true;
        }
        else
        {
            _shapes.TryRemove(shape, out _);
        }
    }

    /// <summary>Whether the answers of a shape are kept.</summary>
    public bool Contains(QuerySignature shape) => !_shapes.IsEmpty && _shapes.ContainsKey(shape);
}

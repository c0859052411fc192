using System.Collections.Concurrent;
using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying.Execution;

/// <summary>Filters of a collection that were parsed, bound and planned lately, by their text: for a query of one object that is most of the work.</summary>
/// <param name="definition">The collection.</param>
internal sealed class BoundFilters(CollectionDefinition definition)
{
    // A megabyte or two at most.
    private const int MostFilters = 256;
    private const int MostLength = 1_024;

    private readonly ConcurrentDictionary<string, FilterBinding> _bound = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Binds a filter, or finds it bound.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public FilterBinding Bind(string filter)
    {
        if (_bound.TryGetValue(filter, out var known))
        {
            return known;
        }

        var bound = FilterBinder.Bind(FilterParser.Parse(filter), definition);
        if (filter.Length <= MostLength && _bound.TryAdd(filter, bound) && Interlocked.Increment(ref _count) > MostFilters)
        {
            // Starting anew now and then costs less than knowing what was used last.
            _bound.Clear();
            Volatile.Write(ref _count, 0);
        }

        return bound;
    }
}

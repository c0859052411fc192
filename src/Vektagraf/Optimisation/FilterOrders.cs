using System.Collections.Concurrent;
using System.Globalization;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Optimisation;

/// <summary>
/// Orders in which the conditions of filters are tested, by the filters' shapes. Conditions have no effects and logic has two values, so every order
/// finds the same; only the work differs. Thread-safe.
/// </summary>
internal sealed class FilterOrders
{
    private readonly ConcurrentDictionary<UInt128, UInt128[]> _orders = new();

    /// <summary>Name of a shape of a filter or of a condition.</summary>
    public static string NameOf(FilterExpression expression) => FilterShape.Hash(expression).ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Tests filters of a shape in an order from here on.</summary>
    /// <param name="filter">Name of the filter's shape.</param>
    /// <param name="order">Names of the conditions' shapes; null for the order written.</param>
    public void Set(string filter, IReadOnlyList<string>? order)
    {
        if (order is null)
        {
            _orders.TryRemove(Parse(filter), out _);
        }
        else
        {
            _orders[Parse(filter)] = [.. order.Select(Parse)];
        }
    }

    /// <summary>The filter in the order set for its shape.</summary>
    /// <returns>Null where none is set.</returns>
    public FilterBinding? TryOrder(FilterBinding filter)
    {
        if (_orders.IsEmpty || filter.Expression is not FilterAnd and || !_orders.TryGetValue(FilterShape.Hash(and), out var order))
        {
            return null;
        }

        return filter.TestedAs(FilterAnd.Of([.. and.Operands.OrderBy(o => (uint)Array.IndexOf(order, FilterShape.Hash(o)))]));
    }

    private static UInt128 Parse(string name) => UInt128.Parse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

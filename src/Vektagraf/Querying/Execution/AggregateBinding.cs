using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying.Execution;

/// <summary>A request for aggregates, checked against a collection.</summary>
internal sealed class AggregateBinding
{
    private AggregateBinding(AggregateRequest request, CollectionDefinition collection)
    {
        Request = request;
        var fields = new List<FilterField>();
        Min = [.. request.Min.Select((name, i) => Add(Ordered(name, $"/aggregate/min/{i}")))];
        Max = [.. request.Max.Select((name, i) => Add(Ordered(name, $"/aggregate/max/{i}")))];
        Avg = [.. request.Avg.Select((name, i) => Add(Numeric(name, $"/aggregate/avg/{i}")))];
        Sum = [.. request.Sum.Select((name, i) => Add(Numeric(name, $"/aggregate/sum/{i}")))];
        Metrics = fields;
        Facets = [.. request.Facets.Select((facet, i) => Counted(facet, $"/aggregate/facets/{i}"))];
        GroupBy = request.GroupBy is { } groupBy ? Counted(groupBy, "/aggregate/groupBy") : null;

        int Add(FilterField field)
        {
            var known = fields.FindIndex(f => f.Path.Equals(field.Path));
            fields.Add(field);
            return known < 0 ? fields.Count - 1 : Forget(known);
        }

        int Forget(int known)
        {
            fields.RemoveAt(fields.Count - 1);
            return known;
        }

        FilterField Ordered(string name, string pointer) => Field(name, pointer, t => t is not (FieldType.StringArray or FieldType.Geo), "has no order");
        FilterField Numeric(string name, string pointer) => Field(name, pointer, t => t == FieldType.Number, "is not a number");
        FilterField Counted(FacetRequest facet, string pointer)
        {
            if (facet.Limit is < 1 or > Limits.MaxK)
            {
                throw VektagrafException.Invalid($"{pointer}/limit", $"It is {facet.Limit}; 1 to {Limits.MaxK} is allowed.");
            }

            return Field(facet.Field, pointer, t => t != FieldType.Geo, "holds points, which are hardly ever equal");
        }

        FilterField Field(string name, string pointer, Func<FieldType, bool> fits, string problem)
        {
            var field = FilterField.Resolve(PathOf(name, pointer), collection);
            return field.DeclaredType is not { } type || fits(type)
                ? field
                : throw VektagrafException.Invalid(pointer, $"'{name}' is declared as {type.ToString().ToLowerInvariant()} and {problem}: name another field.");
        }
    }

    public AggregateRequest Request { get; }

    /// <summary>The fields that metrics read, each once.</summary>
    public IReadOnlyList<FilterField> Metrics { get; }

    /// <summary>Places in <see cref="Metrics"/>, one for each field asked for.</summary>
    public int[] Min { get; }

    public int[] Max { get; }

    public int[] Avg { get; }

    public int[] Sum { get; }

    public FilterField[] Facets { get; }

    public FilterField? GroupBy { get; }

    /// <summary>Checks a request.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static AggregateBinding Bind(AggregateRequest request, CollectionDefinition collection)
    {
        var metrics = request.Min.Count + request.Max.Count + request.Avg.Count + request.Sum.Count;
        return metrics <= AggregateRequest.MaxFields && request.Facets.Count <= AggregateRequest.MaxFields
            ? new AggregateBinding(request, collection)
            : throw VektagrafException.Invalid("/aggregate", $"At most {AggregateRequest.MaxFields} metrics and {AggregateRequest.MaxFields} facets are computed at once.");
    }

    private static FilterPath PathOf(string name, string pointer)
    {
        try
        {
            // The text of an ordering is a path with a direction behind it; a field has none.
            var terms = OrderByParser.Parse([name]);
            return terms is [{ Descending: false } term] && !name.TrimEnd().EndsWith(" asc", StringComparison.Ordinal)
                ? term.Path
                : throw VektagrafException.Invalid(pointer, $"'{name}' is not the name of one field.");
        }
        catch (VektagrafException e) when (e.Errors.Keys.Any(k => k.StartsWith("/orderBy", StringComparison.Ordinal)))
        {
            throw VektagrafException.Invalid(pointer, $"'{name}' is not the name of a field: write a name such as price, or a path such as address/city.");
        }
    }
}

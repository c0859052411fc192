namespace Vektagraf.Querying.Filters;

/// <summary>Kinds of tests, by the work they do.</summary>
internal enum FilterTestKind : byte
{
    EqualsValue,
    EqualsString,
    EqualsNumber,
    OrderString,
    OrderNumber,
    OrderDateTime,
    In,
    StartsWith,
    Contains,
    EndsWith,
    Distance,
    AnyElement,
}

/// <summary>One test of one field, with where to go on.</summary>
internal readonly record struct FilterTest
{
    /// <summary>What is done.</summary>
    private FilterTestKind Kind { get; init; }

    /// <summary>The ordering, for the tests that have one.</summary>
    private FilterOperator Operator { get; init; }

    /// <summary>Whether a string in the field is tried as a datetime, because the literal is one.</summary>
    private bool ReadsDateTime { get; init; }

    /// <summary>Index of the field that is read.</summary>
    public int Field { get; private init; }

    /// <summary>Test to go on with when this one holds; negative for an outcome.</summary>
    public int IfTrue { get; init; }

    /// <summary>Test to go on with when this one does not hold; negative for an outcome.</summary>
    public int IfFalse { get; init; }

    private FieldValue Literal { get; init; }

    private double Kilometres { get; init; }

    /// <summary>Values of an <c>in</c> list, or the program of an <c>any</c>; null for the <c>any()</c> that asks for an element.</summary>
    private object? Operand { get; init; }

    /// <summary>Makes the test for a leaf of a bound filter.</summary>
    /// <param name="expression">The leaf; not <c>ne</c>, not <c>all</c>, not an ordering against null.</param>
    /// <param name="indexOf">Index by which the row is asked for a path.</param>
    /// <returns>The test, without targets.</returns>
    public static FilterTest For(FilterExpression expression, Func<FilterPath, int> indexOf) => expression switch
    {
        FilterComparison c => ForComparison(c) with { Field = Index(c.Operand, indexOf) },
        FilterIn list => new FilterTest
        {
            Kind = FilterTestKind.In,
            Field = Index(list.Operand, indexOf),
            Operand = list.Literals.ToHashSet(),
            ReadsDateTime = list.Literals.Any(literal => literal.Kind == FieldValueKind.DateTime),
        },
        FilterStringMatch match => new FilterTest
        {
            Kind = match.Match switch
            {
                FilterStringMatchKind.StartsWith => FilterTestKind.StartsWith,
                FilterStringMatchKind.Contains => FilterTestKind.Contains,
                _ => FilterTestKind.EndsWith,
            },
            Field = Index(match.Operand, indexOf),
            Literal = FieldValue.From(match.Pattern),
        },
        FilterGeoDistance distance => new FilterTest
        {
            Kind = FilterTestKind.Distance,
            Field = indexOf(distance.Path),
            Operator = distance.Operator,
            Literal = distance.Center,
            Kilometres = distance.Kilometres,
        },
        FilterQuantifier any => new FilterTest
        {
            Kind = FilterTestKind.AnyElement,
            Field = indexOf(any.Path),
            Operand = any.Condition is null ? null : FilterProgram.Compile(any.Condition, indexOf),
        },
        _ => throw new InvalidOperationException($"{expression.GetType().Name} is no test."),
    };

    /// <summary>Whether the field's value passes.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The outcome of the test.</returns>
    public bool Holds(in FieldValue value)
    {
        if (ReadsDateTime && value.Kind == FieldValueKind.String && IsoDateTime.TryParse(value.AsString, out long ticks, out _))
        {
            FieldValue moment = FieldValue.FromUtcTicks(ticks);
            return Passes(in moment) || (Kind == FilterTestKind.In && Passes(in value));
        }

        return Passes(in value);
    }

    private bool Passes(in FieldValue value) => Kind switch
    {
        FilterTestKind.EqualsNumber => value.Kind == FieldValueKind.Number && value.AsNumber == Literal.AsNumber,
        FilterTestKind.EqualsValue => value.Equals(Literal),
        FilterTestKind.OrderNumber => value.Kind == FieldValueKind.Number && Ordered(value.AsNumber.CompareTo(Literal.AsNumber)),
        FilterTestKind.OrderDateTime => value.Kind == FieldValueKind.DateTime && Ordered(value.AsUtcTicks.CompareTo(Literal.AsUtcTicks)),
        FilterTestKind.In => ((HashSet<FieldValue>)Operand!).Contains(value),
        FilterTestKind.Distance => value.Kind == FieldValueKind.Geo && Ordered(DistanceOf(in value).CompareTo(Kilometres)),
        FilterTestKind.AnyElement => value.Kind == FieldValueKind.StringArray && AnyElementPasses(value.AsStringArray),
        _ => value.Kind == FieldValueKind.String && StringPasses(value.AsString, Literal.AsString),
    };

    private bool StringPasses(string value, string literal) => Kind switch
    {
        FilterTestKind.EqualsString => string.Equals(value, literal, StringComparison.Ordinal),
        FilterTestKind.OrderString => Ordered(string.CompareOrdinal(value, literal)),
        FilterTestKind.StartsWith => value.StartsWith(literal, StringComparison.Ordinal),
        FilterTestKind.EndsWith => value.EndsWith(literal, StringComparison.Ordinal),
        _ => value.Contains(literal, StringComparison.Ordinal),
    };

    private double DistanceOf(in FieldValue value) => GreatCircle.Kilometres(in value, Literal);

    private static int Index(FilterOperand operand, Func<FilterPath, int> indexOf) => operand is FilterPath path ? indexOf(path) : 0;

    private static FilterTest ForComparison(FilterComparison comparison) => new()
    {
        Kind = (comparison.Operator, comparison.Literal.Kind) switch
        {
            (FilterOperator.Equal, FieldValueKind.String) => FilterTestKind.EqualsString,
            (FilterOperator.Equal, FieldValueKind.Number) => FilterTestKind.EqualsNumber,
            (FilterOperator.Equal, _) => FilterTestKind.EqualsValue,
            (_, FieldValueKind.String) => FilterTestKind.OrderString,
            (_, FieldValueKind.Number) => FilterTestKind.OrderNumber,
            (_, FieldValueKind.DateTime) => FilterTestKind.OrderDateTime,
            _ => throw new InvalidOperationException($"The binder lets no ordering against {comparison.Literal} pass."),
        },
        Operator = comparison.Operator,
        Literal = comparison.Literal,
        ReadsDateTime = comparison.Literal.Kind == FieldValueKind.DateTime,
    };

    private bool Ordered(int comparison) => Operator switch
    {
        FilterOperator.GreaterThan => comparison > 0,
        FilterOperator.GreaterOrEqual => comparison >= 0,
        FilterOperator.LessThan => comparison < 0,
        _ => comparison <= 0,
    };

    private bool AnyElementPasses(IReadOnlyList<string> elements)
    {
        if (Operand is not FilterProgram condition)
        {
            return elements.Count > 0;
        }

        for (int i = 0; i < elements.Count; i++)
        {
            if (condition.Matches(new ElementReader(elements[i])))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One element of an array, read whatever the index.</summary>
    private readonly struct ElementReader(string element) : IFieldReader
    {
        public FieldValue Read(int fieldIndex) => FieldValue.From(element);
    }
}

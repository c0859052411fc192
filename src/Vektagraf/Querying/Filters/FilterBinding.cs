using Vektagraf.Collections;
using Vektagraf.Shards;
using Vektagraf.Shards.Segments;

namespace Vektagraf.Querying.Filters;

/// <summary>A filter checked against a collection and ready to run. Immutable and safe for concurrent use.</summary>
public sealed class FilterBinding
{
    private readonly FilterProgram _program;
    private readonly Dictionary<FilterPath, int> _indices;
    private volatile PlanOf? _plan;
    private string? _text;

    internal FilterBinding(
        FilterExpression expression,
        IReadOnlyList<FilterField> fields,
        IReadOnlyList<FilterWarning> warnings,
        FilterExpression? tested = null)
    {
        Expression = expression;
        Fields = fields;
        Warnings = warnings;
        _indices = fields.Select((field, index) => (field.Path, index)).ToDictionary(pair => pair.Path, pair => pair.index);
        _program = FilterProgram.Compile(tested ?? expression, path => _indices[path]);
    }

    /// <summary>The filter with its literals in the types of the declared fields: strings compared with datetime fields have become
    /// datetimes.</summary>
    public FilterExpression Expression { get; }

    /// <summary>The expression in its canonical form.</summary>
    internal string Text => _text ??= Expression.ToString();

    /// <summary>The fields the filter reads, each once, in the order of first mention.</summary>
    public IReadOnlyList<FilterField> Fields { get; }

    /// <summary>What is legal but probably not meant, to be shown when a result is empty.</summary>
    public IReadOnlyList<FilterWarning> Warnings { get; }

    /// <summary>Index of a path in <see cref="Fields"/>.</summary>
    /// <param name="path">A path of <see cref="Expression"/>.</param>
    /// <returns>The index; −1 when the filter does not read it.</returns>
    public int IndexOf(FilterPath path) => _indices.GetValueOrDefault(path, -1);

    /// <summary>The same filter, whose conditions are tested in another order; all that depends on the text stays as it is.</summary>
    /// <param name="order">An expression that means the same.</param>
    internal FilterBinding TestedAs(FilterExpression order) => new(Expression, Fields, Warnings, order);

    /// <summary>The plan of the filter over the field indexes of a memtable, which depends on what is indexed alone.</summary>
    internal FieldPlan PlanFor(Memtable table)
    {
        if (_plan is { } known && ReferenceEquals(known.Definition, table.Definition))
        {
            return known.Plan;
        }

        var plan = FieldPlan.For(Expression, table.IndexedAs);
        _plan = new PlanOf(table.Definition, plan);
        return plan;
    }

    /// <summary>Evaluates the filter on one object. Allocates nothing beyond what the reader does.</summary>
    /// <typeparam name="TReader">Type of the reader.</typeparam>
    /// <param name="row">Reads the object's fields; asked for a field only when the outcome depends on it.</param>
    /// <returns>Whether the object fulfils the filter.</returns>
    public bool Matches<TReader>(in TReader row)
        where TReader : struct, IFieldReader, allows ref struct => _program.Matches(in row);

    private sealed record PlanOf(CollectionDefinition Definition, FieldPlan Plan);
}

/// <summary>Something legal in a filter that is probably not meant.</summary>
/// <param name="Position">Place in the filter text, counted from 1.</param>
/// <param name="Message">What is suspicious and what may be meant.</param>
/// <param name="Suggestion">The field name that may be meant; null when the warning is about something else.</param>
public sealed record FilterWarning(int Position, string Message, string? Suggestion = null);

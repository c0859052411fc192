using Vektagraf.Querying.Filters;
using Vektagraf.Shards;

namespace Vektagraf.Querying.Execution;

/// <summary>Tests rows of a memtable by a part of a filter.</summary>
/// <param name="filter">The whole filter.</param>
/// <param name="part">The part.</param>
/// <param name="table">The memtable.</param>
internal readonly struct ProgramTest(FilterBinding filter, FilterExpression part, Memtable table) : IRowTest
{
    private readonly FieldMapping _mapping = new(filter.Fields, table);
    private readonly FilterProgram _program = FilterProgram.Compile(part, filter.IndexOf);

    /// <inheritdoc/>
    public bool Passes(int row) => _program.Matches(new MemtableRow(_mapping, row));
}

using Vektagraf.Index;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards.Segments;

/// <summary>What the indexes of a segment say of a filter: the rows that fulfil it are those of <paramref name="Rows"/> that fulfil
/// <paramref name="Remaining"/> too.</summary>
/// <param name="Rows">Row numbers; never of tombstones.</param>
/// <param name="Remaining">The part of the filter that no index answers, to be tested on these rows; null where they are the answer.</param>
public sealed record FieldMatches(RowBitmap Rows, FilterExpression? Remaining);

namespace Vektagraf.Index;

public sealed unsafe partial class HnswIndex
{
    /// <summary>
    /// Deletes a row: searches that begin after this do not return it, and the rows linked with it are linked with each other. An update is a
    /// deletion and an insertion. One thread at a time may append or delete.
    /// </summary>
    /// <returns>False if the row was deleted before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public bool Delete(int ordinal)
    {
        RequireRow(ordinal);
        if (ordinal >= _indexed)
        {
            IndexPending(int.MaxValue);
        }

        bool deleted = Metric switch
        {
            DistanceMetric.Cosine => _graph.Delete(ordinal, Rows<CosineMetric>(), _scratch),
            DistanceMetric.Dot => _graph.Delete(ordinal, Rows<DotMetric>(), _scratch),
            _ => _graph.Delete(ordinal, Rows<EuclideanMetric>(), _scratch),
        };
        GC.KeepAlive(_tables);
        return deleted;
    }

    /// <summary>
    /// Links all remaining rows past the deleted ones, which no walk meets afterwards. Worth its time, about that of inserting the rows that had
    /// deleted neighbours, after some tenth of the rows were deleted. One thread at a time may append, delete or do this.
    /// </summary>
    public void Consolidate()
    {
        switch (Metric)
        {
            case DistanceMetric.Cosine:
                _graph.Consolidate(Rows<CosineMetric>(), _scratch);
                break;
            case DistanceMetric.Dot:
                _graph.Consolidate(Rows<DotMetric>(), _scratch);
                break;
            default:
                _graph.Consolidate(Rows<EuclideanMetric>(), _scratch);
                break;
        }

        GC.KeepAlive(_tables);
    }
}

using Vektagraf.Storage;

namespace Vektagraf.Tests.Segments;

/// <summary>Writes down the ranges that are read, and can hold them back.</summary>
internal sealed class RecordingStore(IObjectStore inner) : IObjectStore
{
    public List<ByteRange> Reads { get; } = [];

    public int InFlight { get; private set; }

    public int MostInFlight { get; private set; }

    /// <summary>What reads after the first wait for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        Reads.Add(range!.Value);
        InFlight++;
        MostInFlight = Math.Max(MostInFlight, InFlight);
        try
        {
            if (Reads.Count > 1)
            {
                await Gate.WaitAsync(cancellationToken);
            }

            return await inner.GetAsync(key, range, ifNoneMatch, cancellationToken);
        }
        finally
        {
            InFlight--;
        }
    }

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        inner.PutAsync(key, content, condition, cancellationToken);

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => inner.DeleteAsync(key, cancellationToken);
}

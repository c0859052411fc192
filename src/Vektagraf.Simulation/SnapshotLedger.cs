using System.Globalization;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Querying;

namespace Vektagraf.Simulation;

/// <summary>Past states with what they held: read again later, anywhere, they must hold the same.</summary>
internal sealed class SnapshotLedger(TimeProvider time, TimeSpan guaranteed)
{
    private const int MaxObjects = 1_000;

    private readonly List<Snapshot> _snapshots = [];

    /// <summary>Past states read again and found the same.</summary>
    public int Confirmed { get; private set; }

    /// <summary>Takes the state of now.</summary>
    public async Task TakeAsync(SimulatedNode node)
    {
        var takenAt = time.GetTimestamp();
        var response = await node.CallAsync(c => c.QueryAsync(new QueryRequest { Limit = MaxObjects }, CancellationToken.None));
        _snapshots.Add(new Snapshot(response.Session, takenAt, TextOf(response.Results), TextOf(response.Results.Where(HasVector))));
    }

    /// <summary>Reads one of the states again.</summary>
    public async Task RevisitAsync(SimulatedNode node, Random random)
    {
        if (_snapshots.Count > 0)
        {
            await RevisitAsync(node, _snapshots[random.Next(_snapshots.Count)], byExport: random.Next(2) == 0);
        }
    }

    /// <summary>Reads all of the states again.</summary>
    public async Task RevisitAllAsync(SimulatedNode node)
    {
        foreach (var snapshot in _snapshots)
        {
            await RevisitAsync(node, snapshot, byExport: true);
        }
    }

    /// <summary>The objects in one text, whatever order they came in.</summary>
    public static string TextOf(IEnumerable<StoredObject> objects) =>
        string.Join('\n', objects.OrderBy(o => o.Id, StringComparer.Ordinal).Select(o => $"{o.Id} {o.ETag} {Encoding.UTF8.GetString(o.Properties.Span)}"));

    private async Task RevisitAsync(SimulatedNode node, Snapshot snapshot, bool byExport)
    {
        try
        {
            var found = await node.CallAsync(c => byExport ? ExportAsync(c, snapshot.Token) : SearchAsync(c, snapshot.Token));
            var expected = byExport ? snapshot.Objects : snapshot.Vectors;
            ProtocolViolationException.ThrowIf(
                !string.Equals(found, expected, StringComparison.Ordinal), EnginePromise.StableSnapshots, $"as of {snapshot.Token}\n{expected}", "\n" + found);
            Confirmed++;
        }
        catch (VektagrafException e) when (e.Kind == ErrorKind.Invalid)
        {
            var age = time.GetElapsedTime(snapshot.TakenAt);
            ProtocolViolationException.ThrowIf(
                age < guaranteed, EnginePromise.StableSnapshots, string.Create(CultureInfo.InvariantCulture, $"the state {snapshot.Token}, {age.TotalSeconds:F1} s old"), e.Message);
        }
    }

    private static async Task<string> ExportAsync(Collection collection, string token) => TextOf(await collection.ExportAsync(token, CancellationToken.None));

    private static async Task<string> SearchAsync(Collection collection, string token)
    {
        var request = new SearchRequest { Vector = new VectorQuery { Value = new[] { 1f, 1f } }, K = MaxObjects, AsOf = token };
        return TextOf((await collection.SearchAsync(request, CancellationToken.None)).Hits.Select(h => h.Object));
    }

    // Neither the counter nor the accounts have one.
    private static bool HasVector(StoredObject stored) => stored.Id.StartsWith('c') && !string.Equals(stored.Id, SharedCounter.Id, StringComparison.Ordinal);

    private sealed record Snapshot(string Token, long TakenAt, string Objects, string Vectors);
}

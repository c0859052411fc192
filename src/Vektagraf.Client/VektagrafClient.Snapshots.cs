using Vektagraf.Client.Http;

namespace Vektagraf.Client;

public sealed partial class VektagrafClient
{
    private const string SnapshotNotFound = "snapshot-not-found";

    /// <summary>Keeps the present state of a collection readable: pass the snapshot's session as <c>asOf</c>. Not sent again where an
    /// answer is missing, since it may have been created: the list says.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="name">The snapshot's name, under the rules of collection names; null has one drawn.</param>
    /// <param name="expiresAt">When it ends, at most ten years from now; null for a day from now.</param>
    /// <param name="cancellationToken">Ends the call; the snapshot may still be created.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="VektagrafClientException">404; 409: the name is taken, or there are too many; 400.</exception>
    public Task<Snapshot> CreateSnapshotAsync(string collection, string? name = null, DateTimeOffset? expiresAt = null, CancellationToken cancellationToken = default)
    {
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/snapshots")
        {
            Content = Body(new SnapshotRequest(name, expiresAt), VektagrafJson.Default.SnapshotRequest),
            CanRepeat = () => false,
        };
        return ReadAsync(call, VektagrafJson.Default.Snapshot, cancellationToken);
    }

    /// <summary>Lists the snapshots of a collection.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Those that have not expired, oldest first.</returns>
    /// <exception cref="VektagrafClientException">404, or the server did not answer.</exception>
    public async Task<IReadOnlyList<Snapshot>> ListSnapshotsAsync(string collection, CancellationToken cancellationToken = default) =>
        (await ReadAsync(new ApiCall(HttpMethod.Get, CollectionPath(collection) + "/snapshots"), VektagrafJson.Default.SnapshotList, cancellationToken).ConfigureAwait(false)).Snapshots;

    /// <summary>Drops a snapshot.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cancellationToken">Ends the call; the snapshot may still be dropped.</param>
    /// <returns>Whether there was one. After a lost answer, a repeated attempt may find it gone already.</returns>
    /// <exception cref="VektagrafClientException">There is no such collection, or the server did not answer.</exception>
    public async Task<bool> DeleteSnapshotAsync(string collection, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var call = new ApiCall(HttpMethod.Delete, CollectionPath(collection) + "/snapshots/" + Segment(name, nameof(name)));
        using var response = await _sender.TrySendAsync(call, SnapshotNotFound, cancellationToken).ConfigureAwait(false);
        return response is not null;
    }

    /// <summary>Creates a collection that begins as another one is, without copying it; both go their own ways from there. Not sent
    /// again where an answer is missing, since it may have been created: the list of collections says.</summary>
    /// <param name="collection">The collection to branch from.</param>
    /// <param name="name">Name of the new one.</param>
    /// <param name="asOf">Session token, such as a snapshot's: the branch begins there; null for now.</param>
    /// <param name="cancellationToken">Ends the call; the branch may still be created.</param>
    /// <returns>The branch; its statistics are not counted yet.</returns>
    /// <exception cref="VektagrafClientException">404; 409: the name is taken, or there are too many branches; 400: that state was collected.</exception>
    public Task<CollectionInfo> CreateBranchAsync(string collection, string name, string? asOf = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/branches")
        {
            Content = Body(new BranchRequest(name, asOf), VektagrafJson.Default.BranchRequest),
            CanRepeat = () => false,
        };
        return ReadAsync(call, VektagrafJson.Default.CollectionInfo, cancellationToken);
    }
}

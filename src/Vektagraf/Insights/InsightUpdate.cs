using Vektagraf.Storage;

namespace Vektagraf.Insights;

/// <summary>Read, change, write back under the ETag: the one way in which documents that several writers share are changed.</summary>
public static class InsightUpdate
{
    // Writers of one document are few, and each writes every few seconds.
    private const int MaxAttempts = 8;

    /// <summary>Changes a document.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="id">Its id.</param>
    /// <param name="change">From the present document, null where there is none, to the one to write, null to leave it. Called again where another writer was faster.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The document written, or the present one where it was left.</returns>
    /// <exception cref="InsightStoreException">The store failed, or others kept being faster.</exception>
    public static async Task<InsightDocument?> ApplyAsync(
        IInsightStore store, string partition, string id, Func<InsightDocument?, InsightDocument?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var present = await store.GetAsync(partition, id, cancellationToken);
            if (change(present) is not { } changed)
            {
                return present;
            }

            var condition = present is null ? PutCondition.Absent : PutCondition.Match(present.ETag!);
            if (await store.PutAsync(changed, condition, cancellationToken) is { } etag)
            {
                return changed with { ETag = etag };
            }
        }

        throw new InsightStoreException($"Others kept changing '{id}' of '{partition}'.");
    }
}

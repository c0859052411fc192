using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Vektagraf.Storage;

namespace Vektagraf.Azure;

/// <summary>Objects as block blobs of one container of an Azure storage account.</summary>
/// <remarks>
/// <para>An object is written by one <c>Put Blob</c> request, so that it appears as a whole or not at all, and conditions are checked by
/// the service. Writes are sent once: a lost answer surfaces as an error, because the caller has to know that the outcome is unknown.
/// Reads and listings are repeated by the SDK.</para>
/// <para>The account must not have a hierarchical namespace: its folders appear in listings.</para>
/// </remarks>
public sealed class AzureBlobObjectStore : IObjectStore
{
    // A blob can shrink or grow between two requests; after this many times in a row it is somebody else's loop.
    private const int RangeAttempts = 5;

    // The most that one Put Blob request takes. Above the size named here the SDK would send blocks, several requests.
    private static readonly StorageTransferOptions OneRequest = new() { InitialTransferSize = 5_000L << 20 };

    private readonly BlobContainerClient _container;

    /// <summary>Uses a container client.</summary>
    /// <param name="container">The client. Its options must not retry writes: make them with <see cref="CreateClientOptions"/>.</param>
    public AzureBlobObjectStore(BlobContainerClient container)
    {
        ArgumentNullException.ThrowIfNull(container);
        _container = container;
    }

    /// <summary>Uses a container of the account that a connection string names.</summary>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="container">Name of the container.</param>
    /// <returns>The store; nothing has been asked of the service yet.</returns>
    public static AzureBlobObjectStore FromConnectionString(string connectionString, string container) =>
        new(new BlobContainerClient(connectionString, container, CreateClientOptions()));

    /// <summary>Uses a container of an account, by an Entra identity that has the role <c>Storage Blob Data Contributor</c>.</summary>
    /// <param name="account">The account's blob endpoint, such as <c>https://name.blob.core.windows.net</c>.</param>
    /// <param name="container">Name of the container.</param>
    /// <param name="credential">The identity; null for the managed identity of the host or, without one, the developer's sign-in.</param>
    /// <returns>The store; nothing has been asked of the service yet.</returns>
    public static AzureBlobObjectStore FromAccount(Uri account, string container, TokenCredential? credential = null)
    {
        ArgumentNullException.ThrowIfNull(account);
        var service = new BlobServiceClient(account, credential ?? new DefaultAzureCredential(), CreateClientOptions());
        return new AzureBlobObjectStore(service.GetBlobContainerClient(container));
    }

    /// <summary>Options for clients of this store: reads are retried, writes are not.</summary>
    /// <returns>New options.</returns>
    public static BlobClientOptions CreateClientOptions() => new() { RetryPolicy = new ReadRetryPolicy() };

    /// <summary>Creates the container if there is none. Not done by other methods: it needs more rights than reading and writing.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When the container exists.</returns>
    public async Task EnsureContainerAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        }
        catch (Exception e) when (BlobFailure.IsServiceError(e, cancellationToken))
        {
            throw Failure(e, "create the container");
        }
    }

    /// <inheritdoc/>
    public async Task<GetResult> GetAsync(
        string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        range?.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        BlobClient blob = _container.GetBlobClient(key);
        try
        {
            for (int attempt = 0; attempt < RangeAttempts; attempt++)
            {
                GetResult? result = await TryDownloadAsync(blob, range, ifNoneMatch, cancellationToken)
                    ?? await TryGetNothingAsync(blob, range!.Value, ifNoneMatch, cancellationToken);
                if (result is { } found)
                {
                    return found;
                }
            }
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return GetResult.Missing;
        }
        catch (Exception e) when (BlobFailure.IsServiceError(e, cancellationToken))
        {
            throw Failure(e, $"read object '{key}'");
        }

        throw new ObjectStoreException($"Object '{key}' in {Place} changed its length during each of {RangeAttempts} reads.", isTransient: true);
    }

    /// <inheritdoc/>
    public async Task<PutResult> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        if (IsWildcard(condition.MustMatch))
        {
            return PutResult.ConditionFailed;
        }

        var options = new BlobUploadOptions { Conditions = ToRequestConditions(condition), TransferOptions = OneRequest };
        try
        {
            Response<BlobContentInfo> response = await _container.GetBlobClient(key)
                .UploadAsync(BinaryData.FromBytes(content), options, cancellationToken);
            return new PutResult(Written: true, response.Value.ETag.ToString());
        }
        catch (RequestFailedException e) when (IsConditionFailure(e, condition))
        {
            return PutResult.ConditionFailed;
        }
        catch (Exception e) when (BlobFailure.IsServiceError(e, cancellationToken))
        {
            throw Failure(e, $"write object '{key}'");
        }
    }

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(
        string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default)
    {
        ListPage.ValidateRequest(prefix, pageSize);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            IAsyncEnumerable<Page<BlobItem>> pages = _container
                .GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken)
                .AsPages(continuation, pageSize);
            await foreach (Page<BlobItem> page in pages)
            {
                string? next = string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;
                return new ListPage([.. page.Values.Select(ToEntry)], next);
            }

            return new ListPage([], Continuation: null);
        }
        catch (Exception e) when (BlobFailure.IsServiceError(e, cancellationToken))
        {
            throw Failure(e, $"list objects '{prefix}'");
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectKey.Validate(key);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            // Not DeleteIfExists: it also answers "there was none" where the whole container is missing.
            await _container.GetBlobClient(key).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions: null, cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return false;
        }
        catch (Exception e) when (BlobFailure.IsServiceError(e, cancellationToken))
        {
            throw Failure(e, $"delete object '{key}'");
        }
    }

    private string Place => $"container '{_container.Name}' of storage account '{_container.AccountName}'";

    private static bool IsWildcard(string? etag) => string.Equals(etag, "*", StringComparison.Ordinal);

    private static ListEntry ToEntry(BlobItem blob) =>
        new(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? DateTimeOffset.UnixEpoch);

    private static BlobRequestConditions? ToRequestConditions(PutCondition condition) =>
        condition.MustBeAbsent ? new BlobRequestConditions { IfNoneMatch = ETag.All }
        : condition.MustMatch is { } etag ? new BlobRequestConditions { IfMatch = new ETag(etag) }
        : null;

    /// <summary>By the code: the statuses 409 and 412 also stand for leases, policies and containers that are being deleted.</summary>
    private static bool IsConditionFailure(RequestFailedException e, PutCondition condition) =>
        condition.MustBeAbsent ? e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode == BlobErrorCode.ConditionNotMet
        : condition.MustMatch is not null && (e.ErrorCode == BlobErrorCode.ConditionNotMet || e.ErrorCode == BlobErrorCode.BlobNotFound);

    /// <summary>Downloads; null where the service refuses the range, which it does from the end of the blob on.</summary>
    private static async Task<GetResult?> TryDownloadAsync(
        BlobClient blob, ByteRange? range, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions();
        if (range is { } wanted)
        {
            options.Range = new HttpRange(wanted.Offset, Math.Min(wanted.Length, long.MaxValue - wanted.Offset));
        }

        if (ifNoneMatch is not null && !IsWildcard(ifNoneMatch))
        {
            options.Conditions = new BlobRequestConditions { IfNoneMatch = new ETag(ifNoneMatch) };
        }

        try
        {
            Response<BlobDownloadStreamingResult> response = await blob.DownloadStreamingAsync(options, cancellationToken);
            if (response.GetRawResponse().Status == 304)
            {
                return new GetResult(GetStatus.NotModified, default, ifNoneMatch, 0);
            }

            using BlobDownloadStreamingResult result = response.Value;
            byte[] content = GC.AllocateUninitializedArray<byte>(checked((int)result.Details.ContentLength));
            await result.Content.ReadExactlyAsync(content, cancellationToken);
            return new GetResult(GetStatus.Found, content, result.Details.ETag.ToString(), TotalLength(result.Details));
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange && range is not null)
        {
            return null;
        }
    }

    /// <summary>The answer for a range that starts at or past the end; null where the blob has grown meanwhile.</summary>
    private static async Task<GetResult?> TryGetNothingAsync(
        BlobClient blob, ByteRange range, string? ifNoneMatch, CancellationToken cancellationToken)
    {
        BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
        string etag = properties.ETag.ToString();
        return string.Equals(etag, ifNoneMatch, StringComparison.Ordinal) ? new GetResult(GetStatus.NotModified, default, etag, 0)
            : range.Offset >= properties.ContentLength ? new GetResult(GetStatus.Found, default, etag, properties.ContentLength)
            : null;
    }

    /// <summary>The length after the slash of <c>bytes 0-4/10</c>; without a range, what was sent is all.</summary>
    private static long TotalLength(BlobDownloadDetails details) =>
        details.ContentRange is { } range && range.LastIndexOf('/') is var slash and >= 0
        && long.TryParse(range.AsSpan(slash + 1), CultureInfo.InvariantCulture, out long total) ? total : details.ContentLength;

    private ObjectStoreException Failure(Exception cause, string attempted) => BlobFailure.From(cause, attempted, Place);
}

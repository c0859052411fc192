using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Vektagraf.Client.Http;

namespace Vektagraf.Client;

public sealed partial class VektagrafClient
{
    // As large as one read of the HTTP client delivers at most.
    private const int CopyBufferBytes = 64 * 1024;

    /// <summary>Saves a sequence of objects of any length in bounded memory. Good objects are kept, bad ones reported; later ones win
    /// over earlier ones of the same id.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="objects">The objects, enumerated once as the server takes them.</param>
    /// <param name="progress">Told the count of objects sent; null for nobody.</param>
    /// <param name="cancellationToken">Ends the import; what was saved by then stays.</param>
    /// <returns>Counts and failures, once everything is durable.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection. 503 or no answer: part of the objects may be saved; sending
    /// them again does no harm. Not repeated by itself once the first object was asked for.</exception>
    public Task<ImportResult> ImportAsync(
        string collection,
        IAsyncEnumerable<VektagrafObject> objects,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objects);
        return ImportAsync(collection, () => new ObjectContent(objects, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Saves a stream of objects, one JSON object a line (NDJSON in UTF-8), of any length in bounded memory.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="lines">The stream, read to its end as the server takes it; not disposed of.</param>
    /// <param name="progress">Told the count of bytes sent; null for nobody.</param>
    /// <param name="cancellationToken">Ends the import; what was saved by then stays.</param>
    /// <returns>Counts and failures, once everything is durable.</returns>
    /// <exception cref="VektagrafClientException">As for a sequence of objects.</exception>
    public Task<ImportResult> ImportAsync(string collection, Stream lines, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return ImportAsync(collection, () => new LinesContent(lines, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Reads all objects of one consistent snapshot, vectors included, in bounded memory.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="asOf">Session token: the data as it was then; null for now.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    /// <returns>The objects, read as the sequence is enumerated.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection; or the stream broke off before its end.</exception>
    public async IAsyncEnumerable<VektagrafObject> ExportAsync(
        string collection,
        string? asOf = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await _sender.SendAsync(ExportCall(collection, asOf), cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var lines = JsonSerializer.DeserializeAsyncEnumerable(stream, VektagrafJson.Default.VektagrafObject, topLevelValues: true, cancellationToken);
            var enumerator = lines.GetAsyncEnumerator(cancellationToken);
            await using (enumerator.ConfigureAwait(false))
            {
                for (var count = 0L; await MoveNextAsync(enumerator, count).ConfigureAwait(false); count++)
                {
                    yield return enumerator.Current ?? throw BrokenExport(count, new JsonException("null where an object is due"));
                }
            }
        }
    }

    /// <summary>Writes all objects of one consistent snapshot to a stream, one JSON object a line, vectors included.</summary>
    /// <param name="collection">The collection's name.</param>
    /// <param name="destination">Where to; not disposed of.</param>
    /// <param name="asOf">Session token: the data as it was then; null for now.</param>
    /// <param name="progress">Told the count of bytes written; null for nobody.</param>
    /// <param name="cancellationToken">Ends the export.</param>
    /// <returns>Count of objects written, once all are.</returns>
    /// <exception cref="VektagrafClientException">404: no such collection; or the stream broke off, and what was written is not whole.</exception>
    public async Task<long> ExportAsync(
        string collection,
        Stream destination,
        string? asOf = null,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var response = await _sender.SendAsync(ExportCall(collection, asOf), cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[CopyBufferBytes];
            var (bytes, lines) = (0L, 0L);
            int read;
            while ((read = await ReadExportAsync(stream, buffer, lines, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                lines += buffer.AsSpan(0, read).Count((byte)'\n');
                bytes += read;
                progress?.Report(bytes);
            }

            return lines;
        }
    }

    private static ApiCall ExportCall(string collection, string? asOf)
    {
        var path = CollectionPath(collection) + "/objects:export";
        return new ApiCall(HttpMethod.Get, asOf is null ? path : WithQuery(path, ("asOf", asOf))) { StreamsAnswer = true };
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<VektagrafObject?> enumerator, long count)
    {
        try
        {
            return await enumerator.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            throw BrokenExport(count, e);
        }
    }

    private static async ValueTask<int> ReadExportAsync(Stream stream, byte[] buffer, long count, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw BrokenExport(count, e);
        }
    }

    private static VektagrafClientException BrokenExport(long count, Exception cause) =>
        new($"The export broke off after {count} objects and is not whole. Start it again. ({cause.Message})", cause);

    private async Task<ImportResult> ImportAsync(string collection, Func<StreamedContent> create, CancellationToken cancellationToken)
    {
        StreamedContent? content = null;
        var call = new ApiCall(HttpMethod.Post, CollectionPath(collection) + "/objects:import")
        {
            Content = () => content = create(),
            ExpectContinue = true,
            CanRepeat = () => content?.HasBegun != true,
        };
        try
        {
            return await ReadAsync(call, VektagrafJson.Default.ImportResult, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (content?.SourceFailure is not null)
        {
            // The caller's own failure, not the server's: it comes out as it went in.
            ExceptionDispatchInfo.Throw(content.SourceFailure);
            throw;
        }
    }
}

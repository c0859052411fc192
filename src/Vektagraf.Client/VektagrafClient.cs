using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Vektagraf.Client.Http;

namespace Vektagraf.Client;

/// <summary>
/// A client of Vektagraf's HTTP API. Thread-safe; one instance serves a whole process. Calls that fail in passing are sent again
/// (see <see cref="VektagrafClientOptions"/>), writes with the same Idempotency-Key each time, so that they are applied once.
/// </summary>
/// <remarks>The HTTP client's timeout bounds each attempt, including the upload of an import: set it accordingly.</remarks>
public sealed partial class VektagrafClient
{
    private const string CollectionNotFound = "collection-not-found";
    private const string ObjectNotFound = "object-not-found";

    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue MergePatch = new("application/merge-patch+json");

    private readonly ApiSender _sender;

    /// <summary>Creates a client.</summary>
    /// <param name="http">Sends the requests; not disposed of by this client.</param>
    /// <param name="options">The server's address, the key, retries; null for defaults.</param>
    /// <exception cref="ArgumentException">Neither says where the server is.</exception>
    public VektagrafClient(HttpClient http, VektagrafClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        _sender = new ApiSender(http, options ?? new VektagrafClientOptions());
    }

    /// <summary>Address of the server.</summary>
    public Uri Server => _sender.Server;

    /// <summary>Asks whether the server's process runs.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Its status.</returns>
    /// <exception cref="VektagrafClientException">The server refused the call, or did not answer.</exception>
    public Task<HealthStatus> GetLivenessAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(new ApiCall(HttpMethod.Get, "api/health/live"), VektagrafJson.Default.HealthStatus, cancellationToken);

    /// <summary>Asks whether the server can serve, and for the limits in force.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Its status.</returns>
    /// <exception cref="VektagrafClientException">Its object store does not answer (503), or the server does not.</exception>
    public Task<HealthStatus> GetReadinessAsync(CancellationToken cancellationToken = default) =>
        ReadAsync(new ApiCall(HttpMethod.Get, "api/health/ready"), VektagrafJson.Default.HealthStatus, cancellationToken);

    private static string CollectionPath(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "api/collections/" + Segment(name, nameof(name));
    }

    private static string ObjectPath(string collection, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return CollectionPath(collection) + "/objects/" + Segment(id, nameof(id));
    }

    /// <summary>One segment of a path. Dots alone would climb out of it, so that deleting object ".." would drop the collection.</summary>
    private static string Segment(string text, string parameter) => text is "." or ".."
        ? throw new ArgumentException("'.' and '..' cannot be part of an address. Choose another name.", parameter)
        : Uri.EscapeDataString(text);

    private static string WithQuery(string path, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var text = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return text.ToString();
    }

    private static Func<HttpContent> Body<T>(T value, JsonTypeInfo<T> type, MediaTypeHeaderValue? mediaType = null)
    {
        // Once for all attempts: they must not differ.
        var utf8 = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return () => new ByteArrayContent(utf8) { Headers = { ContentType = mediaType ?? Json } };
    }

    private static Func<HttpContent> PatchBody(JsonObject mergePatch) => Body(mergePatch, VektagrafJson.Default.JsonObject, MergePatch);

    private async Task<T> ReadAsync<T>(ApiCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await _sender.SendAsync(call, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken).ConfigureAwait(false)
                    ?? throw new JsonException("null where an answer is due");
            }
        }
        catch (JsonException e)
        {
            throw new VektagrafClientException($"The answer is not one of Vektagraf's ({e.Message}). Is there something else at this address?", e) { Status = response.StatusCode };
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vektagraf.Optimisation;
using Vektagraf.Querying;

namespace Vektagraf.Caching;

/// <summary>
/// Answers of one collection. Their keys hold everything that an answer depends on: the collection's generation and definition, the whole request, and the
/// position of every shard's log that it was answered from. So a key never stands for two answers, and nothing has to be invalidated when data changes.
/// </summary>
/// <param name="cache">Where they are kept.</param>
/// <param name="storageName">The collection with its generation.</param>
/// <param name="definition">Its definition, encoded.</param>
internal sealed class AnswerCache(TieredCache cache, string storageName, byte[] definition)
{
    /// <summary>How a search that was answered from here found its rows.</summary>
    public const string AccessPath = "cache";

    // A page of a thousand objects; more is read out rather than looked at again.
    private const int MostBytes = 1024 * 1024;

    // Data that changes leaves answers behind that nobody asks for any more.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    private readonly byte[] _definition = SHA256.HashData(definition);

    /// <summary>What JSON has in place of half a character: requests and answers with it are not told apart, so they are not kept.</summary>
    private static ReadOnlySpan<byte> Replacement => "\\uFFFD"u8;

    /// <summary>The key of a search.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="request">The request.</param>
    /// <param name="query">The query vector that it came to; null for none.</param>
    /// <param name="session">The version of the data.</param>
    /// <returns>Null where it cannot be kept.</returns>
    public CacheKey? KeyOf(QuerySignature shape, SearchRequest request, ReadOnlyMemory<float>? query, string session)
    {
        // The version says how fresh; the values are hashed as they are.
        var canonical = request with { Consistency = default, AsOf = null, Vector = request.Vector is { } vector ? vector with { Value = null } : null };
        return KeyOf(shape, JsonSerializer.SerializeToUtf8Bytes(canonical, AnswerJson.Default.SearchRequest), query is { } values ? values.Span : default, session);
    }

    /// <summary>The key of a query.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="request">The request.</param>
    /// <param name="session">The version of the data.</param>
    /// <returns>Null where it cannot be kept.</returns>
    public CacheKey? KeyOf(QuerySignature shape, QueryRequest request, string session) =>
        KeyOf(shape, JsonSerializer.SerializeToUtf8Bytes(request with { Consistency = default }, AnswerJson.Default.QueryRequest), default, session);

    /// <summary>An answer that is kept, or one computed now, once for all who ask the same meanwhile.</summary>
    public async Task<SearchResponse> GetOrComputeAsync(CacheKey key, Func<CancellationToken, SearchResponse> compute, CancellationToken cancellationToken)
    {
        var (answer, isKept) = await GetOrComputeAsync(key, compute, AnswerJson.Default.SearchResponse, cancellationToken);
        return isKept
            ? answer with { Plan = answer.Plan with { AccessPath = AccessPath, Considered = 0, Filtered = 0, Scored = 0, Hops = 0, Reranked = 0, ListsProbed = 0 } }
            : answer;
    }

    /// <summary>An answer that is kept, or one computed now, once for all who ask the same meanwhile.</summary>
    public async Task<QueryResponse> GetOrComputeAsync(CacheKey key, Func<CancellationToken, QueryResponse> compute, CancellationToken cancellationToken) =>
        (await GetOrComputeAsync(key, compute, AnswerJson.Default.QueryResponse, cancellationToken)).Answer;

    private async Task<(T Answer, bool IsKept)> GetOrComputeAsync<T>(
        CacheKey key, Func<CancellationToken, T> compute, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        T? own = null;
        var bytes = await cache.GetOrLoadAsync(
            key,
            token =>
            {
                own = compute(token);
                var encoded = JsonSerializer.SerializeToUtf8Bytes(own, type);

                // Nothing in its place says that it is to be computed each time.
                return Task.FromResult<ReadOnlyMemory<byte>>(encoded.Length <= MostBytes && encoded.AsSpan().IndexOf(Replacement) < 0 ? encoded : Array.Empty<byte>());
            },
            TimeToLive,
            cancellationToken: cancellationToken);
        return own is not null ? (own, false) : bytes.IsEmpty ? (compute(cancellationToken), false) : (JsonSerializer.Deserialize(bytes.Span, type)!, true);
    }

    private CacheKey? KeyOf(QuerySignature shape, byte[] request, ReadOnlySpan<float> query, string session)
    {
        if (request.AsSpan().IndexOf(Replacement) >= 0)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_definition);
        hash.AppendData(BitConverter.GetBytes(request.Length));
        hash.AppendData(request);
        hash.AppendData(MemoryMarshal.AsBytes(query));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new CacheKey(string.Create(CultureInfo.InvariantCulture, $"result/{storageName}/{shape}/{Convert.ToHexStringLower(digest)}/{session}"));
    }
}

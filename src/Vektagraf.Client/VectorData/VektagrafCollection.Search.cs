using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Search, and retrieval by filter.</summary>
public partial class VektagrafCollection<TKey, TRecord>
{
    // What the server takes in one request.
    private const int MaxPage = 10_000;

    private static readonly VectorSearchOptions<TRecord> DefaultSearch = new();

    /// <inheritdoc/>
    /// <remarks>Takes vectors; what a configured generator takes; and text, which the server embeds where the field has a generator there.</remarks>
    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue,
        int top,
        VectorSearchOptions<TRecord>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= DefaultSearch;
        var includeVectors = IncludeVectors(options.IncludeVectors);
        var property = _model.GetVectorPropertyOrSingle(options);
        var score = new ScoreScale(property);
        var request = new SearchRequest
        {
            Vector = await QueryAsync(property, searchValue, cancellationToken).ConfigureAwait(false),
            K = top,
            Offset = options.Skip,
            Filter = options.Filter is null ? null : FilterTranslator.Translate(options.Filter, _model),
            IncludeVectors = includeVectors,
            MinScore = options.ScoreThreshold is { } threshold ? score.ServerFloor(threshold) : null,
        };
        var answer = await _failures.WrapAsync("VectorizedSearch", () => _client.SearchAsync(Name, request, cancellationToken)).ConfigureAwait(false);
        foreach (var hit in answer.Results)
        {
            var value = score.Of(hit);
            if (options.ScoreThreshold is { } limit && !score.Passes(value, limit))
            {
                yield break;
            }

            yield return new VectorSearchResult<TRecord>(_mapper.ToRecord(hit.Id, hit.Properties, hit.Vectors, includeVectors), value);
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter,
        int top,
        FilteredRecordRetrievalOptions<TRecord>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new FilteredRecordRetrievalOptions<TRecord>();
        var includeVectors = IncludeVectors(options.IncludeVectors);
        var request = new QueryRequest { Filter = FilterTranslator.Translate(filter, _model), OrderBy = OrderOf(options), IncludeVectors = includeVectors };
        var (toSkip, toTake) = (options.Skip, top);
        for (string? cursor = null; toTake > 0;)
        {
            // What is skipped is walked over by cursor, without its properties and vectors.
            var skipping = toSkip > 0;
            var limit = Math.Min(skipping ? toSkip : toTake, MaxPage);
            var next = request with { Cursor = cursor, Limit = limit, Select = skipping ? [] : null, IncludeVectors = includeVectors && !skipping };
            var page = await _failures.WrapAsync("Get", () => _client.QueryAsync(Name, next, cancellationToken)).ConfigureAwait(false);
            if (skipping)
            {
                toSkip -= page.Results.Count;
            }
            else
            {
                toTake -= page.Results.Count;
                foreach (var found in page.Results)
                {
                    yield return _mapper.ToRecord(found.Id, found.Properties, found.Vectors, includeVectors);
                }
            }

            cursor = page.Cursor;
            if (cursor is null)
            {
                yield break;
            }
        }
    }

    private List<string>? OrderOf(FilteredRecordRetrievalOptions<TRecord> options)
    {
        var keys = options.OrderBy?.Invoke(new FilteredRecordRetrievalOptions<TRecord>.OrderByDefinition()).Values;
        return keys is { Count: > 0 }
            ? [.. keys.Select(key => FilterTranslator.Path(_model.GetDataOrKeyProperty(key.PropertySelector)) + (key.Ascending ? " asc" : " desc"))]
            : null;
    }

    private static async Task<VectorQuery> QueryAsync<TInput>(VectorPropertyModel property, TInput searchValue, CancellationToken cancellationToken)
    {
        if (RecordMapper<TRecord>.VectorOf(searchValue) is { } vector)
        {
            return new VectorQuery { Field = property.StorageName, Value = vector };
        }

        if (property.EmbeddingGenerationDispatcher is not null)
        {
            var embedding = await property.GenerateEmbeddingAsync(searchValue, cancellationToken).ConfigureAwait(false);
            return new VectorQuery { Field = property.StorageName, Value = ((Embedding<float>)embedding).Vector };
        }

        return searchValue is string text
            ? new VectorQuery { Field = property.StorageName, Text = text }
            : throw new NotSupportedException(VectorDataStrings.InvalidSearchInputAndNoEmbeddingGeneratorWasConfigured(searchValue!.GetType(), RecordModelBuilder.SupportedVectorTypes));
    }
}

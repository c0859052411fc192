using System.Globalization;
using System.Net;
using System.Text.Json;
using Azure;
using Azure.Identity;
using Microsoft.Azure.Cosmos;
using Vektagraf.Insights;

namespace Vektagraf.Azure;

/// <content>The connection, and what becomes of its errors.</content>
public sealed partial class CosmosInsightStore
{
    // Whoever writes insights tries again later; a call that waits for long is in the way of the next ones.
    private const int MaxThrottledRetries = 4;

    private const string SubStatus = "x-ms-substatus";

    // Of a 404: the container is missing, and not the document in it.
    private const string OwnerNotFound = "1003";

    private static readonly TimeSpan MaxThrottledWait = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private string Place => $"container '{_options.Container}' of database '{_options.Database}'";

    private async Task<T> CallAsync<T>(string attempted, Func<Container, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var timeout = new CancellationTokenSource(_options.Timeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var container = await OpenAsync(either.Token).WaitAsync(either.Token);

            // The SDK looks at the token between requests and not while it waits for everything.
            return await call(container, either.Token).WaitAsync(either.Token);
        }
        catch (Exception e) when (IsServiceError(e, cancellationToken))
        {
            throw new InsightStoreException($"Could not {attempted} in {Place}: {Reason(e)}", e);
        }
    }

    private async Task<Container> OpenAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _container) is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_container is null)
            {
                _client ??= CreateClient(_options);
                if (_options.CreatesIfMissing)
                {
                    await CreateContainerAsync(_client, cancellationToken);
                }

                Volatile.Write(ref _container, _client.GetContainer(_options.Database, _options.Container));
            }

            return _container;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task CreateContainerAsync(CosmosClient client, CancellationToken cancellationToken)
    {
        // Without a throughput, so that serverless accounts take it as well; others give it their least, 400 request units a second.
        Database database = await client.CreateDatabaseIfNotExistsAsync(_options.Database, cancellationToken: cancellationToken);
        var created = await database.CreateContainerIfNotExistsAsync(InsightContainer.Define(_options.Container), cancellationToken: cancellationToken);
        InsightContainer.Check(created.Resource);
    }

    private static CosmosClient CreateClient(CosmosInsightOptions options)
    {
        var client = new CosmosClientOptions
        {
            ApplicationName = "vektagraf",
            ConnectionMode = options.Mode,

            // Stand-ins on this machine announce addresses that only they know.
            LimitToEndpoint = options.AccountEndpoint()!.IsLoopback,
            AllowBulkExecution = options.Bulk,
            RequestTimeout = RequestTimeout,
            MaxRetryAttemptsOnRateLimitedRequests = MaxThrottledRetries,
            MaxRetryWaitTimeOnRateLimitedRequests = MaxThrottledWait,
        };
        if (options.HttpClientFactory is { } factory)
        {
            client.HttpClientFactory = factory;
        }

        return options.ConnectionString is { } text
            ? new CosmosClient(text, client)
            : new CosmosClient(options.Endpoint!.AbsoluteUri, options.Credential ?? new DefaultAzureCredential(), client);
    }

    private static bool IsMissing(ResponseMessage response) =>
        response.StatusCode == HttpStatusCode.NotFound && !string.Equals(response.Headers[SubStatus], OwnerNotFound, StringComparison.Ordinal);

    private static ResponseMessage Succeeded(ResponseMessage response) => response.EnsureSuccessStatusCode();

    /// <summary>Whether it is the service's or the network's error, and neither a defect nor the caller's cancellation.</summary>
    private static bool IsServiceError(Exception e, CancellationToken cancellationToken) => e switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AggregateException many => many.InnerExceptions.All(i => IsServiceError(i, cancellationToken)),
        CosmosException or RequestFailedException or AuthenticationFailedException or HttpRequestException or IOException or TimeoutException => true,

        // An item that this store did not write, or a key that is none.
        JsonException or FormatException => true,
        _ => false,
    };

    private static string Reason(Exception e) => e switch
    {
        CosmosException { StatusCode: HttpStatusCode.TooManyRequests } => "it has no throughput left (429). Give it more, or write less.",
        CosmosException { StatusCode: HttpStatusCode.NotFound } => "there is no such container. Deploy it, or use a connection string with a key, which may make it.",
        CosmosException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } failed =>
            string.Create(CultureInfo.InvariantCulture, $"access was refused ({(int)failed.StatusCode}). Check the key, or grant the identity 'Cosmos DB Built-in Data Contributor', and look at the account's network rules."),
        CosmosException failed => string.Create(CultureInfo.InvariantCulture, $"the service answered {(int)failed.StatusCode}."),
        AuthenticationFailedException => "there is no identity. Sign in, or give the host a managed identity.",
        OperationCanceledException or TimeoutException => "no answer came in time.",
        JsonException or FormatException => "the item is none of an insight store.",
        _ => e.Message,
    };
}

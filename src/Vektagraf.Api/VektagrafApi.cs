using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Vektagraf.Api.Http;
using Vektagraf.Api.OpenApi;
using Vektagraf.Api.Page;
using Vektagraf.Api.Routing;
using Vektagraf.Storage;

namespace Vektagraf.Api;

/// <summary>The HTTP API over one database, whatever the host.</summary>
public sealed partial class VektagrafApi
{
    private readonly ILogger<VektagrafApi> _log;
    private readonly int _concurrentRequests;
    private readonly Lazy<byte[]> _openApi = new(OpenApiDocument.Build);
    private readonly Lazy<SearchPage> _page = new(SearchPage.Load);
    private int _inProgress;

    /// <summary>Creates the API.</summary>
    /// <param name="database">The database.</param>
    /// <param name="store">Its object store, which the readiness probe asks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where unexpected errors are logged.</param>
    /// <param name="concurrentRequests">Requests in progress beyond which further ones are answered 429; probes and the page do not count.</param>
    public VektagrafApi(VektagrafDatabase database, IObjectStore store, TimeProvider time, ILogger<VektagrafApi> log, int concurrentRequests = int.MaxValue)
    {
        _concurrentRequests = concurrentRequests;
        Database = database;
        Store = store;
        Time = time;
        _log = log;
    }

    /// <summary>The database.</summary>
    public VektagrafDatabase Database { get; }

    internal IObjectStore Store { get; }

    internal TimeProvider Time { get; }

    internal byte[] OpenApi => _openApi.Value;

    internal SearchPage Page => _page.Value;

    /// <summary>Answers a request; every error becomes problem details.</summary>
    /// <param name="route">The route that the host matched.</param>
    /// <param name="context">The request and its response.</param>
    /// <returns>When the response is written.</returns>
    public async Task HandleAsync(ApiRoute route, HttpContext context)
    {
        var counts = route.Access != AccessLevel.Anonymous;
        try
        {
            if (counts && Interlocked.Increment(ref _inProgress) > _concurrentRequests)
            {
                throw new VektagrafException(ErrorKind.Busy, "too-many-requests", $"{_concurrentRequests} requests are in progress, which is as many as this node takes at once. Try again, or send fewer at once.");
            }

            RequestPath.Require(context);
            await route.Handler(this, context);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (VektagrafException e)
        {
            await ProblemDetailsWriter.WriteAsync(context, e);
        }
        catch (BadHttpRequestException e)
        {
            await ProblemDetailsWriter.WriteAsync(context, e.StatusCode, "bad-request", e.Message);
        }
        catch (Exception e)
        {
            LogUnexpected(e, route.Name);
            await ProblemDetailsWriter.WriteAsync(
                context,
                StatusCodes.Status500InternalServerError,
                "internal-error",
                "Something failed that should not. The server's log says more; please report it.");
        }
        finally
        {
            if (counts)
            {
                Interlocked.Decrement(ref _inProgress);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error in {Route}")]
    private partial void LogUnexpected(Exception error, string route);
}

using System.Diagnostics;
using Vektagraf.Telemetry;

namespace Vektagraf.Collections;

/// <content>What is measured of loading and maintenance.</content>
public sealed partial class Collection
{
    /// <summary>Log entries that no segment contains, of the shard with the most; null where the collection is not loaded.</summary>
    internal long? TailLength => Volatile.Read(ref _loaded)?.Max(s => (long)s.Log.UnfoldedEntries);

    /// <summary>Age of the oldest log entry that no segment contains; null where the collection is not loaded.</summary>
    internal TimeSpan? FoldLag => Volatile.Read(ref _loaded)?.Max(s => s.Log.FoldLag);

    /// <summary>Does something under a span, and says how long it took and how it ended.</summary>
    private async Task<T> TracedAsync<T>(string operation, Func<Task<T>> run, Action<string, TimeSpan, string> ended)
    {
        using var span = Instruments.Spans.StartActivity(operation);
        span?.SetTag(TelemetryAttributes.DbCollectionName, Name);
        var startedAt = _engine.Time.GetTimestamp();
        var outcome = "failure";
        try
        {
            var result = await run();
            outcome = "ok";
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        catch (Exception e)
        {
            span?.SetTag(TelemetryAttributes.ErrorType, e is VektagrafException known ? known.Slug : e.GetType().FullName);
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        finally
        {
            ended(Name, _engine.Time.GetElapsedTime(startedAt), outcome);
        }
    }
}

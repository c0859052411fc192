using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vektagraf.Shards;
using Vektagraf.Storage.Log;

namespace Vektagraf.Api.Http;

/// <summary>What a request says in its path, query and headers.</summary>
internal static class RequestValues
{
    /// <summary>The collection's name.</summary>
    public static string CollectionName(this HttpContext context) => (string?)context.Request.RouteValues["c"] ?? string.Empty;

    /// <summary>The object's id.</summary>
    public static string ObjectId(this HttpContext context) =>
        RequestPath.LastSegment(context) ?? (string?)context.Request.RouteValues["id"] ?? string.Empty;

    /// <summary>A truth value of the query.</summary>
    public static bool Flag(this HttpContext context, string name)
    {
        var text = context.Request.Query[name].ToString();
        return text switch
        {
            "" or "false" => false,
            "true" => true,
            _ => throw VektagrafException.Invalid(string.Empty, $"Query parameter '{name}' is true or false, not '{text}'."),
        };
    }

    /// <summary>How fresh a read must be, from the query.</summary>
    public static ReadConsistency Consistency(this HttpContext context)
    {
        if (context.Request.Query["session"].ToString() is { Length: > 0 } session)
        {
            return new ReadConsistency(ConsistencyLevel.Session, Session: session);
        }

        const string Bounded = "bounded:";
        var text = context.Request.Query["consistency"].ToString();
        return text switch
        {
            "" or "strong" => ReadConsistency.Strong,
            "eventual" => ReadConsistency.Eventual,
            _ when text.StartsWith(Bounded, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(Bounded.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds < TimeSpan.MaxValue.TotalMilliseconds => new ReadConsistency(ConsistencyLevel.Bounded, TimeSpan.FromMilliseconds(milliseconds)),
            _ => throw VektagrafException.Invalid(string.Empty, $"Query parameter 'consistency' is strong, eventual or bounded:<milliseconds>, not '{text}'."),
        };
    }

    /// <summary>Precondition and idempotency key of a write.</summary>
    public static Collections.WriteOptions WriteOptions(this HttpContext context)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        const int MaxKeyLength = 512;
        if (key.Length > MaxKeyLength)
        {
            throw VektagrafException.Invalid(string.Empty, $"The Idempotency-Key is longer than {MaxKeyLength} characters.");
        }

        return new Collections.WriteOptions(Precondition(context.Request.Headers), key.Length == 0 ? null : key);
    }

    /// <summary>Whether the client has the object's version already.</summary>
    public static bool HasVersion(this HttpContext context, string etag) =>
        context.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } known
        && known.Split(',', StringSplitOptions.TrimEntries).Any(k => k == "*" || Unweaken(k) == Quote(etag));

    /// <summary>An ETag as headers carry it.</summary>
    public static string Quote(string etag) => $"\"{etag}\"";

    private static Precondition Precondition(IHeaderDictionary headers)
    {
        var ifMatch = headers.IfMatch.ToString();
        var ifNoneMatch = headers.IfNoneMatch.ToString();
        if (ifNoneMatch.Length > 0)
        {
            return ifNoneMatch == "*" && ifMatch.Length == 0
                ? new Precondition(PreconditionKind.Absent)
                : throw VektagrafException.Invalid(string.Empty, "A write takes either If-None-Match: * (the object must not exist) or If-Match with one ETag.");
        }

        return ifMatch switch
        {
            "" => default,
            "*" => new Precondition(PreconditionKind.Present),
            // Weak comparison is not enough for a write; such a tag matches nothing.
            ['"', .. var etag, '"'] => new Precondition(PreconditionKind.Version, etag),
            ['W', '/', ..] => new Precondition(PreconditionKind.Version, ifMatch),
            _ => throw VektagrafException.Invalid(string.Empty, "If-Match takes one ETag in double quotes, as an earlier answer gave it, or *."),
        };
    }

    private static string Unweaken(string etag) => etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;
}

using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vektagraf.Api.Http;

/// <summary>Reads request bodies within the limit.</summary>
internal static class RequestBody
{
    // Bodies so small are not counted: the budget of concurrent requests bounds them.
    private const int SmallBytes = 64 * 1024;

    /// <summary>Reads the whole body; it counts against the budget of the process until the request is over.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.TooLarge"/> or <see cref="ErrorKind.Busy"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        var buffer = await BufferAsync(context);
        var body = buffer.ToArray();
        context.Request.BodyReader.AdvanceTo(buffer.End);
        return body;
    }

    /// <summary>Waits for the whole body.</summary>
    /// <returns>The body in the host's own buffers, until the reader is advanced.</returns>
    private static async ValueTask<ReadOnlySequence<byte>> BufferAsync(HttpContext context)
    {
        if (context.Request.ContentLength > Limits.MaxBodyBytes)
        {
            throw TooLarge();
        }

        BodyBudget.Lease? lease = null;
        Count(context.Request.ContentLength ?? 0);
        LiftHostLimit(context);
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            try
            {
                Count(read.Buffer.Length <= Limits.MaxBodyBytes ? read.Buffer.Length : throw TooLarge());
            }
            catch
            {
                // The host reads the rest of the body away, which it cannot while this is being looked at.
                reader.AdvanceTo(read.Buffer.End);
                throw;
            }

            if (read.IsCompleted)
            {
                return read.Buffer;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        void Count(long bytes)
        {
            if (lease is null)
            {
                if (bytes <= SmallBytes)
                {
                    return;
                }

                lease = BodyBudget.OfProcess.Open();
                context.Response.RegisterForDispose(lease);
            }

            lease.Ensure(bytes);
        }
    }

    /// <summary>Reads the body as JSON of a known shape, from the host's buffers.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/> or <see cref="ErrorKind.TooLarge"/>.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        var buffer = await BufferAsync(context);
        byte[]? rented = null;
        try
        {
            if (buffer.IsSingleSegment)
            {
                return Parse(buffer.First, type);
            }

            // In one piece the JSON reader is faster than over pieces, copy included.
            var length = (int)buffer.Length;
            rented = ArrayPool<byte>.Shared.Rent(length);
            buffer.CopyTo(rented);
            return Parse(rented.AsMemory(0, length), type);
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(buffer.End);
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Reads JSON of a known shape.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type) ?? throw JsonProblem.Malformed("an object is wanted, not null");
        }
        catch (JsonException e)
        {
            throw JsonProblem.From(e);
        }
    }

    /// <summary>Refuses nulls in a list, which the JSON reader lets pass.</summary>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static void RequireElements<T>(string pointer, IReadOnlyList<T> list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is null)
            {
                throw VektagrafException.Invalid(string.Create(CultureInfo.InvariantCulture, $"{pointer}/{i}"), "The element is null. Leave it out.");
            }
        }
    }

    /// <summary>Takes the host's own limit off a request whose body is read as a stream or checked here.</summary>
    public static void LiftHostLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    private static VektagrafException TooLarge() => new(
        ErrorKind.TooLarge,
        "body-too-large",
        string.Create(CultureInfo.InvariantCulture, $"The request body exceeds {Limits.MaxBodyBytes:N0} bytes. Send less at once, or use objects:import, which takes any length."));
}

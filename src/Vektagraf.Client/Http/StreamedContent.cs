using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Vektagraf.Client.Http;

/// <summary>A request body of unknown length, made as it is sent, which can be made only once.</summary>
internal abstract class StreamedContent : HttpContent
{
    private readonly CancellationToken _cancellationToken;

    protected StreamedContent(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    /// <summary>Whether anything was taken from the source: then there is no second attempt.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>What went wrong at the source, as opposed to the connection; null for nothing.</summary>
    public Exception? SourceFailure { get; private set; }

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, _cancellationToken);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return WriteAsync(stream, cancellationToken);
    }

    // Unknown, so that the body goes out in chunks as it comes.
    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected abstract Task WriteAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Takes the next part from the source.</summary>
    protected async ValueTask<T> TakeAsync<T>(ValueTask<T> next)
    {
        try
        {
            return await next.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            SourceFailure = e;
            throw;
        }
    }
}

/// <summary>Objects, a line each.</summary>
internal sealed class ObjectContent(IAsyncEnumerable<VektagrafObject> objects, IProgress<long>? progress, CancellationToken cancellationToken)
    : StreamedContent(cancellationToken)
{
    // Large enough that system calls do not matter, small enough to be bounded memory.
    private const int FlushBytes = 64 * 1024;

    protected override async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushBytes + (FlushBytes / 2));
        var writer = new Utf8JsonWriter(buffer);
        var source = objects.GetAsyncEnumerator(cancellationToken);
        await using (writer.ConfigureAwait(false))
        await using (source.ConfigureAwait(false))
        {
            var count = 0L;
            while (await TakeAsync(source.MoveNextAsync()).ConfigureAwait(false))
            {
                JsonSerializer.Serialize(writer, source.Current with { ETag = null }, VektagrafJson.Default.VektagrafObject);
                await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                writer.Reset();
                buffer.Write("\n"u8);
                count++;
                if (buffer.WrittenCount >= FlushBytes)
                {
                    await stream.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    buffer.ResetWrittenCount();
                    progress?.Report(count);
                }
            }

            await stream.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            progress?.Report(count);
        }
    }
}

/// <summary>A stream of lines, passed on as it is.</summary>
internal sealed class LinesContent(Stream lines, IProgress<long>? progress, CancellationToken cancellationToken) : StreamedContent(cancellationToken)
{
    private const int BufferBytes = 64 * 1024;

    protected override async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var sent = 0L;
        int read;
        while ((read = await TakeAsync(lines.ReadAsync(buffer, cancellationToken)).ConfigureAwait(false)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            sent += read;
            progress?.Report(sent);
        }
    }
}

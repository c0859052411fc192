using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Vektagraf.Client.Tests;

public class TransferTests(ServerFixture server)
{
    private const int Many = 10_000;

    private VektagrafClient Client => server.Client;

    [Fact]
    public async Task ImportThenExport_OfTenThousandObjects_LosesNothing()
    {
        var name = await server.NewCollectionAsync(shards: 3);
        var progress = new Reports();

        var result = await Client.ImportAsync(name, Numbered(Many), progress);
        var exported = await Client.ExportAsync(name).ToDictionaryAsync(o => o.Id);

        Assert.Equal(Many, result.Imported);
        Assert.Equal(0, result.FailedCount);
        Assert.NotEmpty(result.Session);
        Assert.Equal(Many, progress.Last);
        Assert.True(progress.Count > 5, "The progress of a stream shows in steps.");
        Assert.Equal(Many, exported.Count);
        for (var i = 0; i < Many; i++)
        {
            var item = exported["n" + i];
            Assert.Equal(new Thing("red", i), item.ThingOf());
            Assert.Equal([i, -i], item.Vectors!["place"].ToArray());
        }
    }

    [Fact]
    public async Task Import_OfASequence_TakesObjectsAsTheServerDoes()
    {
        // The producer waits until the server has answered for the first objects' collection: a client that gathered the sequence
        // before sending would wait for ever.
        var name = await server.NewCollectionAsync();
        var firstSent = new TaskCompletionSource();
        var progress = new Reports(_ => firstSent.TrySetResult());

        async IAsyncEnumerable<VektagrafObject> Produce()
        {
            // More than fits into the buffer, so that something must go out.
            for (var i = 0; i < 2_000; i++)
            {
                yield return Things.Make("n" + i, "red", i);
            }

            await firstSent.Task;
            yield return Things.Make("last", "blue", 0);
        }

        var result = await Client.ImportAsync(name, Produce(), progress).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(2_001, result.Imported);
    }

    [Fact]
    public async Task Import_WithBadObjects_KeepsTheGoodOnesAndNamesTheOthers()
    {
        var name = await server.NewCollectionAsync();
        VektagrafObject[] items = [Things.Make("a", "red", 1), Things.Make("b", "red", 1).WithVector("nowhere", new float[1]), Things.Make("c", "red", 1), new() { Id = "d/e" }];

        var result = await Client.ImportAsync(name, items.ToAsyncEnumerable());

        Assert.Equal(2, result.Imported);
        Assert.Equal(2, result.FailedCount);
        Assert.Equal([2, 4], result.Failed.Select(f => f.Line));
        Assert.Contains("nowhere", result.Failed[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_IntoAMissingCollection_SaysSoBeforeTakingAnything()
    {
        // The server refuses without reading the body. A client that sends regardless gets a broken pipe instead of an answer.
        var taken = 0;
        IEnumerable<VektagrafObject> Endless()
        {
            while (true)
            {
                taken++;
                yield return Things.Make("n" + taken, "red", 1);
            }
        }

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => Client.ImportAsync(server.NewName("missing"), Endless().ToAsyncEnumerable()));

        Assert.Equal("collection-not-found", error.Slug);
        Assert.Equal(0, taken);
    }

    [Fact]
    public async Task Import_WhenTheSourceFails_LetsItsFailureOut()
    {
        var name = await server.NewCollectionAsync();

        async IAsyncEnumerable<VektagrafObject> Produce([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return Things.Make("a", "red", 1);
            await Task.Yield();
            throw new IOException("The disk is gone.");
        }

        var error = await Assert.ThrowsAsync<IOException>(() => Client.ImportAsync(name, Produce()));

        Assert.Equal("The disk is gone.", error.Message);
    }

    [Fact]
    public async Task Import_WhenTheServerWasBusyAtFirst_IsSentAgainAsNothingWasTaken()
    {
        var name = await server.NewCollectionAsync();
        var time = new ImpatientTime();
        var handler = new RefuseOnce();
        var client = server.ClientThrough(handler, new VektagrafClientOptions { TimeProvider = time });

        var result = await client.ImportAsync(name, Numbered(10));

        Assert.Equal(10, result.Imported);
        // Not the count of waits: one of less than a millisecond, as full jitter may draw, sets no timer.
        Assert.Equal(2, handler.Requests);
    }

    [Fact]
    public async Task Import_WhenTheReplyIsLost_IsNotSentAgain()
    {
        var name = await server.NewCollectionAsync();
        var handler = new FaultyHandler(FaultyHandler.LoseReply);
        var client = server.ClientThrough(handler);

        var error = await Assert.ThrowsAsync<VektagrafClientException>(() => client.ImportAsync(name, Numbered(10)));

        Assert.Equal(1, error.Attempts);
        Assert.Single(handler.Seen);
    }

    [Fact]
    public async Task ImportAndExport_OfRawLines_PassThemOn()
    {
        var name = await server.NewCollectionAsync();
        var lines = string.Concat(Enumerable.Range(0, 5_000).Select(i => $$$"""{"id":"n{{{i}}}","properties":{"size":{{{i}}},"text":"åäö {{{new string('x', 50)}}}"}}""" + "\n"));
        var (sent, received) = (new Reports(), new Reports());

        var result = await Client.ImportAsync(name, new MemoryStream(Encoding.UTF8.GetBytes(lines)), sent);
        var destination = new MemoryStream();
        var count = await Client.ExportAsync(name, destination, progress: received);

        Assert.Equal(5_000, result.Imported);
        Assert.Equal(5_000, count);
        Assert.Equal(Encoding.UTF8.GetByteCount(lines), sent.Last);
        Assert.Equal(destination.Length, received.Last);
        Assert.True(received.Count > 1);
        Assert.Equal(lines.Split('\n').Order(), Encoding.UTF8.GetString(destination.ToArray()).Split('\n').Order());
    }

    [Fact]
    public async Task Export_AsOfASession_IsTheDataOfThen()
    {
        var name = await server.NewCollectionAsync();
        var saved = await Client.PutObjectAsync(name, Things.Make("a", "red", 1));
        await Client.PutObjectAsync(name, Things.Make("b", "red", 1));

        Assert.Equal(["a"], (await Client.ExportAsync(name, saved.Session).ToListAsync()).Select(o => o.Id));
    }

    [Fact]
    public async Task Export_OfAMissingCollection_IsNotFound()
    {
        var error = await Assert.ThrowsAsync<VektagrafClientException>(async () => await Client.ExportAsync(server.NewName("missing")).FirstOrDefaultAsync());
        Assert.Equal("collection-not-found", error.Slug);
    }

    [Fact]
    public async Task Export_ThatBreaksOff_SaysThatItIsNotWhole()
    {
        var name = await server.NewCollectionAsync();
        await Client.ImportAsync(name, Numbered(100));
        var client = server.ClientThrough(new FaultyHandler((_, real) =>
        {
            real.Content = new StreamContent(new BreakingStream(real.Content.ReadAsStream(), bytes: 2_000));
            return real;
        }));

        var seen = 0;
        var error = await Assert.ThrowsAsync<VektagrafClientException>(async () =>
        {
            await foreach (var _ in client.ExportAsync(name))
            {
                seen++;
            }
        });

        Assert.True(seen < 100);
        Assert.Contains("not whole", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAnExport_MakesTheSameCollection()
    {
        var (from, to) = (await server.NewCollectionAsync(), await server.NewCollectionAsync(shards: 2));
        await Client.ImportAsync(from, Numbered(500));
        await Client.PatchObjectAsync(from, "n7", new JsonObject { ["type"] = "Seven" });

        await Client.ImportAsync(to, Client.ExportAsync(from));

        var original = await Client.QueryAllAsync(from, new QueryRequest { IncludeVectors = true }).ToListAsync();
        var copy = await Client.QueryAllAsync(to, new QueryRequest { IncludeVectors = true }).ToListAsync();
        Assert.Equal(original.Select(Describe), copy.Select(Describe));
        Assert.Equal("Seven", copy.Single(o => o.Id == "n7").Type);

        static string Describe(VektagrafObject o) => $"{o.Id} {o.Type} {o.Properties.GetRawText()} {string.Join(' ', o.Vectors!["place"].ToArray())}";
    }

    private static async IAsyncEnumerable<VektagrafObject> Numbered(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return Things.Make("n" + i, "red", i, i, -i);
            if (i % 1_000 == 0)
            {
                await Task.Yield();
            }
        }
    }

    private sealed class Reports(Action<long>? also = null) : IProgress<long>
    {
        public long Last { get; private set; }

        public int Count { get; private set; }

        public void Report(long value)
        {
            Last = value;
            Count++;
            also?.Invoke(value);
        }
    }

    /// <summary>Answers the first request by itself, as a busy server does, without reading its body.</summary>
    private sealed class RefuseOnce : DelegatingHandler
    {
        private int _requests;

        public int Requests => _requests;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _requests) == 1
                ? Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.TooManyRequests))
                : base.SendAsync(request, cancellationToken);
    }

    private sealed class BreakingStream(Stream inner, int bytes) : Stream
    {
        private int _left = bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = _left == 0 ? throw new IOException("The connection was reset.") : inner.Read(buffer, offset, Math.Min(count, _left));
            _left -= read;
            return read;
        }

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

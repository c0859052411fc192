using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Vektagraf.Collections;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;
using static Vektagraf.Tests.Collections.TestCollection;

namespace Vektagraf.Tests.Collections;

public class CollectionImportTests
{
    [Fact]
    public async Task ImportAsync_OfMixedLines_KeepsTheGoodAndNumbersTheBad()
    {
        await using var things = await CreateAsync("""{"shards":3,"fields":{"n":{"type":"number"}}}""");
        var result = await things.ImportAsync("""
            {"id":"a"}

            {"id":"b","properties":{"n":"text"}}
            not json
               
            {"id":"c"} {"id":"d"}
            {"id":"a","properties":{"n":2}}
            {"properties":{}}
            """);
        Assert.Equal((2, 4), (result.Imported, result.FailedCount));
        Assert.Equal([3L, 4, 6, 8], result.Failed.Select(f => f.Line));
        Assert.Contains("/properties/n", result.Failed[0].Detail, StringComparison.Ordinal);
        Assert.Equal("""{"n":2}""", await things.PropertiesAsync("a"));
        Assert.Equal("a", await things.IdsAsync());
    }

    [Theory]
    [InlineData("{\"id\":\"a\"}\r\n{\"id\":\"b\"}\r\n", 2, 0)]
    [InlineData("\uFEFF{\"id\":\"a\"}\n{\"id\":\"b\"}", 2, 0)]
    [InlineData("{\"id\":\"a\"}\n\uFEFF{\"id\":\"b\"}", 1, 1)]
    [InlineData("\r\n\n  \t\r\n", 0, 0)]
    [InlineData("", 0, 0)]
    [InlineData("\uFEFF", 0, 0)]
    [InlineData("{\"id\":\"a\"}\r{\"id\":\"b\"}", 0, 1)]
    [InlineData("{\"id\":\"a\"}", 1, 0)]
    public async Task ImportAsync_OfAnyLineBreaks_FindsTheLines(string text, int imported, int failed)
    {
        await using var things = await CreateAsync();
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var chunk in (int[])[1, 3, 4096])
        {
            var result = await things.Collection.ImportAsync(PipeReader.Create(new MemoryStream(bytes), new StreamPipeReaderOptions(bufferSize: chunk, minimumReadSize: 1)), Cancel);
            Assert.Equal((imported, failed), (result.Imported, result.FailedCount));
        }
    }

    [Fact]
    public async Task ImportAsync_WhenALineIsTooLong_PassesOverItInBoundedMemory()
    {
        await using var things = await CreateAsync();
        var longest = Limits.MaxImportLineBytes;
        var stream = new GeneratedStream(
            Encoding.UTF8.GetBytes("{\"id\":\"a\"}\n"),
            Enumerable.Repeat((byte)' ', longest + 1).Append((byte)'\n'),
            Encoding.UTF8.GetBytes("{\"id\":\"b\"}").Concat(Enumerable.Repeat((byte)' ', longest - 10)).Append((byte)'\n'),
            Enumerable.Repeat((byte)'x', 3 * longest));
        var result = await things.Collection.ImportAsync(PipeReader.Create(stream), Cancel);
        Assert.Equal([2L, 4], result.Failed.Select(f => f.Line));
        Assert.All(result.Failed, f => Assert.Contains($"{longest}", f.Detail, StringComparison.Ordinal));
        Assert.Equal("a b", await things.IdsAsync());
    }

    [Fact]
    public async Task ImportAsync_WhenVeryManyLinesFail_CountsThemAndReportsTheFirst()
    {
        await using var things = await CreateAsync();
        var result = await things.ImportAsync(string.Concat(Enumerable.Repeat("{}\n", 2_500)) + "{\"id\":\"a\"}\n");
        Assert.Equal((1, 2_500, Limits.MaxReportedFailures), (result.Imported, result.FailedCount, result.Failed.Count));
        Assert.Equal(Enumerable.Range(1, Limits.MaxReportedFailures).Select(i => (long)i), result.Failed.Select(f => f.Line));
    }

    [Fact]
    public async Task ImportAsync_OfManyObjects_TakesFewEntriesAndIsReadableByItsToken()
    {
        await using var things = await CreateAsync("""{"shards":2}""");
        var result = await things.ImportAsync(string.Concat(Enumerable.Range(0, 20_000).Select(i => $$$"""{"id":"o{{{i}}}","properties":{"n":{{{i}}}}}""" + "\n")));
        Assert.Equal(20_000, result.Imported);
        Assert.InRange((await things.Store.ListAsync("c/")).Entries.Count(e => e.Key.Contains("/wal/", StringComparison.Ordinal)), 2, 100);
        Assert.Equal(20_000, (await things.Collection.ExportAsync(result.Session, Cancel)).Count());
        Assert.Equal("""{"n":12345}""", await things.PropertiesAsync("o12345"));
    }

    [Fact]
    public void ImportAsync_WhenTheStoreIsSlow_HoldsOnlySoMuchInMemory() => Simulator.Run(1, async simulator =>
    {
        // While nothing is acknowledged, the import stops reading its stream: 16 chunks of half a megabyte are in flight, no more.
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), simulator.Time);
        await using var things = await CreateAsync(store: store, options: new VektagrafOptions { Time = simulator.Time });
        await things.Collection.WarmAsync(Cancel);
        var properties = new string('x', 100_000);
        var lines = new GeneratedStream(Enumerable.Range(0, 400).Select(IEnumerable<byte> (i) => Encoding.UTF8.GetBytes($$$"""{"id":"o{{{i}}}","properties":{"x":"{{{properties}}}"}}""" + "\n")).ToArray());
        var held = store.HoldNext(StoreOperation.Put, "wal/");
        var import = things.Collection.ImportAsync(PipeReader.Create(lines), Cancel);
        await held.Reached;
        await Task.Delay(TimeSpan.FromMinutes(1), simulator.Time);
        Assert.InRange(lines.BytesRead, 5_000_000, 12_000_000);
        Assert.False(import.IsCompleted);
        held.Release();
        Assert.Equal(400, (await import).Imported);
    });

    [Fact]
    public void ImportAsync_WhenTheWriteQueueIsSmall_SlowsDownInsteadOfFailing() => Simulator.Run(2, async simulator =>
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), simulator.Time, plan: new FaultPlan { MaxLatency = TimeSpan.FromMilliseconds(10) });
        var options = new VektagrafOptions { Time = simulator.Time, Log = new ShardLogOptions { MaxQueuedTransactions = 2 } };
        await using var things = await CreateAsync(store: store, options: options);
        var result = await things.ImportAsync(string.Concat(Enumerable.Range(0, 5_000).Select(i => $$"""{"id":"o{{i}}"}""" + "\n")));
        Assert.Equal((5_000, 0), (result.Imported, result.FailedCount));
    });

    [Fact]
    public void ImportAsync_WhenTheStoreFails_SaysHowMuchIsSaved() => Simulator.Run(3, async simulator =>
    {
        var store = new FaultInjectingObjectStore(new MemoryObjectStore(), simulator.Time);
        await using var things = await CreateAsync(store: store, options: new VektagrafOptions { Time = simulator.Time, Log = new ShardLogOptions { MaxBatchTransactions = 1 } });
        await things.Collection.WarmAsync(Cancel);
        store.FailNext(StoreOperation.Put, "wal/00000000000000000003", StoreFault.Refusal);
        var e = await FailsAsync(ErrorKind.Unavailable, () => things.ImportAsync(string.Concat(Enumerable.Range(0, 2_000).Select(i => $$"""{"id":"o{{i}}"}""" + "\n"))));
        Assert.Contains("after 512 objects", e.Message, StringComparison.Ordinal);
    });

    [Fact]
    public async Task ExportAsync_OfPrettyPrintedObjects_ImportsElsewhereUnchanged()
    {
        await using var things = await CreateAsync("""{"vectors":{"v":{"dimensions":2}}}""");
        await things.SaveAsync("{\"id\":\"a\",\"type\":\"T\",\"properties\":{\r\n  \"x\": \"line\\nbreak\",\n\t\"y\": [1,\n 2]\n},\"vectors\":{\"v\":[0.1,-3e-30]}}");
        await things.SaveAsync("""{"id":"žluťoučký kůň 🐎","properties":{"<&>":"\u003c'\""}}""");
        var lines = new StringBuilder();
        foreach (var stored in await things.Collection.ExportAsync(asOf: null, Cancel))
        {
            lines.Append(ToJson(stored)).Append('\n');
        }

        Assert.Equal(2, lines.ToString().Count(c => c == '\n'));
        await using var copy = await CreateAsync("""{"vectors":{"v":{"dimensions":2}}}""");
        Assert.Equal((2, 0), ((await copy.ImportAsync(lines.ToString())) is var r ? (r.Imported, r.FailedCount) : default));
        foreach (var id in (string[])["a", "žluťoučký kůň 🐎"])
        {
            Assert.Equal(ToJson(await things.GetAsync(id)), ToJson(await copy.GetAsync(id)));
        }
    }

    private static string ToJson(StoredObject stored)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            ObjectJson.Write(writer, stored);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A stream that makes its bytes as they are read.</summary>
    private sealed class GeneratedStream(params IEnumerable<byte>[] parts) : Stream
    {
        private readonly IEnumerator<byte> _bytes = parts.SelectMany(p => p).GetEnumerator();

        public long BytesRead { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => BytesRead;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = 0;
            while (read < count && _bytes.MoveNext())
            {
                buffer[offset + read++] = _bytes.Current;
            }

            BytesRead += read;
            return read;
        }

        // At once: a read on the thread pool would leave the simulation.
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = new byte[buffer.Length];
            var read = Read(bytes, 0, bytes.Length);
            bytes.AsMemory(0, read).CopyTo(buffer);
            return ValueTask.FromResult(read);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

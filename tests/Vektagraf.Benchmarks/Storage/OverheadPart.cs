using System.Diagnostics;
using System.Text;
using Vektagraf.Collections;
using Vektagraf.Storage;
using ZstdSharp;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>What a store holds after compaction, against the same objects compressed as one stream.</summary>
internal sealed class OverheadPart : IStoragePart
{
    private const double MostOverhead = 1.3;
    private const int ReferenceLevel = 3;
    private const int ObjectsBetweenMaintenance = 100_000;

    public string Name => "overhead";

    public async Task RunAsync(StorageContext context)
    {
        var time = new ShiftedTime();
        int objects = context.Options.Objects;
        (long raw, long compressed) = Reference(objects);
        IObjectStore store = await context.Stores.OpenAsync(BenchmarkStores.Directory, time);
        await using var database = new VektagrafDatabase(store, new VektagrafOptions { Time = time });
        Collection collection = await StorageContext.CreateAsync(database);
        long startedAt = Stopwatch.GetTimestamp();
        for (int first = 0; first < objects; first += ObjectsBetweenMaintenance)
        {
            int count = Math.Min(ObjectsBetweenMaintenance, objects - first);
            await collection.ImportAsync(Enumerable.Range(first, count).Select(n => Articles.Make(n)), progress: null, CancellationToken.None);
            await collection.MaintainAsync(new() { FoldEntries = 1 }, CancellationToken.None);
        }

        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        await StorageContext.CompactAsync(collection, time);
        (long stored, long count2) = await StorageContext.SizeAsync(store);
        string what = FormattableString.Invariant($"{objects:N0} objects of {raw / objects:N0} bytes");
        const string Kind = BenchmarkStores.Directory;
        context.Report.Add(Name, Kind, $"{what}: raw", raw / 1e6, "MB");
        context.Report.Add(Name, Kind, $"{what}: as one stream of zstd {ReferenceLevel}", compressed / 1e6, "MB");
        context.Report.Add(Name, Kind, $"{what}: stored in {count2} objects after compaction and collection", stored / 1e6, "MB");
        context.Report.Add(Name, Kind, $"{what}: stored against raw", (double)stored / raw, "×");
        context.Report.AddAtMost(Name, Kind, $"{what}: stored against the stream", (double)stored / compressed, "×", MostOverhead);
        context.Report.Add(Name, Kind, $"{what}: import with folds and merges, made in the same process", objects / seconds, "objects/s");
        context.Report.Add(Name, Kind, $"{what}: resident memory, all objects in the memtable", Environment.WorkingSet / 1e6, "MB");
    }

    /// <summary>Ids and JSON, one after the other, in the order in which they are stored: the least that a general compressor needs.</summary>
    private static (long Raw, long Compressed) Reference(int objects)
    {
        using var counting = new CountingStream();
        long raw = 0;
        using (var compression = new CompressionStream(counting, ReferenceLevel, leaveOpen: true))
        {
            for (int number = 0; number < objects; number++)
            {
                ObjectDraft article = Articles.Make(number);
                raw += Articles.Bytes(article);
                compression.Write(Encoding.UTF8.GetBytes(article.Id));
                compression.Write(article.Properties.Span);
            }
        }

        return (raw, counting.Written);
    }

    /// <summary>Counts what is written and forgets it.</summary>
    private sealed class CountingStream : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position
        {
            get => Written;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Written += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Written += buffer.Length;
    }
}

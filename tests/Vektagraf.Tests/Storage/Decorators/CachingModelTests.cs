using System.Buffers.Binary;
using CsCheck;
using Vektagraf.Simulation;
using Vektagraf.Storage;
using Vektagraf.Storage.Decorators;

namespace Vektagraf.Tests.Storage.Decorators;

/// <summary>The cache against a reference: what the store itself would have said.</summary>
public class CachingModelTests
{
    private static readonly string[] Keys = ["i/0", "i/1", "i/2", "mutable/0", "mutable/1"];

    private enum Act
    {
        GetWhole,
        GetRange,
        GetIfChanged,
        Put,
        PutAbsent,
        Delete,
        PutBehind,
        DeleteBehind,
    }

    /// <summary>Promise: whatever is asked in whatever order, the answer is the store's, to the last byte, and the budget holds.</summary>
    [Fact]
    public void EveryMethod_InAnyOrder_AnswersAsTheStoreWould()
    {
        var steps = Gen.Select(Gen.Enum<Act>(), Gen.Int[0, Keys.Length - 1], Gen.Int[0, 70], Gen.Int[1, 70]).Array[0, 80];
        var options = Gen.Select(Gen.Int[1, 4_000], Gen.Int[1, 20], Gen.Int[1, 80]);
        Gen.Select(options, steps).Sample(
            (limits, run) =>
            {
                var below = new MemoryObjectStore();
                var cache = new CachingObjectStore(below, new CachingOptions
                {
                    BudgetBytes = limits.Item1,
                    BlockBytes = limits.Item2,
                    LargestReadBytes = limits.Item3,
                    IsImmutable = IsImmutable,
                });
                foreach ((Act act, int key, int a, int b) in run)
                {
                    Step(below, cache, act, Keys[key], a, b);
                    CacheCounts counts = cache.Snapshot();
                    Assert.InRange(counts.Bytes, 0, limits.Item1);
                    Assert.Equal(0, counts.Underway);
                }
            },
            iter: 2_000);
    }

    /// <summary>Promise: with latency and several readers and writers, no read gives what was overwritten before it began, none goes
    /// back behind an earlier one, and none mixes two versions.</summary>
    [Fact]
    public void GetAsync_WhileOthersWriteThroughTheCache_IsNeverStale() => Gen.Int.Sample(
        seed => Simulator.Run(seed, simulator => RaceAsync(simulator, seed)),
        iter: 300,
        threads: 1);

    private static bool IsImmutable(string key) => key.StartsWith("i/", StringComparison.Ordinal);

    private static void Step(MemoryObjectStore below, CachingObjectStore cache, Act act, string key, int a, int b)
    {
        switch (act)
        {
            case Act.GetWhole:
                AssertSame(Get(below, key), Get(cache, key));
                break;
            case Act.GetRange:
                AssertSame(Get(below, key, new ByteRange(a, b)), Get(cache, key, new ByteRange(a, b)));
                break;
            case Act.GetIfChanged:
                string? etag = a % 2 == 0 ? Get(below, key).ETag : "other";
                AssertSame(Get(below, key, null, etag), Get(cache, key, null, etag));
                break;
            case Act.Put or Act.PutAbsent:
                var condition = act == Act.Put ? PutCondition.None : PutCondition.Absent;
                Assert.True(cache.PutAsync(key, Content(a, b), condition).IsCompletedSuccessfully);
                break;
            case Act.Delete:
                Assert.True(cache.DeleteAsync(key).IsCompletedSuccessfully);
                break;

            // Behind the cache only what the engine does behind it: anything to objects that change, nothing to those that do not.
            case Act.PutBehind when !IsImmutable(key):
                Assert.True(below.PutAsync(key, Content(a, b), PutCondition.None).IsCompletedSuccessfully);
                break;
            case Act.DeleteBehind when !IsImmutable(key):
                Assert.True(below.DeleteAsync(key).IsCompletedSuccessfully);
                break;
        }
    }

    private static GetResult Get(IObjectStore store, string key, ByteRange? range = null, string? ifNoneMatch = null)
    {
        Task<GetResult> reading = store.GetAsync(key, range, ifNoneMatch);
        Assert.True(reading.IsCompletedSuccessfully);
        return reading.Result;
    }

    private static void AssertSame(GetResult expected, GetResult actual)
    {
        Assert.Equal((expected.Status, expected.ETag, expected.TotalLength), (actual.Status, actual.ETag, actual.TotalLength));
        Assert.Equal(expected.Content.ToArray(), actual.Content.ToArray());
    }

    private static byte[] Content(int length, int first) => [.. Enumerable.Range(first, length).Select(i => (byte)i)];

    private static async Task RaceAsync(Simulator simulator, int seed)
    {
        var below = new FaultInjectingObjectStore(
            new MemoryObjectStore(simulator.Time), simulator.Time, seed, new FaultPlan { MaxLatency = TimeSpan.FromMilliseconds(10), LostRequests = 0.05, LostReplies = 0.05 });
        var cache = new CachingObjectStore(
            below, new CachingOptions { BudgetBytes = 2_000, BlockBytes = VersionedObject.BlockBytes, LargestReadBytes = 64, IsImmutable = _ => true });
        VersionedObject[] objects = [new("a"), new("b"), new("c")];
        var random = new Random(seed);
        var running = new List<Task>();
        foreach (VersionedObject target in objects)
        {
            running.Add(target.WriteAsync(cache, simulator.Time, new Random(random.Next())));
            for (int i = 0; i < 3; i++)
            {
                running.Add(target.ReadAsync(cache, simulator.Time, new Random(random.Next())));
            }
        }

        await Task.WhenAll(running);
        CacheCounts counts = cache.Snapshot();
        Assert.Equal(0, counts.Underway);
    }

    /// <summary>An object with one writer; every block of it holds the number of its version.</summary>
    private sealed class VersionedObject(string key)
    {
        public const int BlockBytes = 8;
        private const int Blocks = 5;
        private const int Rounds = 30;
        private long _acknowledged;
        private long _seen;

        public async Task WriteAsync(CachingObjectStore store, TimeProvider time, Random random)
        {
            for (long version = 1; version <= Rounds; version++)
            {
                var content = new byte[BlockBytes * Blocks];
                for (int i = 0; i < Blocks; i++)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(i * BlockBytes), version);
                }

                try
                {
                    await store.PutAsync(key, content, PutCondition.None);
                    _acknowledged = version;
                }
                catch (ObjectStoreException)
                {
                    // Written or not: readers may see either.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(30)), time);
            }
        }

        public async Task ReadAsync(CachingObjectStore store, TimeProvider time, Random random)
        {
            for (int i = 0; i < Rounds * 2; i++)
            {
                long floor = Math.Max(_acknowledged, _seen);
                ByteRange? range = random.Next(3) == 0 ? null : new ByteRange(random.Next(Blocks) * BlockBytes, (1 + random.Next(Blocks)) * BlockBytes);
                try
                {
                    GetResult result = await store.GetAsync(key, range);
                    long version = result.Found ? VersionOf(result.Content.Span) : 0;
                    Assert.True(version >= floor, $"'{key}': version {version} read after {floor} was seen or acknowledged");
                    _seen = Math.Max(_seen, version);
                }
                catch (ObjectStoreException)
                {
                    // The next one is asked all the same.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(12)), time);
            }
        }

        private static long VersionOf(ReadOnlySpan<byte> content)
        {
            long version = BinaryPrimitives.ReadInt64LittleEndian(content);
            for (int at = BlockBytes; at < content.Length; at += BlockBytes)
            {
                Assert.Equal(version, BinaryPrimitives.ReadInt64LittleEndian(content[at..]));
            }

            return version;
        }
    }
}

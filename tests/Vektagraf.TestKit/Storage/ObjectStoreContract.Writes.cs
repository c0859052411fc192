using System.Globalization;
using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

public abstract partial class ObjectStoreContract<TStore>
{
    public static TheoryData<string> BadKeys =>
    [
        "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/./b", "a/../b", "a/..", "a./b", "a.", "a b", "a%41", "a\\b", "ä", "a\0", "a:b",
        "a?b", "a#b", "a*", new string('a', 81), "a/" + new string('b', 81), string.Join('/', Enumerable.Repeat("abcdefg", 129)),
    ];

    public static TheoryData<string> GoodKeys =>
    [
        "a", "-", "_", "0", ".a", "..a", "a..b/c", "A/a/B/b", "con", "NUL", "com1.txt", "lpt9/aux", "x.obj", "x.obj/y.obj", ".tmp/a", ".locks/a",
        "c/Docs_2.0/s/0/wal/00000000000000000001", new string('Z', 80), new string('a', 80) + "/" + new string('b', 80),
        string.Join('/', Enumerable.Repeat("ABCDEFG", 128)) + "A",
    ];

    [Theory]
    [MemberData(nameof(BadKeys))]
    public async Task EveryMethod_WhenTheKeyIsBad_ThrowsArgumentException(string key)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => GetAsync(key));
        await Assert.ThrowsAsync<ArgumentException>(() => PutAsync(key, "x", PutCondition.None));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(key, Cancel));
    }

    [Theory]
    [MemberData(nameof(GoodKeys))]
    public async Task EveryMethod_WhenTheKeyIsUnusualButAllowed_Works(string key)
    {
        Assert.True((await PutAsync(key, key, PutCondition.Absent)).Written);
        Assert.Equal(key, await GetTextAsync(key));
        Assert.Equal([key], await ListKeysAsync(string.Empty));
        Assert.Equal([key], await ListKeysAsync(key));
        Assert.True(await Store.DeleteAsync(key, Cancel));
        Assert.Empty(await ListKeysAsync(string.Empty));
    }

    [Fact]
    public async Task PutAsync_WhenKeysDifferInCaseOnly_KeepsBoth()
    {
        await PutTextAsync("case/Key", "upper");
        await PutTextAsync("case/key", "lower");
        Assert.Equal("upper", await GetTextAsync("case/Key"));
        Assert.Equal("lower", await GetTextAsync("case/key"));
    }

    [Fact]
    public async Task PutAsync_WhenCreateOnlyAndPresent_FailsAndChangesNothing()
    {
        PutResult first = await PutAsync("wal/1", "mine", PutCondition.Absent);
        PutResult second = await PutAsync("wal/1", "yours", PutCondition.Absent);
        Assert.True(first.Written);
        Assert.False(second.Written);
        Assert.Null(second.ETag);
        GetResult result = await GetAsync("wal/1");
        Assert.Equal("mine", Text(result));
        Assert.Equal(first.ETag, result.ETag);
    }

    [Fact]
    public async Task PutAsync_WhenSixteenTasksCreateTheSameKey_ExactlyOneWins()
    {
        for (int round = 0; round < 5; round++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"race/{round}");
            using var start = new Barrier(16);
            PutResult[] results = await Task.WhenAll(
                Enumerable.Range(0, 16).Select(i => Task.Factory.StartNew(
                    () =>
                    {
                        start.SignalAndWait(Cancel);
                        return PutAsync(key, $"task {i}", PutCondition.Absent);
                    },
                    Cancel,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default).Unwrap()));

            int winner = Assert.Single(Enumerable.Range(0, 16), i => results[i].Written);
            GetResult stored = await GetAsync(key);
            Assert.Equal($"task {winner}", Text(stored));
            Assert.Equal(results[winner].ETag, stored.ETag);
        }
    }

    [Fact]
    public async Task PutAsync_WhenTheETagMatches_ReplacesTheContent()
    {
        string etag = await PutTextAsync("head", "one");
        PutResult swapped = await PutAsync("head", "two", PutCondition.Match(etag));
        Assert.True(swapped.Written);
        Assert.NotEqual(etag, swapped.ETag);
        Assert.Equal("two", await GetTextAsync("head"));
    }

    [Fact]
    public async Task PutAsync_WhenTheETagIsStale_FailsAndChangesNothing()
    {
        string stale = await PutTextAsync("head", "one");
        string etag = await PutTextAsync("head", "two");
        PutResult failed = await PutAsync("head", "three", PutCondition.Match(stale));
        Assert.False(failed.Written);
        GetResult result = await GetAsync("head");
        Assert.Equal("two", Text(result));
        Assert.Equal(etag, result.ETag);
    }

    [Fact]
    public async Task PutAsync_WhenTheObjectToMatchIsMissing_FailsAndCreatesNothing()
    {
        string etag = await PutTextAsync("head", "one");
        Assert.True(await Store.DeleteAsync("head", Cancel));
        Assert.False((await PutAsync("head", "two", PutCondition.Match(etag))).Written);
        Assert.False((await PutAsync("other", "two", PutCondition.Match(etag))).Written);
        Assert.Equal(GetStatus.Missing, (await GetAsync("head")).Status);
        Assert.Equal(GetStatus.Missing, (await GetAsync("other")).Status);
    }

    [Fact]
    public async Task EveryMethod_WhenTheETagIsAStar_ItMatchesNothing()
    {
        await PutTextAsync("head", "one");
        Assert.False((await PutAsync("head", "two", PutCondition.Match("*"))).Written);
        Assert.Equal(GetStatus.Found, (await GetAsync("head", ifNoneMatch: "*")).Status);
        Assert.Equal("one", await GetTextAsync("head"));
    }

    [Fact]
    public async Task PutAsync_WhenTheSameBytesArePutAgain_GivesAnotherETag()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(seen.Add(await PutTextAsync("same", "bytes")), "an ETag came back");
        }

        await Store.DeleteAsync("same", Cancel);
        Assert.True(seen.Add(await PutTextAsync("same", "bytes")), "an ETag came back after delete and re-creation");
    }

    [Fact]
    public async Task PutAsync_WhenEightTasksIncrementByCompareAndSwap_LosesNoIncrement()
    {
        const int Tasks = 8;
        await PutTextAsync("counter", "0");
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(
            async () =>
            {
                for (int i = 0; i < Increments; i++)
                {
                    await IncrementAsync("counter");
                }
            },
            Cancel)));

        Assert.Equal((Tasks * Increments).ToString(CultureInfo.InvariantCulture), await GetTextAsync("counter"));
    }

    [Fact]
    public async Task PutAsync_WhenTheCallerChangesItsBufferAfterwards_TheObjectStays()
    {
        byte[] buffer = Bytes("kept");
        await Store.PutAsync("a", buffer, PutCondition.None, Cancel);
        buffer.AsSpan().Clear();
        Assert.Equal("kept", await GetTextAsync("a"));
    }

    [Fact]
    public async Task PutAsync_WhenTheContentIsASliceOfALargerBuffer_StoresTheSlice()
    {
        await Store.PutAsync("a", Bytes("--slice--").AsMemory(2, 5), PutCondition.None, Cancel);
        Assert.Equal("slice", await GetTextAsync("a"));
    }

    [Fact]
    public async Task PutAsync_WhenAShorterContentReplacesALonger_LeavesNoTail()
    {
        await PutTextAsync("a", "a long content");
        await PutTextAsync("a", "short");
        Assert.Equal("short", await GetTextAsync("a"));
    }

    [Fact]
    public async Task DeleteAsync_WhenPresent_RemovesTheObjectOnce()
    {
        await PutTextAsync("d/x", "text");
        Assert.True(await Store.DeleteAsync("d/x", Cancel));
        Assert.Equal(GetStatus.Missing, (await GetAsync("d/x")).Status);
        Assert.False(await Store.DeleteAsync("d/x", Cancel));
    }

    [Fact]
    public async Task DeleteAsync_WhenFollowedByACreateOnlyPut_TheKeyIsFreeAgain()
    {
        PutResult first = await PutAsync("wal/1", "one", PutCondition.Absent);
        Assert.True(await Store.DeleteAsync("wal/1", Cancel));
        PutResult again = await PutAsync("wal/1", "two", PutCondition.Absent);
        Assert.True(again.Written);
        Assert.NotEqual(first.ETag, again.ETag);
        Assert.Equal("two", await GetTextAsync("wal/1"));
        Assert.False((await PutAsync("wal/1", "three", PutCondition.Match(first.ETag!))).Written);
    }

    [Fact]
    public async Task DeleteAsync_WhenTasksDeleteTheSameKey_ExactlyOneDidIt()
    {
        await PutTextAsync("d", "text");
        bool[] deleted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Store.DeleteAsync("d", Cancel), Cancel)));
        Assert.Equal(1, deleted.Count(d => d));
    }

    [Fact]
    public async Task DeleteAsync_WhenTasksFillAndEmptyTheSameFolder_NoAcknowledgedObjectIsLost()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(
            async () =>
            {
                for (int i = 0; i < 25; i++)
                {
                    string key = string.Create(CultureInfo.InvariantCulture, $"deep/er/{i % 3}/{t}");
                    Assert.True((await PutAsync(key, key, PutCondition.Absent)).Written);
                    Assert.Equal(key, await GetTextAsync(key));
                    Assert.True(await Store.DeleteAsync(key, Cancel));
                }
            },
            Cancel)));
        Assert.Empty(await ListKeysAsync(string.Empty));
    }

    [Fact]
    public async Task EveryMethod_WhenAlreadyCancelled_ThrowsAndDoesNothing()
    {
        await PutTextAsync("a", "kept");
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.GetAsync("a", cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync("a", Bytes("x"), PutCondition.None, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListAsync(string.Empty, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.DeleteAsync("a", cancelled));
        Assert.Equal("kept", await GetTextAsync("a"));
    }

    private async Task IncrementAsync(string key)
    {
        while (true)
        {
            GetResult current = await GetAsync(key);
            string next = (int.Parse(Text(current), CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
            if ((await PutAsync(key, next, PutCondition.Match(current.ETag!))).Written)
            {
                return;
            }
        }
    }
}

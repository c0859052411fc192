using Microsoft.Extensions.Time.Testing;
using Vektagraf.Storage;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage;

public class MemoryObjectStoreTests : ObjectStoreContract<MemoryObjectStore>
{
    [Fact]
    public async Task ListAsync_WhenTheClockIsGiven_TimesComeFromIt()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero));
        var store = new MemoryObjectStore(clock);
        await store.PutAsync("a", Bytes("1"), PutCondition.None, Cancel);
        clock.Advance(TimeSpan.FromHours(1));
        await store.PutAsync("b", Bytes("2"), PutCondition.None, Cancel);
        ListPage page = await store.ListAsync(string.Empty, cancellationToken: Cancel);
        Assert.Equal(clock.Start, page.Entries[0].LastModified);
        Assert.Equal(clock.Start.AddHours(1), page.Entries[1].LastModified);
    }

    [Fact]
    public async Task PutAsync_WhenTheSameCallsAreMade_GivesTheSameETags()
    {
        var other = new MemoryObjectStore();
        for (int i = 0; i < 3; i++)
        {
            PutResult mine = await Store.PutAsync("a", Bytes("x"), PutCondition.None, Cancel);
            PutResult theirs = await other.PutAsync("a", Bytes("x"), PutCondition.None, Cancel);
            Assert.Equal(mine.ETag, theirs.ETag);
        }
    }

    protected override ValueTask<MemoryObjectStore> CreateEmptyStoreAsync() => new(new MemoryObjectStore());
}

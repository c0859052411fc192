using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Vektagraf.Storage;
using Vektagraf.TestKit;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage;

public class DirectoryObjectStoreTests : ObjectStoreContract<DirectoryObjectStore>
{
    private const int HeaderLength = 64;
    private readonly TemporaryDirectory _directory = new();

    private string Root => _directory.Path;

    public override ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return base.DisposeAsync();
    }

    [Fact]
    public async Task Open_WhenTheDirectoryHoldsObjects_TheyAreThereWithTheirETags()
    {
        string etag = await PutTextAsync("c/Docs/s/0/head", "text");
        GetResult result = await new DirectoryObjectStore(Root).GetAsync("c/Docs/s/0/head", cancellationToken: Cancel);
        Assert.Equal("text", Text(result));
        Assert.Equal(etag, result.ETag);
    }

    [Fact]
    public async Task PutAsync_WhenTwoInstancesCompete_ConditionsHoldBetweenThem()
    {
        var other = new DirectoryObjectStore(Root);
        await PutTextAsync("n", "0");
        DirectoryObjectStore[] stores = [Store, other];
        int[] swapped = await Task.WhenAll(stores.Select(s => Task.Run(() => SwapTillThirtyAsync(s), Cancel)));
        Assert.Equal(30, swapped.Sum());
        Assert.Equal("30", await GetTextAsync("n"));
    }

    [Fact]
    public async Task PutAsync_WhenKeysDifferInCaseOnly_FileNamesDifferInMore()
    {
        await PutAllAsync(["Aa", "aA", "aa", "AA", "x.OBJ/y", "x.obj/y", "x.obj", "x"]);
        string[] names = [.. ObjectFiles().Select(f => Path.GetRelativePath(Root, f))];
        Assert.Equal(8, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public async Task KeysAndPaths_OfAnyKeys_MapOneToOne()
    {
        Gen<string> segments = Gen.String[Gen.Char["aAbCo.nul_-19%j"].Where(c => c != '%'), 1, 6].Where(s => s[^1] != '.');
        Gen<string[]> keys = segments.Array[1, 4].Select(s => string.Join('/', s)).Array[1, 12]
            .Select(k => k.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray());
        await keys.SampleAsync(
            async k =>
            {
                using var directory = new TemporaryDirectory();
                var store = new DirectoryObjectStore(directory.Path);
                foreach (string key in k)
                {
                    Assert.True((await store.PutAsync(key, Bytes(key), PutCondition.Absent, Cancel)).Written);
                }

                Assert.Equal(k, (await store.ListAsync(string.Empty, cancellationToken: Cancel)).Entries.Select(e => e.Key));
                foreach (string key in k)
                {
                    Assert.Equal(key, Text(await store.GetAsync(key, cancellationToken: Cancel)));
                }
            },
            iter: 40,
            threads: 1);
    }

    [Fact]
    public async Task GetAsync_WhenTheFileWasWrittenByVersionOne_ReadsIt()
    {
        // The format as written down in docs/formats/directory-store.md, byte for byte.
        const string Version = "00112233445566778899aabbccddeeff";
        const string File = "VKTGOBJ1 " + Version + " 0000000000000000005  \nhello";
        Directory.CreateDirectory(Path.Combine(Root, "c", "%44ocs"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(Root, "c", "%44ocs", "head.obj"), File, Encoding.ASCII, Cancel);

        GetResult result = await Store.GetAsync("c/Docs/head", cancellationToken: Cancel);
        Assert.Equal("hello", Text(result));
        Assert.Equal(Version, result.ETag);
        Assert.Equal(["c/Docs/head"], await ListKeysAsync("c/D"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(70)]
    public async Task GetAsync_WhenTheFileWasCutShort_ThrowsAndNamesTheFile(int length)
    {
        await PutTextAsync("a", "0123456789");
        string file = Assert.Single(ObjectFiles());
        await using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(length);
        }

        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetAsync("a", cancellationToken: Cancel));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetAsync("a", new ByteRange(0, 1), cancellationToken: Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(63)]
    public async Task EveryMethod_WhenTheHeaderIsDamaged_NeverServesTheObjectNorTakesItForMissing(int position)
    {
        string etag = await PutTextAsync("a", "0123456789");
        string file = Assert.Single(ObjectFiles());
        byte[] bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[position] ^= 0x40;
        await File.WriteAllBytesAsync(file, bytes, Cancel);

        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.GetAsync("a", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ObjectStoreException>(() => Store.PutAsync("a", Bytes("x"), PutCondition.Match(etag), Cancel));
        Assert.False((await Store.PutAsync("a", Bytes("x"), PutCondition.Absent, Cancel)).Written);
        Assert.True(await Store.DeleteAsync("a", Cancel));
    }

    [Fact]
    public async Task ListAsync_WhenForeignFilesLieAbout_IgnoresThem()
    {
        await PutTextAsync("a/b", "text");
        foreach (string name in new[] { "README.txt", "a/.DS_Store", "a/B.obj", "a/%zz.obj", "a/%41", "a/.obj", "a/c.obj.bak", "a/%6a.obj" })
        {
            await File.WriteAllTextAsync(Path.Combine(Root, name), "foreign", Cancel);
        }

        Assert.Equal(["a/b"], await ListKeysAsync(string.Empty));
    }

    [Fact]
    public async Task DeleteAsync_WhenAFolderBecomesEmpty_RemovesItAndThoseAbove()
    {
        await PutAllAsync(["c/docs/seg/1/data", "c/docs/head"]);
        await Store.DeleteAsync("c/docs/seg/1/data", Cancel);
        Assert.False(Directory.Exists(Path.Combine(Root, "c", "docs", "seg")));
        Assert.True(Directory.Exists(Path.Combine(Root, "c", "docs")));
        await Store.DeleteAsync("c/docs/head", Cancel);
        Assert.False(Directory.Exists(Path.Combine(Root, "c")));
        Assert.True(Directory.Exists(Root));
    }

    [Fact]
    public async Task EveryMethod_WhenDone_LeavesNoTemporaryFile()
    {
        string etag = await PutTextAsync("a", "one");
        await Store.PutAsync("a", Bytes("two"), PutCondition.Absent, Cancel);
        await Store.PutAsync("a", Bytes("two"), PutCondition.Match("other"), Cancel);
        await Store.PutAsync("a", Bytes("two"), PutCondition.Match(etag), Cancel);
        await Store.PutAsync("b", Bytes("one"), PutCondition.Absent, Cancel);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Root, ".tmp")));
    }

    [Fact]
    public async Task Open_WhenTemporaryFilesWereLeft_RemovesTheOldOnesOnly()
    {
        string old = Path.Combine(Root, ".tmp", "00000000000000000000000000000001");
        string young = Path.Combine(Root, ".tmp", "00000000000000000000000000000002");
        await File.WriteAllTextAsync(old, "left", Cancel);
        await File.WriteAllTextAsync(young, "in use", Cancel);
        File.SetLastWriteTimeUtc(old, File.GetLastWriteTimeUtc(old) - TimeSpan.FromMinutes(61));

        // The process's own clock must not matter: a wrong one would remove what others are writing.
        _ = new DirectoryObjectStore(Root, new FakeTimeProvider(new DateTimeOffset(2199, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
    }

    [Fact]
    public async Task ListAsync_WhenTheClockIsGiven_TimesComeFromIt()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero));
        var store = new DirectoryObjectStore(Root, clock);
        await store.PutAsync("a", Bytes("1"), PutCondition.None, Cancel);
        ListEntry entry = Assert.Single((await store.ListAsync(string.Empty, cancellationToken: Cancel)).Entries);
        Assert.Equal(clock.Start, entry.LastModified);
    }

    [Fact]
    public async Task PutAsync_WhenTheLockIsHeldElsewhere_WaitsAndCanBeCancelled()
    {
        using var held = new HeldLocks(Root);
        using var cancel = new CancellationTokenSource();
        Task<PutResult> waiting = Store.PutAsync("a", Bytes("x"), PutCondition.None, cancel.Token);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Root, ".tmp")));

        Task<PutResult> second = Store.PutAsync("a", Bytes("y"), PutCondition.Absent, Cancel);
        Assert.False(second.IsCompleted);
        held.Dispose();
        Assert.True((await second).Written);
    }

    [Fact]
    public async Task PutAsync_WhenTheLockIsHeldTooLong_FailsAsTransient()
    {
        var clock = new FakeTimeProvider();
        var store = new DirectoryObjectStore(Root, clock);
        using var held = new HeldLocks(Root);
        Task<PutResult> waiting = store.PutAsync("a", Bytes("x"), PutCondition.None, Cancel);
        while (!waiting.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True((await Assert.ThrowsAsync<ObjectStoreException>(() => waiting)).IsTransient);
    }

    [Fact]
    public async Task PutAsync_WhenCreateOnlyAndPresent_LosesWithoutALock()
    {
        await PutTextAsync("a", "one");
        using var held = new HeldLocks(Root);
        Assert.False((await Store.PutAsync("a", Bytes("two"), PutCondition.Absent, Cancel)).Written);
        Assert.False((await Store.PutAsync("a", Bytes("two"), PutCondition.Match("stale"), Cancel)).Written);
        Assert.False(await Store.DeleteAsync("b", Cancel));
        Assert.Equal("one", await GetTextAsync("a"));
    }

    [Fact]
    public async Task EveryMethod_WhenTheFolderIsNotOne_ThrowsWithThePath()
    {
        string blocked = Path.Combine(Root, "c");
        await File.WriteAllTextAsync(blocked, "foreign", Cancel);
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => Store.GetAsync("c/a", cancellationToken: Cancel),
            () => Store.PutAsync("c/a", Bytes("x"), PutCondition.None, Cancel),
            () => Store.DeleteAsync("c/a", Cancel),
        })
        {
            var error = await Assert.ThrowsAsync<ObjectStoreException>(call);
            Assert.Contains(blocked, error.Message, StringComparison.Ordinal);
            Assert.False(error.IsTransient);
        }
    }

    [Fact]
    public void Open_WhenTheDirectoryIsAFile_Throws()
    {
        string file = Path.Combine(Root, "file");
        File.WriteAllText(file, "foreign");
        var error = Assert.Throws<ObjectStoreException>(() => new DirectoryObjectStore(Path.Combine(file, "store")));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    protected override ValueTask<DirectoryObjectStore> CreateEmptyStoreAsync() => new(new DirectoryObjectStore(Root));

    private static async Task<int> SwapTillThirtyAsync(DirectoryObjectStore store)
    {
        for (int swapped = 0; ;)
        {
            GetResult current = await store.GetAsync("n", cancellationToken: Cancel);
            int value = int.Parse(Text(current), System.Globalization.CultureInfo.InvariantCulture);
            if (value == 30)
            {
                return swapped;
            }

            PutResult put = await store.PutAsync(
                "n", Bytes((value + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)), PutCondition.Match(current.ETag!), Cancel);
            swapped += put.Written ? 1 : 0;
        }
    }

    private IEnumerable<string> ObjectFiles() =>
        Directory.EnumerateFiles(Root, "*.obj", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length >= HeaderLength);

    /// <summary>All lock files held, as another process would.</summary>
    private sealed class HeldLocks(string root) : IDisposable
    {
        private readonly List<FileStream> _files =
        [
            .. Enumerable.Range(0, 64).Select(i => new FileStream(
                Path.Combine(root, ".locks", i.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)),
                FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)),
        ];

        public void Dispose() => _files.ForEach(f => f.Dispose());
    }
}

using System.Runtime.CompilerServices;
using Vektagraf.Index;
using Vektagraf.Shards;

namespace Vektagraf.Tests.Shards;

public sealed class ScratchVectorsTests : IDisposable
{
    /// <summary>Long rows fill chunks of 16 MiB with few of them.</summary>
    private const int Dimensions = 4096;

    private readonly string _directory = Directory.CreateTempSubdirectory("vektagraf-scratch-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void FlatIndex_OverSeveralMappedChunks_HoldsWhatWasAppended()
    {
        var memory = new ScratchVectors(_directory);
        var index = new FlatIndex(Dimensions, DistanceMetric.Euclidean, memory);
        const int Rows = 2300;
        float[] row = new float[Dimensions];
        for (int n = 0; n < Rows; n++)
        {
            Array.Fill(row, n);
            index.Append(row);
        }

        Assert.True(index.MappedBytes >= (long)Rows * Dimensions * sizeof(float));
        Assert.Equal(0, index.MemoryBytes);
        Assert.Equal(0, memory.RefusedBytes);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int n = 0; n < Rows; n += 7)
            {
                index.GetVector(n, row);
                Assert.Equal(-1, row.AsSpan().IndexOfAnyExcept((float)n));
            }

            Array.Fill(row, 1234.2f);
            Assert.Equal(1234, index.Search(row, new SearchParameters(1), null, null, new SearchScratch())[0].Ordinal);
            index.Settle();
        }
    }

    [Fact]
    public void Settle_TakesTheVectorsOutOfTheResidentSet()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The resident set is read from /proc.");
        var index = new FlatIndex(Dimensions, DistanceMetric.Dot, new ScratchVectors(_directory), capacity: 1000);
        index.AppendRange(new float[1000 * Dimensions]);
        Assert.True(ResidentScratchBytes() >= 1000L * Dimensions * sizeof(float));
        index.Settle();
        Assert.True(ResidentScratchBytes() < 1 << 20, $"{ResidentScratchBytes()} bytes");
        GC.KeepAlive(index);
    }

    [Fact]
    public void Files_AreGoneFromTheDirectoryAtOnceOrWithTheIndex()
    {
        WriteAndForget(new ScratchVectors(_directory));
        for (int attempt = 0; attempt < 20 && Directory.EnumerateFiles(_directory).Any(); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Empty(Directory.EnumerateFiles(_directory));
    }

    [Fact]
    public void Mappings_OfAnIndexThatIsUnreachable_AreRemoved()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Mappings are read from /proc.");
        WriteAndForget(new ScratchVectors(_directory));
        for (int attempt = 0; attempt < 20 && Mappings().Any(); attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Empty(Mappings());
    }

    [Fact]
    public void Constructor_RemovesWhatCrashedProcessesLeft()
    {
        string left = Path.Combine(_directory, "left.vektagraf-vectors");
        string other = Path.Combine(_directory, "other.txt");
        File.WriteAllText(left, "");
        File.WriteAllText(other, "");
        _ = new ScratchVectors(_directory);
        Assert.Equal([other], Directory.EnumerateFiles(_directory));
    }

    [Fact]
    public void Allocate_WhenSmall_LeavesTheBlockToTheHeap()
    {
        var memory = new ScratchVectors(_directory);
        var index = new FlatIndex(8, DistanceMetric.Dot, memory);
        index.Append(new float[8]);
        Assert.True(index.MemoryBytes > 0);
        Assert.Equal(0, index.MappedBytes);
        Assert.Equal(0, memory.RefusedBytes);
    }

    [Fact]
    public void Allocate_WhenTheDiskTakesNoMore_GoesToTheHeap()
    {
        string gone = Path.Combine(_directory, "gone");
        var memory = new ScratchVectors(gone);
        Directory.Delete(gone);
        var index = new FlatIndex(Dimensions, DistanceMetric.Dot, memory, capacity: 100);
        index.Append(new float[Dimensions]);
        Assert.True(index.MemoryBytes > 0);
        Assert.True(memory.RefusedBytes > 0);
        Assert.Null(memory.Allocate(1L << 60));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteAndForget(VectorMemory memory)
    {
        var index = new FlatIndex(Dimensions, DistanceMetric.Dot, memory, capacity: 300);
        index.AppendRange(new float[300 * Dimensions]);
        Assert.True(index.MappedBytes > 0);
    }

    private IEnumerable<string> Mappings() => File.ReadLines("/proc/self/maps").Where(line => line.Contains(_directory, StringComparison.Ordinal));

    private long ResidentScratchBytes()
    {
        long kilobytes = 0;
        bool isOurs = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                kilobytes += isOurs ? long.Parse(line.AsSpan(4, line.Length - 6), System.Globalization.CultureInfo.InvariantCulture) : 0;
            }
            else if (line.Contains('-', StringComparison.Ordinal) && char.IsAsciiHexDigitLower(line[0]))
            {
                isOurs = line.Contains(_directory, StringComparison.Ordinal);
            }
        }

        return kilobytes << 10;
    }
}

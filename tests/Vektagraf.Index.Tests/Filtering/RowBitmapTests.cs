using CsCheck;

namespace Vektagraf.Index.Tests.Filtering;

/// <summary>Bitmaps against sorted sets.</summary>
public class RowBitmapTests
{
    private const int RowCount = 5 * 65_536;

    /// <summary>Single rows, runs and dense stretches, of which some make each form of container.</summary>
    private static readonly Gen<int[]> Part = Gen.OneOf(
        Gen.Int[0, RowCount - 1].Array[0, 50],
        Gen.Select(Gen.Int[0, RowCount - 1], Gen.Int[0, 100_000]).Select((first, count) => Enumerable.Range(first, Math.Min(count, RowCount - first)).ToArray()),
        Gen.Select(Gen.Int[0, RowCount - 20_000], Gen.Int[1, 9], Gen.Int).Select((first, step, seed) =>
        {
            var random = new Random(seed);
            return Enumerable.Range(first, 20_000).Where(_ => random.Next(step) == 0).ToArray();
        }),
        Gen.OneOf(0, 1, 65_535, 65_536, 131_071, RowCount - 1).Select(i => new[] { i }));

    private static readonly Gen<int[]> Rows = Part.Array[0, 4].Select(parts => parts.SelectMany(p => p).Distinct().Order().ToArray());

    [Fact]
    public void Of_AnyRows_HasThoseAndNoOther() => Gen.Select(Rows, Gen.Int[-10, RowCount + 10].Array[50]).Sample((rows, others) =>
    {
        var bitmap = RowBitmap.Of(rows);
        var model = new HashSet<int>(rows);
        Assert.Equal(rows, bitmap.ToArray());
        Assert.Equal((rows.Length, rows.Length == 0, rows.LastOrDefault(-1)), (bitmap.Count, bitmap.IsEmpty, bitmap.Last));
        foreach (var row in others.Concat(rows.Take(50)).Concat([int.MinValue, -1, 0, 65_535, 65_536, int.MaxValue]))
        {
            Assert.Equal(model.Contains(row), bitmap.Contains(row));
            Assert.Equal(rows.Count(r => r <= row), bitmap.Rank(row));
        }
    }, iter: 100);

    [Fact]
    public void Operations_OnAnySets_EqualThoseOfTheModel() => Gen.Select(Rows, Rows).Sample((left, right) =>
    {
        var (a, b) = (RowBitmap.Of(left), RowBitmap.Of(right));
        Assert.Equal(left.Intersect(right).Order(), a.And(b).ToArray());
        Assert.Equal(left.Union(right).Order(), a.Or(b).ToArray());
        Assert.Equal(left.Except(right).Order(), a.AndNot(b).ToArray());
        Assert.Equal(left.Except(right).Count(), a.AndNot(b).Count);
        Assert.Equal(a.ToBytes(), a.Or(a).ToBytes());
        Assert.True(a.AndNot(a).IsEmpty);
    }, iter: 100);

    [Fact]
    public void Read_OfWrittenBytes_GivesTheSet() => Gen.Select(Rows, Rows, Gen.Int[0, 3]).Sample((rows, others, shift) =>
    {
        var bytes = RowBitmap.Of(rows).ToBytes();
        // Sets lie anywhere in a block, not only at multiples of their words.
        byte[] block = [.. new byte[shift], .. bytes, 1, 2, 3];
        var read = RowBitmap.Read(block.AsMemory(shift, bytes.Length));
        Assert.Equal(rows, read.ToArray());
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal(rows.Except(others).Order(), read.AndNot(RowBitmap.Of(others)).ToArray());
    }, iter: 100);

    [Fact]
    public void Write_OfDenseRuns_TakesAFewBytes()
    {
        Assert.Equal(15, RowBitmap.All(40_000).ByteCount);
        Assert.Equal(RowBitmap.All(40_000).ToBytes(), RowBitmap.Of([.. Enumerable.Range(0, 40_000)]).ToBytes());
        Assert.InRange(RowBitmap.All(RowCount).ByteCount, 1, 100);
        var alternate = RowBitmap.Of([.. Enumerable.Range(0, 65_536).Where(i => i % 2 == 0)]);
        Assert.Equal(16 + 8192, alternate.ByteCount);
    }

    /// <summary>Bytes put together after the published format: arrays, one run container, and four containers of which two have runs.</summary>
    [Theory]
    [InlineData("3A30000000000000", "")]
    [InlineData("3A300000020000000000010001000000180000001C00000005000900FFFF", "5-5 9-9 131071-131071")]
    [InlineData("3B3000000100006300010064006300", "100-199")]
    [InlineData(
        "3B30030006000000000100090002002B010500010025000000270000002D00000037000000070001001400090002000000C700E80363000100FFFF",
        "7-7 65556-65565 131072-131271 132072-132171 327681-327681 393215-393215")]
    public void Read_OfThePortableFormat_GivesItsRows(string hex, string rows)
    {
        var expected = rows.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split('-').Select(int.Parse).ToArray())
            .SelectMany(r => Enumerable.Range(r[0], r[1] - r[0] + 1)).ToArray();
        Assert.Equal(expected, RowBitmap.Read(Convert.FromHexString(hex)).ToArray());
        Assert.Equal(hex, Convert.ToHexString(RowBitmap.Of(expected).ToBytes()));
    }

    [Fact]
    public void Read_OfSpoiledBytes_IsAnErrorOrASet() => Gen.Select(Rows, Gen.Int[0, int.MaxValue], Gen.Byte, Gen.Int[0, 2]).Sample((rows, at, value, how) =>
    {
        var bytes = RowBitmap.Of(rows).ToBytes();
        // Most damage goes where the structure is.
        at = at % 3 == 0 ? at % bytes.Length : at % Math.Min(bytes.Length, 60);
        byte[] spoiled = how switch
        {
            0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], value, .. bytes[at..]],
            _ => bytes[..at],
        };
        RowBitmap read;
        try
        {
            read = RowBitmap.Read(spoiled);
        }
        catch (InvalidDataException)
        {
            return;
        }

        var set = read.ToArray();
        Assert.Equal(set.Order().Distinct(), set);
        Assert.Equal(read.Count, set.Length);
        Assert.Equal(spoiled, read.ToBytes());
    }, iter: 2_000);

    [Fact]
    public void Builder_OutsideItsRows_Refuses()
    {
        var builder = new RowBitmapBuilder(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddRange(99, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(RowBitmap.Of(100)));
        builder.AddRange(98, 2);
        builder.Add(RowBitmap.Of(0, 63, 64));
        Assert.Equal([0, 63, 64, 98, 99], builder.ToBitmap().ToArray());
    }

    [Fact]
    public void ToWords_OfASet_AnswersASearchFilter()
    {
        var filter = new BitmapFilter(RowBitmap.Of(3, 64, 199).ToWords(200));
        Assert.Equal([3, 64, 199], Enumerable.Range(0, 300).Where(filter.Accepts));
    }
}

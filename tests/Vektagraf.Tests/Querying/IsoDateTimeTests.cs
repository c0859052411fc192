using System.Globalization;
using CsCheck;

namespace Vektagraf.Querying;

public class IsoDateTimeTests
{
    private const long Day = TimeSpan.TicksPerDay;

    [Theory]
    [InlineData("2024-01-31", "2024-01-31T00:00:00Z")]
    [InlineData("2024-02-29T23:59:59.9999999Z", "2024-02-29T23:59:59.9999999Z")]
    [InlineData("2024-01-31T10:00Z", "2024-01-31T10:00:00Z")]
    [InlineData("2024-01-31t10:00:00z", "2024-01-31T10:00:00Z")]
    [InlineData("2024-01-31T10:00:00.123456789Z", "2024-01-31T10:00:00.1234567Z")]
    [InlineData("2024-01-31T00:30:00+05:30", "2024-01-30T19:00:00Z")]
    [InlineData("2024-01-31T23:30:00-00:30", "2024-02-01T00:00:00Z")]
    [InlineData("2024-01-31T10:00:00+23:59", "2024-01-30T10:01:00Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z")]
    public void TryParse_WhenValid_GivesUtc(string text, string utc)
    {
        Assert.True(IsoDateTime.TryParse(text, out long ticks, out string? problem), problem);
        Assert.Equal(utc, IsoDateTime.Format(ticks));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2024-01-3")]
    [InlineData("2024-1-31")]
    [InlineData("2024-00-10")]
    [InlineData("2024-02-30")]
    [InlineData("2023-02-29")]
    [InlineData("0000-01-01")]
    [InlineData("2024-01-31 10:00:00Z")]
    [InlineData("2024-01-31T")]
    [InlineData("2024-01-31T10Z")]
    [InlineData("2024-01-31T10:00:00")]
    [InlineData("2024-01-31T24:00:00Z")]
    [InlineData("2024-01-31T10:60:00Z")]
    [InlineData("2024-01-31T10:00:60Z")]
    [InlineData("2024-01-31T10:00:00.Z")]
    [InlineData("2024-01-31T10:00:00+0200")]
    [InlineData("2024-01-31T10:00:00+24:00")]
    [InlineData("2024-01-31T10:00:00+02:60")]
    [InlineData("2024-01-31T10:00:00ZZ")]
    [InlineData("2024-01-31T10:00:00Z ")]
    [InlineData("２０24-01-31")]
    [InlineData("2024-01-31T10:00:00.0000000000000000000000000000000000Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:00-00:01")]
    public void TryParse_WhenInvalid_SaysWhy(string text)
    {
        Assert.False(IsoDateTime.TryParse(text, out _, out string? problem));
        Assert.NotNull(problem);
    }

    [Fact]
    public void TryParse_OfRoundTripText_AgreesWithTheFramework() =>
        Gen.Select(Gen.Long[Day, DateTime.MaxValue.Ticks - Day], Gen.Int[-14 * 60, 14 * 60]).Sample((ticks, offset) =>
        {
            DateTimeOffset moment = new(ticks, TimeSpan.FromMinutes(offset));
            Assert.True(IsoDateTime.TryParse(moment.ToString("O", CultureInfo.InvariantCulture), out long read, out _));
            Assert.Equal(moment.UtcTicks, read);
            Assert.True(IsoDateTime.TryParse(IsoDateTime.Format(read), out long again, out _));
            Assert.Equal(read, again);
        });
}

namespace Vektagraf.Shards.Segments;

/// <summary>
/// Places on the Morton curve (Morton, 1966) over longitude and latitude: neighbours on the globe are mostly neighbours in the order, and
/// every cell of a quadtree is one interval of it.
/// </summary>
internal static class MortonCell
{
    /// <summary>Bits of an axis; a cell of the last level is at most 10 mm wide.</summary>
    public const int Levels = 32;

    private const double Cells = 1L << Levels;

    /// <summary>The cell of a point.</summary>
    public static ulong Of(double longitude, double latitude) => Spread(Place((longitude + 180) / 360)) | (Spread(Place((latitude + 90) / 180)) << 1);

    /// <summary>The sides of a cell, in degrees.</summary>
    /// <param name="prefix">The first bits of its places on the curve, two for each level.</param>
    /// <param name="level">The level: 0 is the globe.</param>
    public static (double West, double South, double East, double North) Sides(ulong prefix, int level)
    {
        var cells = Math.ScaleB(1, level);
        var (x, y) = (Gather(prefix), Gather(prefix >> 1));
        return ((x / cells * 360) - 180, (y / cells * 180) - 90, ((x + 1.0) / cells * 360) - 180, ((y + 1.0) / cells * 180) - 90);
    }

    private static uint Place(double fraction) => (uint)Math.Clamp(Math.Floor(fraction * Cells), 0, uint.MaxValue);

    /// <summary>Puts a zero above every bit, by halves.</summary>
    private static ulong Spread(uint value)
    {
        ulong bits = value;
        bits = (bits | (bits << 16)) & 0x0000_FFFF_0000_FFFF;
        bits = (bits | (bits << 8)) & 0x00FF_00FF_00FF_00FF;
        bits = (bits | (bits << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        bits = (bits | (bits << 2)) & 0x3333_3333_3333_3333;
        return (bits | (bits << 1)) & 0x5555_5555_5555_5555;
    }

    /// <summary>Takes every other bit, from the lowest on.</summary>
    private static uint Gather(ulong bits)
    {
        bits &= 0x5555_5555_5555_5555;
        bits = (bits | (bits >> 1)) & 0x3333_3333_3333_3333;
        bits = (bits | (bits >> 2)) & 0x0F0F_0F0F_0F0F_0F0F;
        bits = (bits | (bits >> 4)) & 0x00FF_00FF_00FF_00FF;
        bits = (bits | (bits >> 8)) & 0x0000_FFFF_0000_FFFF;
        return (uint)(bits | (bits >> 16));
    }
}

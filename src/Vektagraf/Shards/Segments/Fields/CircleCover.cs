using Vektagraf.Querying;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Shards.Segments;

/// <summary>The cells of the Morton curve that a circle on the globe covers: those surely inside, and those it touches.</summary>
internal static class CircleCover
{
    /// <summary>Most cells on the circle's edge. Each is an interval of the index; more cells mean fewer points outside that are read.</summary>
    private const int MaxEdgeCells = 96;

    /// <summary>Deepest level of cells: some ten metres.</summary>
    private const int MaxLevel = 22;

    /// <summary>Kilometres by which distances may be wrong in the last digits, near the antipode above all; decided point by point there.</summary>
    private const double Slack = 1e-3;

    /// <summary>Covers a circle, cells of one level after the other: those on the edge are divided as long as they are few.</summary>
    /// <param name="center">Its centre.</param>
    /// <param name="kilometres">Its radius.</param>
    /// <returns>The intervals whose points are all inside, and those that have all points inside.</returns>
    public static (KeyIntervals Inner, KeyIntervals Outer) Of(in FieldValue center, double kilometres)
    {
        List<(FieldIndexKey Low, FieldIndexKey? High)> inner = [];
        List<ulong> edge = [0];
        var level = 0;
        for (; level < MaxLevel; level++)
        {
            var (nextInner, nextEdge) = Divide(edge, level, center, kilometres);
            if (nextEdge.Count > MaxEdgeCells)
            {
                break;
            }

            inner.AddRange(nextInner);
            edge = nextEdge;
        }

        var inside = KeyIntervals.Of(inner);
        return (inside, inside.Union(KeyIntervals.Of(edge.Select(cell => Interval(cell, level)))));
    }

    private static (List<(FieldIndexKey Low, FieldIndexKey? High)> Inner, List<ulong> Edge) Divide(List<ulong> cells, int level, in FieldValue center, double kilometres)
    {
        List<(FieldIndexKey Low, FieldIndexKey? High)> inner = [];
        List<ulong> edge = [];
        foreach (var cell in cells)
        {
            for (var quarter = 0UL; quarter < 4; quarter++)
            {
                var child = (cell << 2) | quarter;
                var (nearest, farthest) = Distances(center, MortonCell.Sides(child, level + 1));
                if (farthest < kilometres - Slack)
                {
                    inner.Add(Interval(child, level + 1));
                }
                else if (nearest <= kilometres + Slack)
                {
                    edge.Add(child);
                }
            }
        }

        return (inner, edge);
    }

    private static (FieldIndexKey Low, FieldIndexKey? High) Interval(ulong cell, int level)
    {
        var shift = 2 * (MortonCell.Levels - level);
        var last = shift == 64 ? ulong.MaxValue : ((cell + 1) << shift) - 1;
        return (new FieldIndexKey(shift == 64 ? 0 : cell << shift, null), new FieldIndexKey(last, null).Successor);
    }

    /// <summary>
    /// Distances of a cell's nearest and farthest point. On one latitude the distance grows with the difference in longitude, so they lie on
    /// the meridians of the cell that are nearest and farthest.
    /// </summary>
    private static (double Nearest, double Farthest) Distances(in FieldValue center, (double West, double South, double East, double North) sides)
    {
        var (west, east) = (Difference(center.Longitude, sides.West), Difference(center.Longitude, sides.East));
        var opposite = center.Longitude > 0 ? center.Longitude - 180 : center.Longitude + 180;
        var near = Holds(sides, center.Longitude) ? 0 : Math.Min(west, east);
        var far = Holds(sides, opposite) ? 180 : Math.Max(west, east);
        return (Extreme(center, sides, near, 0, Math.Min), Extreme(center, sides, far, 180, Math.Max));
    }

    // 180° west and 180° east are one meridian.
    private static bool Holds((double West, double South, double East, double North) sides, double longitude) =>
        (longitude >= sides.West && longitude <= sides.East) || (Math.Abs(longitude) == 180 && (sides.West == -180 || sides.East == 180));

    private static double Difference(double longitude, double other)
    {
        var difference = Math.Abs(longitude - other) % 360;
        return difference > 180 ? 360 - difference : difference;
    }

    /// <summary>
    /// The nearest or farthest point of a piece of a meridian. With the difference in longitude d and the centre's latitude c, the cosine of
    /// the distance to latitude φ is sin c sin φ + cos c cos d cos φ, a cosine of φ with its crest at atan2(sin c, cos c cos d).
    /// </summary>
    private static double Extreme(in FieldValue center, (double West, double South, double East, double North) sides, double difference, double turn, Func<double, double, double> choose)
    {
        var c = double.DegreesToRadians(center.Latitude);
        var crest = double.RadiansToDegrees(Math.Atan2(Math.Sin(c), Math.Cos(c) * Math.Cos(double.DegreesToRadians(difference)))) + turn;
        crest -= crest > 180 ? 360 : 0;
        var extreme = choose(Kilometres(center, difference, sides.South), Kilometres(center, difference, sides.North));
        return crest > sides.South && crest < sides.North ? choose(extreme, Kilometres(center, difference, crest)) : extreme;
    }

    private static double Kilometres(in FieldValue center, double difference, double latitude) =>
        GreatCircle.Kilometres(FieldValue.FromGeo(0, center.Latitude), FieldValue.FromGeo(difference, latitude));
}

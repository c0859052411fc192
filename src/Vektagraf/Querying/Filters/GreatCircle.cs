namespace Vektagraf.Querying.Filters;

/// <summary>Distances on the globe.</summary>
public static class GreatCircle
{
    /// <summary>Mean radius of the Earth in kilometres (IUGG, R₁).</summary>
    public const double EarthRadius = 6371.0088;

    /// <summary>Distance by the haversine formula, which keeps its precision for near points; exact for a sphere, within 0.6 % for the
    /// Earth.</summary>
    /// <param name="from">A point.</param>
    /// <param name="to">Another point.</param>
    /// <returns>Kilometres, 0 to about 20,015.</returns>
    public static double Kilometres(in FieldValue from, in FieldValue to)
    {
        double latitude1 = double.DegreesToRadians(from.Latitude);
        double latitude2 = double.DegreesToRadians(to.Latitude);
        double sinLatitude = Math.Sin((latitude2 - latitude1) / 2);
        double sinLongitude = Math.Sin(double.DegreesToRadians(to.Longitude - from.Longitude) / 2);
        double haversine = (sinLatitude * sinLatitude) + (Math.Cos(latitude1) * Math.Cos(latitude2) * sinLongitude * sinLongitude);
        return 2 * EarthRadius * Math.Asin(Math.Sqrt(Math.Min(1, haversine))); // rounding may leave antipodes a little above 1
    }
}

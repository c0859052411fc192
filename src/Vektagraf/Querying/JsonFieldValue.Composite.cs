using System.Text.Json;

namespace Vektagraf.Querying;

/// <summary>Arrays of strings and points.</summary>
public static partial class JsonFieldValue
{
    private static readonly (double Longitude, double Latitude) Nowhere = (double.NaN, double.NaN);

    private static string? ReadStringArray(ref Utf8JsonReader reader, out FieldValue value)
    {
        const string Wanted = "must be an array of strings";
        value = FieldValue.Null;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return Wanted;
        }

        List<string> elements = [];
        bool fits = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            fits &= reader.TokenType == JsonTokenType.String;
            if (fits)
            {
                fits = TryGetString(ref reader, out string element);
                elements.Add(element);
            }

            reader.Skip();
        }

        if (fits)
        {
            value = FieldValue.From(elements.ToArray());
        }

        return fits ? null : Wanted;
    }

    /// <summary>Reads a GeoJSON point (RFC 7946, 3.1.2; altitude and other members are ignored) or, where wanted,
    /// <c>{"lat":…,"lon":…}</c>.</summary>
    private static string? ReadGeo(ref Utf8JsonReader reader, bool latLonToo, out FieldValue value)
    {
        const string Wanted =
            "must be a point: {\"type\":\"Point\",\"coordinates\":[longitude,latitude]} or {\"lat\":latitude,\"lon\":longitude}";
        value = FieldValue.Null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return Wanted;
        }

        bool isPoint = false;
        (double Longitude, double Latitude)? coordinates = null;
        (double Longitude, double Latitude) pair = Nowhere;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string? member = MemberName(ref reader);
            reader.Read();
            switch (member)
            {
                case "type":
                    isPoint = reader.TokenType == JsonTokenType.String && TextEquals(ref reader, "Point"u8);
                    break;
                case "coordinates" when reader.TokenType == JsonTokenType.StartArray:
                    coordinates = ReadCoordinates(ref reader);
                    break;
                case "lat":
                    pair.Latitude = ReadDegrees(ref reader);
                    break;
                case "lon":
                    pair.Longitude = ReadDegrees(ref reader);
                    break;
            }

            reader.Skip();
        }

        (double longitude, double latitude) = isPoint ? coordinates ?? Nowhere : latLonToo ? pair : Nowhere;
        if (double.IsNaN(longitude) || double.IsNaN(latitude))
        {
            return Wanted;
        }

        if (Math.Abs(longitude) > 180 || Math.Abs(latitude) > 90)
        {
            return "must have a longitude from -180 to 180 and a latitude from -90 to 90, the longitude first in coordinates";
        }

        value = FieldValue.FromGeo(longitude, latitude);
        return null;
    }

    private static string? MemberName(ref Utf8JsonReader reader) =>
        TextEquals(ref reader, "type"u8) ? "type"
        : TextEquals(ref reader, "coordinates"u8) ? "coordinates"
        : TextEquals(ref reader, "lat"u8) ? "lat"
        : TextEquals(ref reader, "lon"u8) ? "lon"
        : null;

    /// <summary>Reads an array whose first two elements are longitude and latitude; NaN for what is no number.</summary>
    private static (double Longitude, double Latitude) ReadCoordinates(ref Utf8JsonReader reader)
    {
        (double Longitude, double Latitude) point = Nowhere;
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            double degrees = ReadDegrees(ref reader);
            if (i == 0)
            {
                point.Longitude = degrees;
            }
            else if (i == 1)
            {
                point.Latitude = degrees;
            }

            reader.Skip();
        }

        return point;
    }

    private static double ReadDegrees(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double degrees) ? degrees : double.NaN;
}

using System.Text.Json;

namespace Vektagraf.Cli;

/// <summary>An object to list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Properties">Its properties.</param>
/// <param name="Leading">A value that stands before them; null for none.</param>
internal sealed record ObjectRow(string Id, JsonElement Properties, string? Leading);

/// <summary>Objects: for people a table of the properties that come first, for programs the id and all properties as JSON.</summary>
internal static class ObjectListing
{
    // As many as fit a terminal of usual width next to the id.
    private const int MaxPropertyColumns = 4;

    public static void Write(Terminal terminal, IReadOnlyList<ObjectRow> rows, string? leading)
    {
        string[] fixedColumns = leading is null ? ["Id"] : [leading, "Id"];
        string[] properties = terminal.OutIsTerminal ? [.. rows.SelectMany(NamesOf).Distinct(StringComparer.Ordinal).Take(MaxPropertyColumns)] : [];
        var listing = new Listing([.. fixedColumns, .. properties]);
        if (leading is not null)
        {
            listing.Numeric(0);
        }

        foreach (var row in rows)
        {
            var values = terminal.OutIsTerminal ? properties.Select(name => ValueOf(row, name)) : [row.Properties.ValueKind == JsonValueKind.Undefined ? "{}" : row.Properties.GetRawText()];
            listing.Add([.. row.Leading is null ? [] : new[] { row.Leading }, row.Id, .. values]);
        }

        listing.Write(terminal, "Nothing was found.");
    }

    public static void Warn(Terminal terminal, IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings)
        {
            terminal.Error.WriteLine("Warning: " + Printable.Line(warning));
        }
    }

    private static IEnumerable<string> NamesOf(ObjectRow row) =>
        row.Properties.ValueKind == JsonValueKind.Object ? row.Properties.EnumerateObject().Select(p => p.Name) : [];

    private static string ValueOf(ObjectRow row, string name) =>
        row.Properties.ValueKind != JsonValueKind.Object || !row.Properties.TryGetProperty(name, out var value) ? string.Empty
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : value.GetRawText();
}

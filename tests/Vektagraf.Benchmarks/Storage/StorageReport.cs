using System.Globalization;
using System.Text.Json;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>One number.</summary>
/// <param name="Part">The part of the benchmark.</param>
/// <param name="Store">The store measured on.</param>
/// <param name="What">What it is.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Bar">What is demanded; null for nothing.</param>
/// <param name="Met">Whether it is met; null where nothing is demanded.</param>
internal sealed record Figure(string Part, string Store, string What, double Value, string Unit, string? Bar, bool? Met);

/// <summary>Prints figures as they come, and keeps them for the JSON file.</summary>
internal sealed class StorageReport(TextWriter output)
{
    private readonly List<Figure> _figures = [];
    private string? _part;

    public void Add(string part, string store, string what, double value, string unit)
        => Add(new Figure(part, store, what, value, unit, null, null));

    /// <summary>A number that must be at most a limit.</summary>
    public void AddAtMost(string part, string store, string what, double value, string unit, double limit) =>
        Add(new Figure(part, store, what, value, unit, "≤ " + Format(limit), value <= limit));

    /// <summary>A number that must be at least a limit.</summary>
    public void AddAtLeast(string part, string store, string what, double value, string unit, double limit) =>
        Add(new Figure(part, store, what, value, unit, "≥ " + Format(limit), value >= limit));

    /// <summary>Says what the numbers rest on.</summary>
    public void Note(string text)
    {
        output.WriteLine();
        output.WriteLine(text);
        _part = null;
    }

    public async Task WriteJsonAsync(string path)
    {
        await using FileStream file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, _figures, JsonSerializerOptions.Web);
    }

    private void Add(Figure figure)
    {
        if (_part != figure.Part)
        {
            _part = figure.Part;
            output.WriteLine();
            output.WriteLine("| Part | Store | What | Measured | Bar |");
            output.WriteLine("|---|---|---|---|---|");
        }

        string bar = figure.Met is { } met ? $"{figure.Bar}: {(met ? "met" : "**missed**")}" : string.Empty;
        output.WriteLine($"| {figure.Part} | {figure.Store} | {figure.What} | {Format(figure.Value)} {figure.Unit} | {bar} |");
        output.Flush();
        _figures.Add(figure);
    }

    private static string Format(double value) =>
        value.ToString(Math.Abs(value) >= 1_000 ? "N0" : Math.Abs(value) >= 100 ? "F0" : Math.Abs(value) >= 10 ? "F1" : "0.###", CultureInfo.InvariantCulture);
}

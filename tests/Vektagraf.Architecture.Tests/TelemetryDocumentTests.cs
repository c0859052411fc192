using Vektagraf.Telemetry;

namespace Vektagraf.Architecture.Tests;

/// <summary>The table of instruments in docs/telemetry.md says what the code says.</summary>
public class TelemetryDocumentTests
{
    [Fact]
    public void Document_AndInstruments_AreTheSame()
    {
        var expected = Instruments.All.Select(i =>
            $"| `{i.Name}` | {i.Kind.ToString().ToLowerInvariant()} | `{i.Unit}` | {i.Description} | {string.Join(", ", i.Attributes.Select(a => $"`{a}`"))} |");
        var rows = Repository.Read("docs/telemetry.md").Split('\n').Where(l => l.StartsWith("| `db.", StringComparison.Ordinal) || l.StartsWith("| `vektagraf.", StringComparison.Ordinal));
        Assert.Equal(expected, rows);
    }

    [Fact]
    public void Instruments_HaveNamesOfTheirOwnAndAttributesWithANamespace()
    {
        Assert.Equal(Instruments.All.Count, Instruments.All.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(Instruments.All.SelectMany(i => i.Attributes), a => Assert.Matches("^(db|error|vektagraf)\\.[a-z_.]+$", a));
    }
}

using Spectre.Console;

namespace Vektagraf.Cli;

/// <summary>Rows of text: a table for people, lines of tab-separated values without a header for programs.</summary>
internal sealed class Listing(params IReadOnlyList<string> columns)
{
    // Longer values are what --json and pipes are for.
    private const int MaxCellLength = 60;

    private readonly List<IReadOnlyList<string>> _rows = [];
    private readonly HashSet<int> _numeric = [];

    /// <summary>Aligns a column to the right.</summary>
    public Listing Numeric(int column)
    {
        _numeric.Add(column);
        return this;
    }

    public void Add(params IReadOnlyList<string> cells) => _rows.Add(cells);

    public void Write(Terminal terminal, string whenEmpty)
    {
        if (!terminal.OutIsTerminal)
        {
            foreach (var row in _rows)
            {
                terminal.Out.WriteLine(string.Join('\t', row.Select(Printable.Line)));
            }

            return;
        }

        if (_rows.Count == 0)
        {
            terminal.Out.WriteLine(whenEmpty);
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        for (var i = 0; i < columns.Count; i++)
        {
            table.AddColumn(new TableColumn(new Text(Printable.Line(columns[i]))) { Alignment = _numeric.Contains(i) ? Justify.Right : Justify.Left });
        }

        foreach (var row in _rows)
        {
            // As plain text: stored brackets are no markup.
            table.AddRow(row.Select(cell => new Text(Printable.Excerpt(cell, MaxCellLength))));
        }

        terminal.Tables().Write(table);
    }
}

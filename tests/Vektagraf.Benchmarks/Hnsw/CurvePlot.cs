using System.Text;

namespace Vektagraf.Benchmarks.Hnsw;

/// <summary>Draws curves as SVG that reads on light and dark backgrounds.</summary>
internal static class CurvePlot
{
    private const int Width = 760, Height = 440, Left = 88, Right = 170, Top = 44, Bottom = 52;
    private const double LeastRecall = 0.85;

    private static readonly string[] Styles = ["a", "b", "c", "d", "e", "f", "h"];

    private const string StyleSheet = """
        text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-size:15px;font-weight:600}path{fill:none;stroke-width:2}path.own{stroke-width:3.5}path.g{stroke:#d1d9e0;stroke-width:1}
        .a{stroke:#0a66c2;fill:#0a66c2}.b{stroke:#1a7f37;fill:#1a7f37}.c{stroke:#8250df;fill:#8250df}.d{stroke:#bc4c00;fill:#bc4c00}
        .e{stroke:#e08c3a;fill:#e08c3a}.f{stroke:#6e7781;fill:#6e7781}.h{stroke:#cf222e;fill:#cf222e}
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}path.g{stroke:#3d444d}.a{stroke:#58a6ff;fill:#58a6ff}.b{stroke:#3fb950;fill:#3fb950}
        .c{stroke:#bc8cff;fill:#bc8cff}.d{stroke:#f0883e;fill:#f0883e}.e{stroke:#ffb77c;fill:#ffb77c}.f{stroke:#9198a1;fill:#9198a1}.h{stroke:#f85149;fill:#f85149}}
        """;

    /// <summary>Recall from 0.85 to the right, queries per second on a logarithmic scale upwards.</summary>
    public static string Draw(string title, IReadOnlyList<Curve> curves)
    {
        CurvePoint[] shown = [.. curves.SelectMany(curve => curve.Points).Where(point => point.Recall >= LeastRecall)];
        var svg = new StringBuilder(Text.Of($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">\n"));
        svg.Append("<style>").Append(StyleSheet).Append("</style>\n");
        svg.Append(Text.Of($"<text class=\"t\" x=\"{Left}\" y=\"24\">{title}</text>\n"));
        if (shown.Length > 0)
        {
            double low = shown.Min(point => point.QueriesPerSecond) / 1.15;
            double high = shown.Max(point => point.QueriesPerSecond) * 1.15;
            double Y(double speed) => Height - Bottom - (Math.Log(speed / low) / Math.Log(high / low) * (Height - Bottom - Top));
            Grid(svg, low, high, Y);
            for (int i = 0; i < curves.Count; i++)
            {
                Line(svg, curves[i], i, Y);
            }
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static double X(double recall) => Left + ((recall - LeastRecall) / (1 - LeastRecall) * (Width - Left - Right));

    private static void Grid(StringBuilder svg, double low, double high, Func<double, double> y)
    {
        foreach (double recall in new[] { 0.85, 0.90, 0.95, 0.99 })
        {
            svg.Append(Text.Of($"<path class=\"g\" d=\"M{X(recall):F1} {Top}V{Height - Bottom}\"/><text x=\"{X(recall):F1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{recall:F2}</text>\n"));
        }

        for (double power = 1; power < 1e7; power *= 10)
        {
            foreach (double speed in new[] { power, 2 * power, 5 * power }.Where(speed => speed >= low && speed <= high))
            {
                svg.Append(Text.Of($"<path class=\"g\" d=\"M{Left} {y(speed):F1}H{Width - Right}\"/><text x=\"{Left - 8}\" y=\"{y(speed) + 4:F1}\" text-anchor=\"end\">{speed:N0}</text>\n"));
            }
        }

        svg.Append(Text.Of($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 12}\" text-anchor=\"middle\">recall@10</text>"));
        svg.Append(Text.Of($"<text transform=\"translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">queries/s</text>\n"));
    }

    private static void Line(StringBuilder svg, Curve curve, int number, Func<double, double> y)
    {
        string style = Styles[number % Styles.Length];
        string own = curve.Name.StartsWith("Vektagraf", StringComparison.Ordinal) ? " own" : "";
        CurvePoint[] points = [.. curve.Points.Where(point => point.Recall >= LeastRecall)];
        if (points.Length > 0)
        {
            string path = string.Join('L', points.Select(point => Text.Of($"{X(point.Recall):F1} {y(point.QueriesPerSecond):F1}")));
            svg.Append(Text.Of($"<path class=\"{style}{own}\" style=\"fill:none\" d=\"M{path}\"/>"));
            svg.Append(string.Concat(points.Select(point => Text.Of($"<circle class=\"{style}\" cx=\"{X(point.Recall):F1}\" cy=\"{y(point.QueriesPerSecond):F1}\" r=\"3\"/>"))));
        }

        int key = Top + 14 + (number * 22);
        svg.Append(Text.Of($"<circle class=\"{style}\" cx=\"{Width - Right + 22}\" cy=\"{key}\" r=\"5\"/><text x=\"{Width - Right + 34}\" y=\"{key + 4}\">{curve.Name}</text>\n"));
    }
}

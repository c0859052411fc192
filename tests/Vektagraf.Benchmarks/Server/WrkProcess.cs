using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Vektagraf.Benchmarks.Server;

/// <summary>The load generator <c>wrk</c>, in a process of its own.</summary>
internal static partial class WrkProcess
{
    /// <summary>Writes the script that sends the bodies in turn.</summary>
    public static void WriteScript(string file, IEnumerable<string> bodies) => File.WriteAllText(file, $$"""
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/json"
        local bodies = { {{string.Join(", ", bodies.Select(body => $"[[{body}]]"))}} }
        local at = 0
        request = function()
          at = at % #bodies + 1
          return wrk.format(nil, nil, nil, bodies[at])
        end
        """);

    /// <summary>Sends as fast as the server answers.</summary>
    /// <returns>Requests a second; null where wrk is not installed.</returns>
    public static double? Run(Uri url, string script, int connections, int seconds)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("wrk", ["-t1", Text($"-c{connections}"), Text($"-d{seconds}s"), "-s", script, url.ToString()]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Match rate = Rate().Match(output);
            return rate.Success && !output.Contains("Non-2xx", StringComparison.Ordinal)
                ? double.Parse(rate.Groups["rate"].ValueSpan, CultureInfo.InvariantCulture)
                : throw new InvalidOperationException(output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+(?<rate>[0-9.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rate();
}

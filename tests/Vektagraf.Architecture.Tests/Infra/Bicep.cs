using System.Diagnostics;
using System.Reflection;

namespace Vektagraf.Architecture.Tests.Infra;

/// <summary>The Bicep compiler that the package brings, on the files of infra/. Needs no network.</summary>
internal static class Bicep
{
    private static string Compiler { get; } = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BicepPath").Value!;

    /// <summary>Runs the compiler.</summary>
    /// <returns>The exit code, and all that it wrote to standard error: diagnostics, for which alone it would exit with 0.</returns>
    public static async Task<(int ExitCode, string Diagnostics)> RunAsync(params IEnumerable<string> arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The package has the compiler for Linux.");

        if (!OperatingSystem.IsWindows())
        {
            // Packages lose it.
            File.SetUnixFileMode(Compiler, File.GetUnixFileMode(Compiler) | UnixFileMode.UserExecute);
        }

        var start = new ProcessStartInfo(Compiler, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Path.Combine(Repository.Root, "infra"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        start.Environment.Remove("AZURE_ENV_NAME");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, errors);
    }
}

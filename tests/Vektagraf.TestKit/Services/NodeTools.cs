using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Xunit;

namespace Vektagraf.TestKit.Services;

/// <summary>The development tools of the repository's package.json, installed on first use.</summary>
public static class NodeTools
{
    private static readonly Lazy<string?> Missing = new(FindMissingProgram);
    private static readonly Lazy<Task> Installed = new(InstallOnceAsync);

    /// <summary>Why tests that need these tools cannot run here; null where they can. A failing installation is no such reason.</summary>
    public static string? UnavailableBecause => Missing.Value;

    /// <summary>Skips the test where these tools cannot run.</summary>
    public static void SkipWhereUnavailable()
    {
        if (UnavailableBecause is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Makes sure that node_modules is what package-lock.json says.</summary>
    public static Task InstallAsync() => Installed.Value;

    /// <summary>Starts a script; it ends with this process.</summary>
    /// <param name="script">Path below the root.</param>
    /// <param name="environment">Additional environment variables.</param>
    /// <param name="arguments">The script's arguments.</param>
    public static Process Start(string script, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        string guard = Path.Combine(Root, "scripts", "exit-with-parent.cjs");
        ProcessStartInfo start = Redirected("node", ["--require", guard, Path.Combine(Root, script), .. arguments]);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start.");
    }

    private static async Task InstallOnceAsync()
    {
        byte[] manifest = await File.ReadAllBytesAsync(Path.Combine(Root, "package-lock.json"));
        string wanted = Convert.ToHexStringLower(SHA256.HashData(manifest));
        string stamp = Path.Combine(Root, "node_modules", ".vektagraf-installed");
        string artifacts = Directory.CreateDirectory(Path.Combine(Root, "artifacts")).FullName;
        await using FileStream held = await LockAsync(Path.Combine(artifacts, "npm.lock"));
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
        {
            return;
        }

        await RunAsync(Npm("ci", "--no-audit", "--no-fund"));
        await File.WriteAllTextAsync(stamp, wanted);
    }

    /// <summary>Test projects run side by side, and one installation would remove what another has just unpacked.</summary>
    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("npm did not start.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm ended with code {process.ExitCode}: {await errors}\n{await output}");
        }
    }

    private static string? FindMissingProgram() =>
        !Answers(Redirected("node", ["--version"])) ? "Node.js is not installed: the service it would run is needed."
        : !Answers(Npm("--version")) ? "npm is not installed: the service it would fetch is needed."
        : null;

    private static bool Answers(ProcessStartInfo start)
    {
        try
        {
            using Process? process = Process.Start(start);
            process?.StandardOutput.ReadToEnd();
            process?.WaitForExit();
            return process?.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    // npm is a script, which Windows only starts by its shell.
    private static ProcessStartInfo Npm(params string[] arguments) =>
        OperatingSystem.IsWindows() ? Redirected("cmd.exe", ["/c", "npm", .. arguments]) : Redirected("npm", arguments);

    private static ProcessStartInfo Redirected(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        WorkingDirectory = Root,
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "package-lock.json")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("The repository's root, with its package-lock.json, is not above the test assembly.");
    }
}

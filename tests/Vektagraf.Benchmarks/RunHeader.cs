using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Vektagraf.Benchmarks;

/// <summary>What a table needs beside its numbers: command, commit, date, machine.</summary>
internal static class RunHeader
{
    /// <summary>One paragraph of markdown.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="arguments">What followed it.</param>
    public static string Describe(string verb, IEnumerable<string> arguments) =>
        $"`dotnet run -c Release --project tests/Vektagraf.Benchmarks -- {string.Join(' ', arguments.Prepend(verb))}` · commit {Commit()} · "
        + $"{DateTimeOffset.UtcNow:yyyy-MM-dd} · {Processor()}, {Environment.ProcessorCount} cores, {Instructions()} · {RuntimeInformation.OSDescription.Trim()} · {RuntimeInformation.FrameworkDescription}";

    private static string Commit()
    {
        string commit = Output("git", "rev-parse", "--short", "HEAD");
        return commit.Length == 0 ? "unknown" : commit + (Output("git", "status", "--porcelain", "--untracked-files=no").Length == 0 ? "" : " with changes");
    }

    private static string Processor()
    {
        const string Name = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string Instructions()
    {
        (string Name, bool IsThere)[] sets =
            [("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512", Avx512F.IsSupported), ("VNNI", Avx512Vnni), ("NEON", System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported)];
        return string.Join(' ', sets.Where(set => set.IsThere).Select(set => set.Name)) + $", vectors of {(Vector512.IsHardwareAccelerated ? 512 : 256)} bits";
    }

    private static bool Avx512Vnni => File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").Any(line => line.Contains("avx512_vnni", StringComparison.Ordinal));

    private static string Output(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return text.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

namespace Vektagraf.Benchmarks.Kernels;

/// <summary>Distance kernels in cache, by BenchmarkDotNet.</summary>
internal sealed class KernelsCommand : IBenchmarkCommand
{
    /// <inheritdoc/>
    public string Verb => "kernels";

    /// <inheritdoc/>
    public string Description => "distance kernels in cache; further arguments go to BenchmarkDotNet, such as --filter '*Dot*' --job short";

    /// <inheritdoc/>
    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        string[] passed = arguments.Length == 0 ? ["--filter", "*"] : arguments.ToArray();
        BenchmarkSwitcher.FromAssembly(typeof(KernelsCommand).Assembly).Run(passed, DefaultConfig.Instance);
        return 0;
    }
}

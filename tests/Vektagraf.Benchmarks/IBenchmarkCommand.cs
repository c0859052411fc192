namespace Vektagraf.Benchmarks;

/// <summary>One verb of the program: <c>dotnet run -c Release --project tests/Vektagraf.Benchmarks -- VERB [arguments]</c>.</summary>
internal interface IBenchmarkCommand
{
    /// <summary>What the user types.</summary>
    string Verb { get; }

    /// <summary>What it measures, in one line.</summary>
    string Description { get; }

    /// <summary>Measures and prints.</summary>
    /// <param name="arguments">What followed the verb.</param>
    /// <param name="output">Where results go, in markdown.</param>
    /// <returns>The exit code; 0 when the measurement was made.</returns>
    int Run(ReadOnlySpan<string> arguments, TextWriter output);
}

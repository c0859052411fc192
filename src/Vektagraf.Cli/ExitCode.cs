namespace Vektagraf.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The server refused, failed or did not answer; or part of an import was refused; or a simulation failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not right: nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted by the user, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command line is not right.</summary>
/// <param name="message">What is wrong and what to write instead.</param>
internal sealed class UsageException(string message) : Exception(message);

using System.CommandLine;

namespace Vektagraf.Cli;

/// <summary>Files of commands; - is standard input or output.</summary>
internal static class Files
{
    public const string Standard = "-";

    /// <summary>Opens a file to read.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static Stream OpenInput(Terminal terminal, string path)
    {
        if (path == Standard)
        {
            return terminal.Input;
        }

        try
        {
            return new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no file '{path}'.");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UsageException(e.Message);
        }
    }
}

/// <summary>What several commands take; made anew for each, as each belongs to its command.</summary>
internal static class Flags
{
    public static Argument<string> Collection() => new("collection") { Description = "Name of the collection." };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };
}

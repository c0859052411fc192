using System.Text;
using Spectre.Console;

namespace Vektagraf.Cli;

/// <summary>Where a run reads from and writes to.</summary>
internal sealed record Terminal
{
    /// <summary>Standard input, as bytes.</summary>
    public required Stream Input { get; init; }

    /// <summary>Standard output, as bytes.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard output, as text.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether somebody reads the output: then it is laid out for people, otherwise for programs.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether somebody sees progress and questions.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Asks for a line of input; null where nobody is there to ask.</summary>
    public Func<string?>? ReadLine { get; init; }

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The console of this process.</summary>
    public static Terminal OfThisProcess()
    {
        var output = Console.OpenStandardOutput();
        return new Terminal
        {
            Input = Console.OpenStandardInput(),
            Output = output,
            // What goes into files and pipes is UTF-8 whatever the console's code page.
            Out = Console.IsOutputRedirected ? new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true } : Console.Out,
            Error = Console.Error,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            ReadLine = Console.IsInputRedirected || Console.IsErrorRedirected ? null : Console.ReadLine,
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>A console for tables on the output.</summary>
    public IAnsiConsole Tables() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Out) });

    /// <summary>A console for progress.</summary>
    public IAnsiConsole Progress() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Error) });
}

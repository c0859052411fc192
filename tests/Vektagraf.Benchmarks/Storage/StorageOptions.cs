using System.Globalization;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>What the storage benchmark is to measure.</summary>
internal sealed record StorageOptions
{
    public const string Usage =
        """
        storage [PART ...] [--objects n] [--cold-objects n] [--overwrites n] [--passes n] [--seconds s] [--json file] [--no-azurite]
          parts: commits reads fold cold amplification overhead; all of them where none is named
        """;

    /// <summary>Names of the parts to run; empty for all.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Objects of 1 KB whose storage is measured.</summary>
    public int Objects { get; init; } = 1_000_000;

    /// <summary>Objects of the shard that is opened cold, and folded.</summary>
    public int ColdObjects { get; init; } = 100_000;

    /// <summary>Writes of the overwriting workload.</summary>
    public int Overwrites { get; init; } = 500_000;

    /// <summary>Passes that medians are taken of.</summary>
    public int Passes { get; init; } = 5;

    /// <summary>Length of one pass of commits.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>Where to write the figures as JSON; null for nowhere.</summary>
    public string? Json { get; init; }

    /// <summary>Whether to measure on Azurite as well.</summary>
    public bool Azurite { get; init; } = true;

    /// <summary>Reads the arguments of the verb.</summary>
    /// <exception cref="FormatException">They are not right.</exception>
    public static StorageOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new StorageOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                options = options with { Parts = [.. options.Parts, name] };
                continue;
            }

            if (name == "--no-azurite")
            {
                options = options with { Azurite = false };
                continue;
            }

            string value = i + 1 < arguments.Length ? arguments[++i] : throw new FormatException($"{name} needs a value.");
            options = options.With(name, value);
        }

        return options;
    }

    private StorageOptions With(string name, string value) => name switch
    {
        "--objects" => this with { Objects = Number(name, value) },
        "--cold-objects" => this with { ColdObjects = Number(name, value) },
        "--overwrites" => this with { Overwrites = Number(name, value) },
        "--passes" => this with { Passes = Number(name, value) },
        "--seconds" => this with { Seconds = double.TryParse(value, CultureInfo.InvariantCulture, out double seconds) && seconds > 0 ? seconds : throw new FormatException($"{name} needs a positive number.") },
        "--json" => this with { Json = value },
        _ => throw new FormatException($"There is no option {name}."),
    };

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : throw new FormatException($"{name} needs a whole number, 1 or more.");
}

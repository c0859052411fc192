namespace Vektagraf.Client;

/// <summary>The outcome of an import.</summary>
public sealed record ImportResult
{
    /// <summary>Objects saved.</summary>
    public long Imported { get; init; }

    /// <summary>Lines not saved.</summary>
    public long FailedCount { get; init; }

    /// <summary>The first 1,000 of them.</summary>
    public IReadOnlyList<ImportFailure> Failed { get; init => field = value ?? []; } = [];

    /// <summary>Token for reads that must see the import.</summary>
    public string Session { get; init => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>A line of an import that was not saved.</summary>
public sealed record ImportFailure
{
    /// <summary>Its number, from 1; for a sequence of objects, the object's place in it.</summary>
    public long Line { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string Detail { get; init => field = value ?? string.Empty; } = string.Empty;
}

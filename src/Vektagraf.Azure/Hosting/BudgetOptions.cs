namespace Vektagraf.Hosting;

/// <summary>What a host may take of its machine.</summary>
public sealed class BudgetOptions
{
    /// <summary>Requests in progress unless stated.</summary>
    public const int DefaultConcurrentRequests = 1_024;

    /// <summary>MiB of memory that indexes may take; 0 for 60 % of what the machine or its container gives.</summary>
    public int MemoryMegabytes { get; set; }

    /// <summary>A directory on a disk for original vectors, which searches by codes rarely read; null keeps them in memory.</summary>
    public string? ScratchDirectory { get; set; }

    /// <summary>Requests in progress beyond which further ones are answered 429.</summary>
    public int ConcurrentRequests { get; set; } = DefaultConcurrentRequests;

    /// <summary>What stands in the way of using it.</summary>
    /// <returns>Each problem, and what to change.</returns>
    public IEnumerable<string> Problems()
    {
        if (MemoryMegabytes < 0)
        {
            yield return $"{SettingTable.Of("Budgets:MemoryMegabytes")} is out of range: the megabytes that indexes may take, at least 1, or leave it out.";
        }

        if (ConcurrentRequests < 1)
        {
            yield return $"{SettingTable.Of("Budgets:ConcurrentRequests")} is out of range: requests in progress, at least 1, or leave it out.";
        }
    }
}

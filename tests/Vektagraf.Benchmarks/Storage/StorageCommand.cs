using Vektagraf.TestKit.Services;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>What storing costs: commits, reads after writes, folds, cold opening, amplification, overhead.</summary>
internal sealed class StorageCommand : IBenchmarkCommand
{
    private static readonly IStoragePart[] Parts =
    [
        new CommitPart(),
        new ReadYourWritePart(),
        new FoldPart(),
        new ColdOpenPart(),
        new AmplificationPart(),
        new OverheadPart(),
    ];

    public string Verb => "storage";

    public string Description => "commits/s, latencies, fold throughput, cold opening, write amplification and storage overhead on a directory and Azurite";

    public int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        StorageOptions options;
        try
        {
            options = StorageOptions.Parse(arguments);
            string? unknown = options.Parts.FirstOrDefault(p => Parts.All(part => part.Name != p));
            if (unknown is not null)
            {
                throw new FormatException($"There is no part '{unknown}'.");
            }
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine(StorageOptions.Usage);
            return 2;
        }

        RunAsync(options, output).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task RunAsync(StorageOptions options, TextWriter output)
    {
        var report = new StorageReport(output);
        await using var stores = new BenchmarkStores(options.Azurite);
        if (options.Azurite && NodeTools.UnavailableBecause is { } reason)
        {
            report.Note("Without Azurite: " + reason);
        }

        var context = new StorageContext(options, stores, report);
        foreach (IStoragePart part in Parts.Where(p => options.Parts.Count == 0 || options.Parts.Contains(p.Name)))
        {
            await part.RunAsync(context);
            GC.Collect();
        }

        if (options.Json is { } path)
        {
            await report.WriteJsonAsync(path);
        }
    }
}

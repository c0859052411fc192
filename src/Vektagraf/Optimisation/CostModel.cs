using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vektagraf.Optimisation;

/// <summary>
/// What operations cost. The built-in list has list prices of one region at one date, to compare plans by; put your own in its place
/// (<see cref="VektagrafOptions.Prices"/>) where amounts matter.
/// </summary>
public sealed record PriceList
{
    private const string Resource = "Vektagraf.Optimisation.prices.json";

    private static readonly Lazy<PriceList> BuiltInList = new(Load);

    /// <summary>The built-in list.</summary>
    public static PriceList BuiltIn => BuiltInList.Value;

    /// <summary>Version of the list.</summary>
    public required int Version { get; init; }

    /// <summary>Currency of all prices, ISO 4217.</summary>
    public required string Currency { get; init; }

    /// <summary>Azure region of the prices.</summary>
    public required string Region { get; init; }

    /// <summary>Date of the prices.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>10,000 reads from blob storage, hot tier, locally redundant.</summary>
    public required double BlobReadsPer10000 { get; init; }

    /// <summary>10,000 writes to blob storage, hot tier, locally redundant.</summary>
    public required double BlobWritesPer10000 { get; init; }

    /// <summary>A gigabyte of memory for a second, on the consumption plan of Functions.</summary>
    public required double FunctionsGbSecond { get; init; }

    /// <summary>A million executions of functions.</summary>
    public required double FunctionsExecutionsPerMillion { get; init; }

    /// <summary>Gigabytes that an instance is billed by.</summary>
    public required double FunctionsGb { get; init; }

    /// <summary>A million request units of Cosmos DB, serverless: what keeps plans and measurements, off the path of requests.</summary>
    public required double CosmosRequestUnitsPerMillion { get; init; }

    /// <summary>Reads a list.</summary>
    /// <param name="json">The list as JSON in UTF-8, with the members of the built-in one.</param>
    /// <returns>The list.</returns>
    /// <exception cref="JsonException">It lacks a member, or has one of the wrong type.</exception>
    public static PriceList Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, PriceJson.Default.PriceList) ?? throw new JsonException("The price list is null.");

    private static PriceList Load()
    {
        using var stream = typeof(PriceList).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray());
    }
}

/// <summary>From what a request does to what that costs.</summary>
/// <param name="Prices">The prices.</param>
public sealed record CostModel(PriceList Prices)
{
    // What this machine class reads in order from memory, and what it waits for a row that it reads out of order: docs/optimiser.md says how they were measured.
    private const double BytesPerNanosecond = 12;
    private const double RowNanoseconds = 5;
    private const double JumpNanoseconds = 130;
    private const double ResultNanoseconds = 1_000;
    private const double RequestNanoseconds = 15_000;

    /// <summary>The cost of one execution.</summary>
    /// <param name="requests">Reads of the object store.</param>
    /// <param name="bytes">Bytes that they read.</param>
    /// <param name="cpuMs">Milliseconds of processor time.</param>
    /// <returns>The cost, with its price.</returns>
    public QueryCost Price(double requests, double bytes, double cpuMs)
    {
        const double Million = 1e6;
        const double TenThousand = 1e4;
        var reads = requests / TenThousand * Prices.BlobReadsPer10000;
        var compute = cpuMs / 1000 * Prices.FunctionsGb * Prices.FunctionsGbSecond;
        return new QueryCost(requests, bytes, cpuMs, reads + compute + (Prices.FunctionsExecutionsPerMillion / Million));
    }

    /// <summary>The price of commits, each one write to blob storage and one execution: an upper bound, since commits at one time share a write.</summary>
    /// <param name="writes">The commits.</param>
    /// <returns>The price, in the currency of the list.</returns>
    public double PriceOfWrites(long writes) => writes * ((Prices.BlobWritesPer10000 / 1e4) + (Prices.FunctionsExecutionsPerMillion / 1e6));

    /// <summary>Milliseconds to score vectors in the order in which they lie.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="vectorBytes">Bytes of each.</param>
    public static double ScanMs(double rows, int vectorBytes) => Milliseconds(rows * ((vectorBytes / BytesPerNanosecond) + RowNanoseconds));

    /// <summary>Milliseconds to score vectors here and there.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="vectorBytes">Bytes of each.</param>
    public static double JumpMs(double rows, int vectorBytes) => Milliseconds(rows * ((vectorBytes / BytesPerNanosecond) + JumpNanoseconds));

    /// <summary>Milliseconds to read results out, and for what each request to the object store takes besides waiting.</summary>
    /// <param name="results">Results returned.</param>
    /// <param name="requests">Requests made.</param>
    public static double OverheadMs(double results, double requests) => Milliseconds((results * ResultNanoseconds) + (requests * RequestNanoseconds));

    /// <summary>Nanoseconds as milliseconds.</summary>
    internal static double Milliseconds(double nanoseconds) => nanoseconds / 1e6;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PriceList))]
internal sealed partial class PriceJson : JsonSerializerContext;

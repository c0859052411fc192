using Microsoft.Extensions.VectorData;

namespace Vektagraf.Client.Tests.VectorData;

/// <summary>A record of every type of data property.</summary>
public sealed class Hotel
{
    [VectorStoreKey]
    public string Key { get; set; } = string.Empty;

    [VectorStoreData(IsIndexed = true)]
    public string Name { get; set; } = string.Empty;

    [VectorStoreData(StorageName = "the_city")]
    public string? City { get; set; }

    [VectorStoreData(IsIndexed = true)]
    public int Stars { get; set; }

    [VectorStoreData]
    public int? Rooms { get; set; }

    [VectorStoreData]
    public long Revenue { get; set; }

    [VectorStoreData]
    public float Rating { get; set; }

    [VectorStoreData(IsIndexed = true)]
    public double? Distance { get; set; }

    [VectorStoreData]
    public decimal Price { get; set; }

    [VectorStoreData(IsIndexed = true)]
    public bool Open { get; set; }

    [VectorStoreData]
    public bool? Renovated { get; set; }

    [VectorStoreData]
    public Guid Owner { get; set; }

    [VectorStoreData]
    public DateTimeOffset Listed { get; set; }

    [VectorStoreData]
    public DateTime? Updated { get; set; }

    [VectorStoreData]
    public DateOnly Founded { get; set; }

    [VectorStoreData(IsIndexed = true)]
    public string[] Tags { get; set; } = [];

    [VectorStoreData]
    public List<string>? Languages { get; set; }

    [VectorStoreVector(3, DistanceFunction = DistanceFunction.EuclideanDistance)]
    public ReadOnlyMemory<float>? Place { get; set; }

    /// <summary>Everything but vectors, for comparisons.</summary>
    public string Describe() => string.Join(
        '|', Key, Name, City, Stars, Rooms, Revenue, Rating, Distance, Price, Open, Renovated, Owner, Listed.UtcDateTime.ToString("O"), Updated?.ToString("O"), Founded,
        string.Join(',', Tags), Languages is null ? "none" : string.Join(',', Languages));
}

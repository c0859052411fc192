using Microsoft.Azure.Cosmos;

namespace Vektagraf.Azure;

/// <summary>The container of insights: what it is partitioned by, what it indexes, and that documents may expire.</summary>
public static class InsightContainer
{
    /// <summary>The partition key: the partition of <c>IInsightStore</c>, so that every call and every query stays in one.</summary>
    public const string PartitionKeyPath = "/partition";

    /// <summary>The one path that is indexed: timestamp and id in one text, by which ranges are read in order.</summary>
    public const string OrderPath = "/at/?";

    /// <summary>The container's definition. The Bicep module of the deployment has the same.</summary>
    /// <param name="name">Name of the container.</param>
    /// <returns>The definition.</returns>
    public static ContainerProperties Define(string name) => new(name, PartitionKeyPath)
    {
        // Keys of more than 100 bytes.
        PartitionKeyDefinitionVersion = PartitionKeyDefinitionVersion.V2,

        // Documents expire where they say so, and only there.
        DefaultTimeToLive = -1,
        IndexingPolicy = new IndexingPolicy
        {
            Automatic = true,
            IndexingMode = IndexingMode.Consistent,
            IncludedPaths = { new IncludedPath { Path = OrderPath } },

            // Each path indexed is paid for by each write; contents are read whole and never searched.
            ExcludedPaths = { new ExcludedPath { Path = "/*" } },
        },
    };

    internal static void Check(ContainerProperties present)
    {
        if (!string.Equals(present.PartitionKeyPath, PartitionKeyPath, StringComparison.Ordinal))
        {
            throw new Insights.InsightStoreException($"The container '{present.Id}' is partitioned by '{present.PartitionKeyPath}' and not by '{PartitionKeyPath}'. Name another one.");
        }

        if (present.DefaultTimeToLive is null)
        {
            throw new Insights.InsightStoreException($"In the container '{present.Id}' documents never expire. Turn its time to live on, without a default.");
        }
    }
}

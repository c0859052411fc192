using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>From the description of records to the definition of a collection.</summary>
internal static class DefinitionMapping
{
    public static CollectionDefinition ToDefinition(CollectionModel model, VektagrafCollectionOptions options) => new()
    {
        Shards = options.Shards,
        Objective = options.Objective,
        Vectors = model.VectorProperties.ToDictionary(p => p.StorageName, ToField, StringComparer.Ordinal),
        Fields = model.DataProperties.Where(IsDeclared).ToDictionary(p => p.StorageName, ToField, StringComparer.Ordinal),
    };

    /// <summary>The metric that a distance function stands on.</summary>
    public static VectorMetric MetricOf(VectorPropertyModel property) => property.DistanceFunction switch
    {
        null or DistanceFunction.CosineSimilarity or DistanceFunction.CosineDistance => VectorMetric.Cosine,
        DistanceFunction.DotProductSimilarity or DistanceFunction.NegativeDotProductSimilarity => VectorMetric.Dot,
        DistanceFunction.EuclideanDistance or DistanceFunction.EuclideanSquaredDistance => VectorMetric.Euclidean,
        _ => throw new NotSupportedException(
            $"Vector property '{property.ModelName}' asks for the distance function '{property.DistanceFunction}'. Vektagraf knows the cosine, dot product and Euclidean ones."),
    };

    private static VectorFieldDefinition ToField(VectorPropertyModel property)
    {
        var generator = ServerEmbedding.Of(property.ProviderAnnotations);
        return new VectorFieldDefinition
        {
            Dimensions = property.Dimensions,
            Metric = MetricOf(property),
            Index = IndexOf(property),
            Quantization = property.IndexKind == IndexKind.QuantizedFlat ? VectorQuantization.Sq8 : VectorQuantization.Auto,
            Generator = generator?.Name,
            From = generator?.From,
        };
    }

    private static VectorIndexKind IndexOf(VectorPropertyModel property) => property.IndexKind switch
    {
        null or IndexKind.Dynamic => VectorIndexKind.Auto,
        IndexKind.Flat or IndexKind.QuantizedFlat => VectorIndexKind.Flat,
        IndexKind.Hnsw => VectorIndexKind.Hnsw,
        IndexKind.IvfFlat => VectorIndexKind.Ivf,
        _ => throw new NotSupportedException(
            $"Vector property '{property.ModelName}' asks for the index kind '{property.IndexKind}'. Vektagraf knows Flat, QuantizedFlat, Hnsw, IvfFlat and Dynamic."),
    };

    // A declared field costs memory for every object, so only those that gain by it are: datetimes would be ordered as text otherwise.
    private static bool IsDeclared(DataPropertyModel property) => property.IsIndexed || property.IsFullTextIndexed || IsDateTime(property.Type);

    private static FieldDefinition ToField(DataPropertyModel property)
    {
        if (property.StorageName is RecordModelBuilder.KeyStorageName)
        {
            throw new NotSupportedException($"Data property '{property.ModelName}' is stored as 'id', which is the key. Give it another StorageName.");
        }

        if (property.IsFullTextIndexed && property.Type != typeof(string))
        {
            throw new NotSupportedException($"Data property '{property.ModelName}' is to be indexed for full-text search, so it must be a string.");
        }

        return new FieldDefinition { Type = property.IsFullTextIndexed ? FieldType.Text : TypeOf(property.Type), Index = property.IsIndexed || property.IsFullTextIndexed };
    }

    private static FieldType TypeOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(string) || type == typeof(Guid) => FieldType.String,
            _ when type == typeof(bool) => FieldType.Boolean,
            _ when IsDateTime(type) => FieldType.DateTime,
            _ when type == typeof(string[]) || type == typeof(List<string>) => FieldType.StringArray,
            _ => FieldType.Number,
        };
    }

    private static bool IsDateTime(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly);
    }
}

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Vektagraf.Client.VectorData;

/// <summary>Which records Vektagraf can hold.</summary>
internal sealed class RecordModelBuilder() : CollectionModelBuilder(Building)
{
    public const string SupportedVectorTypes = "ReadOnlyMemory<float>, Embedding<float>, float[]";
    public const string KeyStorageName = "id";

    private const string SupportedDataTypes =
        "string, bool, byte, short, int, long, float, double, decimal, Guid, DateTime, DateTimeOffset, DateOnly (or nullable ones of these), string[] or List<string>";

    private static readonly CollectionModelBuildingOptions Building = new()
    {
        SupportsMultipleVectors = true,
        RequiresAtLeastOneVector = false,
        ReservedKeyStorageName = KeyStorageName,
    };

    private static readonly HashSet<Type> DataTypes =
    [
        typeof(string), typeof(bool), typeof(byte), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal),
        typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(string[]), typeof(List<string>),
    ];

    public static bool IsVectorType(Type type) =>
        type == typeof(ReadOnlyMemory<float>) || type == typeof(ReadOnlyMemory<float>?) || type == typeof(Embedding<float>) || type == typeof(float[]);

    protected override bool SupportsKeyAutoGeneration(Type keyPropertyType) => false;

    protected override void ValidateKeyProperty(KeyPropertyModel keyProperty)
    {
        base.ValidateKeyProperty(keyProperty);
        if (keyProperty.Type != typeof(string))
        {
            throw new NotSupportedException($"Key property '{keyProperty.ModelName}' is a {keyProperty.Type.Name}. Keys in Vektagraf are strings.");
        }
    }

    protected override bool IsDataPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
    {
        supportedTypes = SupportedDataTypes;
        return DataTypes.Contains(Nullable.GetUnderlyingType(type) ?? type);
    }

    protected override bool IsVectorPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
    {
        supportedTypes = SupportedVectorTypes;
        return IsVectorType(type);
    }
}

using Microsoft.Extensions.VectorData;

namespace Vektagraf.Client.VectorData;

/// <summary>A collection whose records are dictionaries; needs no reflection, so it is fit for trimming and native AOT.</summary>
public sealed class VektagrafDynamicCollection : VektagrafCollection<object, Dictionary<string, object?>>
{
    /// <summary>Creates a view on a collection, which need not exist yet.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The collection's name.</param>
    /// <param name="options">Options; their <see cref="VectorStoreCollectionOptions.Definition"/> describes the records.</param>
    /// <exception cref="ArgumentException">There is no definition.</exception>
    public VektagrafDynamicCollection(VektagrafClient client, string name, VektagrafCollectionOptions options)
        : base(client, name, options, static options => new RecordModelBuilder().BuildDynamic(
            options.Definition ?? throw new ArgumentException("A dynamic collection needs a definition of its records.", nameof(options)),
            options.EmbeddingGenerator))
    {
    }
}

using Vektagraf.Collections;
using Vektagraf.Querying.Filters;

namespace Vektagraf.Querying;

/// <summary>A search whose request was checked against the collection's definition.</summary>
/// <param name="Request">The request.</param>
/// <param name="Field">The vector field it means.</param>
/// <param name="Vectors">That field's definition.</param>
/// <param name="Filter">Its filter; null for none.</param>
internal sealed record BoundSearch(SearchRequest Request, string Field, VectorFieldDefinition Vectors, FilterBinding? Filter)
{
    /// <summary>Its query vector.</summary>
    public VectorQuery Vector => Request.Vector!;

    /// <summary>Results that the pages up to the one asked for hold.</summary>
    public int Page => Request.Offset + Request.K;

    /// <summary>Results to rank: more than the page holds where it is chosen from them.</summary>
    public int Wanted => Request.Diversity is { } diversity ? diversity.CandidatesFor(Page, Vectors.Dimensions) : Page;

    /// <summary>Rows to find first. The object asked about is the first of its own neighbours; one more makes up for dropping it.</summary>
    public int Depth => Wanted + (Vector.Id is null ? 0 : 1);

    /// <summary>Whether the vectors of what is found are needed.</summary>
    public bool NeedsVectors => Request.IncludeVectors || Request.Diversity is not null;

    /// <summary>Binds a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="definition">The collection.</param>
    /// <param name="field">The vector field that the request means.</param>
    /// <param name="filter">Its filter; null for none.</param>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    public static BoundSearch Bind(SearchRequest request, CollectionDefinition definition, string field, FilterBinding? filter)
    {
        var vectors = definition.Vectors[field];
        request.Diversity?.Check(request, vectors.Dimensions);
        return new BoundSearch(request, field, vectors, filter);
    }
}

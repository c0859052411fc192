using System.Globalization;

namespace Vektagraf.Querying;

/// <summary>
/// Results that are near the query but unlike each other: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). Of the nearest
/// candidates, each place takes the one with the greatest λ · similarity to the query − (1 − λ) · similarity to the most similar result before
/// it. Similarity is the field's score: cosine, dot product, or 1 / (1 + Euclidean distance).
/// </summary>
/// <param name="Lambda">0 to 1: 1 ranks by nearness alone, 0 by being unlike what was taken.</param>
/// <param name="Candidates">How many of the nearest objects to choose from, from offset + k to <see cref="Limits.MaxK"/>; null for 4 · (offset + k), at least 50.</param>
public sealed record SearchDiversity(double Lambda = SearchDiversity.DefaultLambda, int? Candidates = null)
{
    /// <summary>Mostly nearness.</summary>
    public const double DefaultLambda = 0.7;

    private const int CandidatesPerResult = 4;
    private const int FewestCandidates = 50;

    /// <summary>Candidates to choose a page from.</summary>
    /// <param name="page">Results that it, and those before it, hold.</param>
    /// <param name="dimensions">Components of the field's vectors.</param>
    internal int CandidatesFor(int page, int dimensions) =>
        Candidates ?? Math.Min(Math.Max(page * CandidatesPerResult, FewestCandidates), MostFor(dimensions));

    /// <summary>Checks the ranges.</summary>
    /// <param name="request">The whole request.</param>
    /// <param name="dimensions">Components of the field's vectors.</param>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>.</exception>
    internal void Check(SearchRequest request, int dimensions)
    {
        var page = request.Offset + request.K;
        if (Lambda is not (>= 0 and <= 1))
        {
            throw VektagrafException.Invalid("/diversity/lambda", string.Create(CultureInfo.InvariantCulture, $"lambda is {Lambda}; 0 to 1 is allowed."));
        }

        if (request.GroupBy is not null)
        {
            throw VektagrafException.Invalid("/diversity", "'diversity' and 'groupBy' are two ways to keep like results apart. Leave one of them out.");
        }

        var most = MostFor(dimensions);
        if (page > most)
        {
            throw VektagrafException.Invalid("/diversity", string.Create(CultureInfo.InvariantCulture, $"offset + k is {page}; with 'diversity' at most {most} is allowed here."));
        }

        if (Candidates is { } candidates && (candidates < page || candidates > most))
        {
            throw VektagrafException.Invalid(
                "/diversity/candidates", string.Create(CultureInfo.InvariantCulture, $"There would be {candidates} candidates; {page} (offset + k) to {most} is allowed here."));
        }
    }

    /// <summary>Candidates whose vectors are held at once, within the limit of memory.</summary>
    private static int MostFor(int dimensions) => Math.Min(Limits.MaxK, Limits.MaxDiversityBytes / (dimensions * sizeof(float)));
}

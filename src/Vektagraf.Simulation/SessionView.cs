using System.Globalization;
using Vektagraf.Shards;

namespace Vektagraf.Simulation;

/// <summary>
/// One client's session: its token, and how far it has seen each object. Writes are numbered by their only writer, in ascending order,
/// so that an older state shows as a smaller number.
/// </summary>
internal sealed class SessionView
{
    private readonly Dictionary<string, int> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _deletes = new(StringComparer.Ordinal);
    private SessionToken? _token;

    /// <summary>The token to pass on; null before the first answer.</summary>
    public string? Token => _token?.ToString();

    /// <summary>A delete is sent, and may happen from now on.</summary>
    public void SendDelete(string id, int number)
    {
        if (!_deletes.TryGetValue(id, out var numbers))
        {
            _deletes[id] = numbers = [];
        }

        numbers.Add(number);
    }

    /// <summary>A write was acknowledged.</summary>
    public void Acknowledge(string id, int number, string token)
    {
        _seen[id] = Math.Max(number, _seen.GetValueOrDefault(id));
        Merge(Parse(token));
    }

    /// <summary>A read that passed the token was answered.</summary>
    /// <param name="passed">The token it passed.</param>
    /// <param name="answered">The token of the answer.</param>
    public void Answer(string passed, string answered)
    {
        var (before, after) = (Parse(passed), Parse(answered));
        ProtocolViolationException.ThrowIf(
            before.Sequences.Zip(after.Sequences).Any(p => p.Second < p.First), EnginePromise.MonotoneSessions, $"a token at or after {passed}", answered);
        Merge(after);
    }

    /// <summary>Such a read saw an object, or that there is none.</summary>
    /// <param name="id">The object.</param>
    /// <param name="number">The number of the write it shows; null where there is none.</param>
    /// <param name="atLeast">How far the session had seen when the read began.</param>
    public void See(string id, int? number, int atLeast)
    {
        // Gone by the earliest delete that can be: nothing before that may come back.
        var seen = number ?? (atLeast == 0 ? 0 : _deletes.GetValueOrDefault(id)?.Where(d => d >= atLeast).DefaultIfEmpty(-1).Min() ?? -1);
        ProtocolViolationException.ThrowIf(
            seen < atLeast,
            EnginePromise.MonotoneSessions,
            string.Create(CultureInfo.InvariantCulture, $"'{id}' as of write {atLeast} or later"),
            number is null ? "nothing" : string.Create(CultureInfo.InvariantCulture, $"write {number}"));
        _seen[id] = Math.Max(seen, _seen.GetValueOrDefault(id));
    }

    public int Seen(string id) => _seen.GetValueOrDefault(id);

    // Answers of several nodes: a token must name the furthest of each shard.
    private void Merge(SessionToken token) => _token = _token is null
        ? token
        : token with { Sequences = [.. _token.Sequences.Zip(token.Sequences, Math.Max)] };

    private static SessionToken Parse(string token)
    {
        var shards = token.Count(c => c == '-') + 1;
        return SessionToken.Parse(token, token[..token.IndexOf('.', StringComparison.Ordinal)], shards, string.Empty);
    }
}

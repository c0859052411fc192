using System.Text.RegularExpressions;

namespace Vektagraf.Caching;

/// <content>Dropping values.</content>
public sealed partial class TieredCache
{
    /// <summary>Longest pattern in characters.</summary>
    public const int MaxPatternLength = 1_000;

    /// <summary>How long a pattern may take for all keys together.</summary>
    public static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Drops all parts of a scope from all levels.</summary>
    /// <param name="scope">The scope.</param>
    /// <returns>What was dropped.</returns>
    public CacheInvalidation Invalidate(string scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        lock (_gate)
        {
            return InvalidateScopes([scope]);
        }
    }

    /// <summary>Drops one value from all levels.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>What was dropped.</returns>
    public CacheInvalidation Invalidate(CacheKey key)
    {
        lock (_gate)
        {
            _epoch++;
            Outdate(l => l.Key == key);
            return Drop(key);
        }
    }

    /// <summary>Drops everything whose scope matches a regular expression.</summary>
    /// <param name="pattern">The expression, in the syntax of .NET without look-arounds and back-references, so that it takes linear time; not anchored.</param>
    /// <returns>What was dropped.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Invalid"/>: it is no such expression, or takes longer than <see cref="PatternTimeout"/>;
    /// then nothing was dropped.</exception>
    public CacheInvalidation InvalidateMatching(string pattern)
    {
        var expression = Parse(pattern);
        string[] scopes;
        lock (_gate)
        {
            scopes = [.. _scopes.Keys, .. _loads.Keys.Select(k => k.Scope)];
        }

        var startedAt = _options.Time.GetTimestamp();
        var matching = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var scope in scopes)
            {
                if (expression.IsMatch(scope))
                {
                    matching.Add(scope);
                }

                if (_options.Time.GetElapsedTime(startedAt) > PatternTimeout)
                {
                    throw TooSlow();
                }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }

        lock (_gate)
        {
            return InvalidateScopes(matching);
        }
    }

    private static Regex Parse(string pattern)
    {
        if (pattern.Length is 0 or > MaxPatternLength)
        {
            throw VektagrafException.Invalid("/pattern", $"A pattern has 1 to {MaxPatternLength} characters; '.' matches every key.");
        }

        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw VektagrafException.Invalid("/pattern", $"This is no regular expression that can be matched in linear time: {e.Message}");
        }
    }

    private static VektagrafException TooSlow() =>
        VektagrafException.Invalid("/pattern", $"The pattern took longer than {PatternTimeout.TotalSeconds} s, so nothing was dropped. Use a simpler one.");

    private CacheInvalidation InvalidateScopes(IReadOnlyCollection<string> scopes)
    {
        _epoch++;
        var sum = default(CacheInvalidation);
        foreach (var scope in scopes)
        {
            Outdate(l => string.Equals(l.Key.Scope, scope, StringComparison.Ordinal));
            foreach (var part in _scopes.TryGetValue(scope, out var parts) ? [.. parts] : Array.Empty<long>())
            {
                var dropped = Drop(new CacheKey(scope, part));
                sum = new CacheInvalidation(sum.L1 + dropped.L1, sum.L2 + dropped.L2, sum.L3 + dropped.L3);
            }
        }

        return sum;
    }

    /// <summary>Removes a value from all levels; its file before it returns, so that no later process finds it. Under the gate.</summary>
    private CacheInvalidation Drop(CacheKey key)
    {
        var dropped = new CacheInvalidation(_memory.Remove(key) ? 1 : 0, _compressed?.Remove(key) == true ? 1 : 0, 0);
        if (_files is not null && _files.TryPeek(key, out var file))
        {
            _files.Remove(key);
            _disk!.Delete(file);
            dropped = dropped with { L3 = 1 };
        }

        CountsOf(CacheLevel.L1).Removals += dropped.L1;
        CountsOf(CacheLevel.L2).Removals += dropped.L2;
        CountsOf(CacheLevel.L3).Removals += dropped.L3;
        ForgetIfGone(key);
        return dropped;
    }

    /// <summary>Loads under way serve those who wait for them, but are not kept and not joined any more.</summary>
    private void Outdate(Predicate<Load> which)
    {
        foreach (var load in _loads.Values.Where(l => which(l)).ToList())
        {
            load.IsOutdated = true;
            _loads.Remove(load.Key);
        }
    }
}

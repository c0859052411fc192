using Vektagraf.Collections;

namespace Vektagraf.Querying.Filters;

/// <summary>Guesses which declared field a mistyped name meant.</summary>
internal static class FieldNameSuggestion
{
    /// <summary>Most edits between a name and its suggestion.</summary>
    private const int MaxDistance = 2;

    /// <summary>Longest name that is compared; beyond, a slip of the pen is not the likely cause.</summary>
    private const int MaxLength = 128;

    /// <summary>Finds the nearest declared field or pseudo-field.</summary>
    /// <param name="path">An undeclared path.</param>
    /// <param name="collection">The collection.</param>
    /// <returns>The nearest name within two edits that shares more than half of its characters; null when there is none.</returns>
    public static string? Find(FilterPath path, CollectionDefinition collection)
    {
        if (path.Kind != FilterPathKind.Property || path.Segments.Count > 1 || path.Segments[0].Length > MaxLength)
        {
            return null;
        }

        string name = path.Segments[0];
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in collection.Fields.Keys.Concat(["id", "type"]).Order(StringComparer.Ordinal))
        {
            int distance = string.Equals(name, candidate, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name, candidate);
            bool near = distance <= MaxDistance && distance * 2 < Math.Max(name.Length, candidate.Length);
            if (near && distance < bestDistance && !string.Equals(name, candidate, StringComparison.Ordinal))
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>
    /// Optimal string alignment: least count of insertions, deletions, substitutions and swaps of neighbours (Damerau, 1964; the
    /// dynamic programme of Wagner and Fischer, 1974). Swaps count once because they are the commonest slip in typing.
    /// </summary>
    private static int Distance(string left, string right)
    {
        if (Math.Abs(left.Length - right.Length) > MaxDistance)
        {
            return int.MaxValue / 2;
        }

        int[] twoBefore = new int[right.Length + 1];
        int[] before = [.. Enumerable.Range(0, right.Length + 1)];
        int[] row = new int[right.Length + 1];
        for (int i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substituted = before[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                row[j] = Math.Min(substituted, Math.Min(before[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], twoBefore[j - 2] + 1);
                }
            }

            (twoBefore, before, row) = (before, row, twoBefore);
        }

        return before[right.Length];
    }
}

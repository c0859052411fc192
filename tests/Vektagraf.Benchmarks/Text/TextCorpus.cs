using System.Globalization;
using System.Text;
using Vektagraf.Server.Samples;

namespace Vektagraf.Benchmarks.Text;

/// <summary>Texts to search in: of each document its fields.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Fields">Names of the fields.</param>
/// <param name="Documents">Of each document the text of each field.</param>
internal sealed record TextCorpus(string Name, string[] Fields, string[][] Documents)
{
    private const int Vocabulary = 200_000;
    private const int FewestWords = 5;
    private const int MostWords = 15;

    /// <summary>The documentation that ships with the SDK, as the server's sample has it.</summary>
    public static TextCorpus DotnetDocs() => new(
        "dotnet-docs",
        ["title", "summary", "returns"],
        [.. DotnetDocsReader.Read(DotnetReferencePack.Locate()).Select(m => new[] { m.Title, m.Summary, m.Returns })]);

    /// <summary>Short documents of words whose frequencies fall as Zipf's law says: the n-th most frequent one occurs 1/n times as often as the first.</summary>
    public static TextCorpus Synthetic(int documents, int seed)
    {
        Random random = new(seed);
        string[] words = Words(random);
        double[] sums = new double[words.Length];
        double sum = 0;
        for (int rank = 0; rank < sums.Length; rank++)
        {
            sums[rank] = sum += 1.0 / (rank + 1);
        }

        string[][] texts = new string[documents][];
        StringBuilder text = new();
        for (int i = 0; i < documents; i++)
        {
            text.Clear();
            for (int left = random.Next(FewestWords, MostWords + 1); left > 0; left--)
            {
                int rank = Array.BinarySearch(sums, random.NextDouble() * sum);
                text.Append(words[Math.Min(words.Length - 1, rank < 0 ? ~rank : rank)]).Append(' ');
            }

            texts[i] = [text.ToString(0, text.Length - 1)];
        }

        return new TextCorpus(string.Create(CultureInfo.InvariantCulture, $"{documents:N0} synthetic documents of {FewestWords} to {MostWords} words, Zipf"), ["text"], texts);
    }

    /// <summary>Queries of words drawn from documents, so that frequent words are as frequent in them.</summary>
    public List<string[]> Queries(int count, int words, int seed)
    {
        Random random = new(seed);
        List<string[]> queries = [];
        while (queries.Count < count)
        {
            string[] of = [.. string.Join(' ', Documents[random.Next(Documents.Length)]).Split(' ', '.', ',', '(', ')', '<', '>', '"', '`', ':', ';', '/', '[', ']', '-', '\'')
                .Where(w => w.Length > 1 && w.All(char.IsAsciiLetter)).Select(w => w.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
            if (of.Length >= words)
            {
                random.Shuffle(of);
                queries.Add(of[..words]);
            }
        }

        return queries;
    }

    /// <summary>Different words of consonants and vowels in turn.</summary>
    private static string[] Words(Random random)
    {
        HashSet<string> words = new(StringComparer.Ordinal);
        while (words.Count < Vocabulary)
        {
            words.Add(string.Create(random.Next(3, 10), random, static (letters, random) =>
            {
                for (int i = 0; i < letters.Length; i++)
                {
                    letters[i] = i % 2 == 0 ? "bcdfghjklmnprstvw"[random.Next(17)] : "aeiou"[random.Next(5)];
                }
            }));
        }

        return [.. words];
    }
}

using System.Globalization;
using System.Text;
using Vektagraf.Collections;

namespace Vektagraf.Benchmarks.Storage;

/// <summary>
/// Objects of about 1,000 bytes of JSON, as a content store would hold: a title, an author, tags, numbers, a date, and a text of random
/// words. Words are drawn by Zipf's law from 4,000 made of syllables, so that text compresses as prose does (about 2.7 times), not as noise
/// and not as repetitions. Any object can be made at any time from its number and a version.
/// </summary>
internal static class Articles
{
    public const string Definition = """{ "fields": { "price": { "type": "number" }, "published": { "type": "datetime" }, "tags": { "type": "string[]" } } }""";

    private const int Vocabulary = 4_000;
    private const int TextBytes = 780;
    private static readonly string[] Words = MakeWords();
    private static readonly double[] Cumulative = MakeCumulative();

    /// <summary>The definition, read.</summary>
    public static CollectionDefinition ReadDefinition() => CollectionJson.Read(Encoding.UTF8.GetBytes(Definition));

    /// <summary>The id of an article.</summary>
    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"article-{number:D8}");

    /// <summary>Makes an article.</summary>
    public static ObjectDraft Make(int number, int version = 0)
    {
        var random = new SplitMix(((ulong)(uint)number << 32) | (uint)version);
        var text = new StringBuilder(TextBytes + 300);
        text.Append("{\"title\":\"");
        AppendWords(text, ref random, 40);
        text.Append(CultureInfo.InvariantCulture, $"\",\"author\":\"{Word(ref random)} {Word(ref random)}\",\"published\":\"20{random.Below(24):D2}-0{1 + random.Below(9)}-1{random.Below(10)}T0{random.Below(10)}:3{random.Below(10)}:00Z\"");
        text.Append(CultureInfo.InvariantCulture, $",\"price\":{random.Below(20_000) / 100.0},\"stock\":{random.Below(500)},\"tags\":[\"{Word(ref random)}\",\"{Word(ref random)}\"],\"text\":\"");
        AppendWords(text, ref random, TextBytes);
        text.Append("\"}");
        return new ObjectDraft { Id = Id(number), Properties = Encoding.UTF8.GetBytes(text.ToString()) };
    }

    /// <summary>Bytes of user data in an object: its id and its JSON.</summary>
    public static int Bytes(ObjectDraft article) => article.Id.Length + article.Properties.Length;

    private static void AppendWords(StringBuilder text, ref SplitMix random, int bytes)
    {
        for (int end = text.Length + bytes; text.Length < end;)
        {
            text.Append(Word(ref random)).Append(' ');
        }
    }

    private static string Word(ref SplitMix random)
    {
        int found = Array.BinarySearch(Cumulative, random.NextDouble() * Cumulative[^1]);
        return Words[Math.Min(found < 0 ? ~found : found, Vocabulary - 1)];
    }

    private static string[] MakeWords()
    {
        string[] syllables = [.. from c in "bdfghklmnprstvw" from v in new[] { "a", "e", "i", "o", "u", "an", "er", "in", "ol" } select c + v];
        var random = new SplitMix(1);
        var words = new HashSet<string>(StringComparer.Ordinal);
        while (words.Count < Vocabulary)
        {
            // Frequent words are short.
            int length = 1 + random.Below(words.Count < 200 ? 2 : 4);
            words.Add(string.Concat(Enumerable.Range(0, length).Select(_ => syllables[random.Below(syllables.Length)])));
        }

        return [.. words];
    }

    private static double[] MakeCumulative()
    {
        double[] cumulative = new double[Vocabulary];
        double sum = 0;
        for (int i = 0; i < Vocabulary; i++)
        {
            cumulative[i] = sum += 1.0 / (i + 2.7);
        }

        return cumulative;
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): starts anew for every object at no cost, which System.Random does not.</summary>
    private struct SplitMix(ulong seed)
    {
        private ulong _state = seed;

        public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

        public int Below(int limit) => (int)((UInt128)Next() * (ulong)limit >> 64);

        private ulong Next()
        {
            ulong z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}

using CsCheck;

namespace Vektagraf.Index.Tests.Text;

/// <summary>What passes over rows and blocks finds the same as what scores every row.</summary>
public class TextRankerTests
{
    private static readonly Gen<int[][]> Texts = Gen.Int[0, 11].Select(Gen.Int[0, 11], Math.Min).Array[0, 14].Array[1, 1_500];
    private static readonly Gen<(int Word, TextOccurrence Occurrence)[]> Clauses = Gen.Select(
        Gen.Int[0, 11], Gen.Frequency((6, Gen.Const(TextOccurrence.Should)), (2, Gen.Const(TextOccurrence.Must)), (1, Gen.Const(TextOccurrence.MustNot)))).Array[1, 5];

    [Fact]
    public void Search_WithPruning_EqualsScoringEveryRow() => Gen.Select(Texts, Clauses, Gen.Int[1, 30], Gen.Int[1, 4], Gen.Int[0, 3]).Sample((texts, clauses, k, parts, refused) =>
    {
        var size = Math.Max(1, texts.Length / parts);
        var runs = texts.Chunk(size).Select((chunk, i) => TextRunTests.Build(chunk, i * size)).ToList();
        var weights = Weigh(texts, clauses);
        var ranker = new TextRanker();
        ranker.Begin(k, float.NegativeInfinity);
        foreach (var run in runs)
        {
            RankedList[] lists = [.. clauses.Select((c, i) => new RankedList(run.Find(0, Term(c.Word)), weights[i], i))];
            ranker.Search(run, lists, [.. clauses.Select(c => c.Occurrence)], texts.Length, new NotEvery(refused), default(OrdinalTieBreaker), CancellationToken.None);
        }

        var expected = Enumerable.Range(0, texts.Length)
            .Where(row => Matches(texts[row], clauses) && new NotEvery(refused).Accepts(row))
            .Select(row => (Row: row, Score: Score(texts[row], clauses, weights)))
            .OrderByDescending(s => s.Score).ThenBy(s => s.Row).Take(k);
        Assert.Equal(expected, ranker.Drain(default(OrdinalTieBreaker)).ToArray().Select(n => (Row: n.Ordinal, Score: -n.Distance)));
    });

    [Fact]
    public void Search_ForAFrequentWord_ScoresFewRows()
    {
        // One row of each length in a hundred thousand; the shortest texts are the best, and blocks of longer ones are passed over.
        var random = new Random(7);
        int[][] texts = [.. Enumerable.Range(0, 100_000).Select(_ => Enumerable.Range(0, 1 + random.Next(30)).Select(i => i == 0 ? 0 : 1 + random.Next(11)).ToArray())];
        var run = TextRunTests.Build(texts, 0);
        var ranker = new TextRanker();
        ranker.Begin(10, float.NegativeInfinity);
        (int, TextOccurrence)[] clauses = [(0, TextOccurrence.Should)];
        RankedList[] lists = [new RankedList(run.Find(0, Term(0)), Weigh(texts, clauses)[0], 0)];
        ranker.Search(run, lists, [TextOccurrence.Should], texts.Length, default(AcceptAll), default(OrdinalTieBreaker), CancellationToken.None);
        Assert.Equal(10, ranker.Drain(default(OrdinalTieBreaker)).Length);
        Assert.True(ranker.Scored < texts.Length / 4, $"{ranker.Scored} rows were scored.");
    }

    [Fact]
    public void Impacts_OfAnyPostings_BoundTheirScores() => Gen.Select(Gen.Select(Gen.Int[1, 300], Gen.Int[1, 65_535]).Array[1, 200], Gen.Int[1, 100_000]).Sample((postings, average) =>
    {
        Span<byte> stored = stackalloc byte[Impacts.Bytes];
        Impacts impacts = new(stackalloc (int, int)[Impacts.Collected]);
        foreach (var (frequency, length) in postings)
        {
            impacts.Add(frequency, length);
        }

        impacts.Write(stored);
        var weight = new TermWeight(1_000, 1_000L * average, 10, 1);
        var bound = Impacts.Bound(stored, weight) * 1.00001f;
        foreach (var (frequency, length) in postings)
        {
            Assert.True(weight.Score(frequency, length) <= bound);
        }
    });

    private static byte[] Term(int word) => System.Text.Encoding.UTF8.GetBytes(TextRunTests.Name(word)[..5]);

    private static TermWeight[] Weigh(int[][] texts, (int Word, TextOccurrence Occurrence)[] clauses) => Array.ConvertAll(
        clauses, c => new TermWeight(texts.Count(t => t.Length > 0), texts.Sum(t => (long)t.Length), texts.Count(t => t.Contains(c.Word)), 1));

    private static bool Matches(int[] text, (int Word, TextOccurrence Occurrence)[] clauses)
    {
        var hasMust = Array.Exists(clauses, c => c.Occurrence == TextOccurrence.Must);
        return Array.TrueForAll(clauses, c => c.Occurrence != TextOccurrence.Must || text.Contains(c.Word))
            && !Array.Exists(clauses, c => c.Occurrence == TextOccurrence.MustNot && text.Contains(c.Word))
            && (hasMust || Array.Exists(clauses, c => c.Occurrence == TextOccurrence.Should && text.Contains(c.Word)));
    }

    private static float Score(int[] text, (int Word, TextOccurrence Occurrence)[] clauses, TermWeight[] weights)
    {
        float score = 0;
        for (var i = 0; i < clauses.Length; i++)
        {
            var frequency = text.Count(w => w == clauses[i].Word);
            score += clauses[i].Occurrence == TextOccurrence.MustNot || frequency == 0 ? 0 : weights[i].Score(frequency, text.Length);
        }

        return score;
    }

    private readonly struct NotEvery(int refused) : IOrdinalFilter
    {
        public bool Accepts(int ordinal) => refused == 0 || ordinal % 4 != refused;
    }
}

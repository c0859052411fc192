using System.Globalization;
using CsCheck;

namespace Vektagraf.Index.Tests.Text;

/// <summary>Runs of random texts against the texts themselves.</summary>
public class TextRunTests
{
    private static readonly IWordStemmer Stemmer = new FirstLetters();

    // Few words, some of them very frequent, so that lists span many blocks and frequencies vary.
    private static readonly Gen<int[][]> Texts = Gen.Int[0, 11].Select(Gen.Int[0, 11], Math.Min).Array[0, 12].Array[1, 700];

    [Fact]
    public void Find_ForEveryTerm_HasItsRowsFrequenciesAndPositions() => Texts.Sample(texts =>
    {
        var run = Build(texts, 0);
        for (var word = 0; word < 12; word++)
        {
            Assert.Equal(Expected(texts, word), Read(run, Stemmer.Stem(Name(word))));
        }
    });

    [Fact]
    public void Merge_OfRuns_IsTheRunOfAllRows() => Gen.Select(Texts, Gen.Int[1, 5]).Sample((texts, parts) =>
    {
        var size = Math.Max(1, texts.Length / parts);
        var runs = texts.Chunk(size).Select((chunk, i) => Build(chunk, i * size)).ToList();
        var merged = TextRunMerge.Merge(runs, CancellationToken.None);
        var whole = Build(texts, 0);
        Assert.Equal((whole.FirstRow, whole.RowCount, whole.MemoryBytes), (merged.FirstRow, merged.RowCount, merged.MemoryBytes));
        for (var word = 0; word < 12; word++)
        {
            Assert.Equal(Read(whole, Stemmer.Stem(Name(word))), Read(merged, Stemmer.Stem(Name(word))));
        }

        for (var end = 0; end <= texts.Length; end += 97)
        {
            Assert.Equal(whole.Count(0, end), merged.Count(0, end));
        }
    });

    [Fact]
    public void Count_BelowARow_CountsTheTextsAbove() => Gen.Select(Texts, Gen.Int[0, 720]).Sample((texts, end) =>
    {
        var run = Build(texts, 0);
        for (var word = 0; word < 12; word++)
        {
            var term = Stemmer.Stem(Name(word));
            Assert.Equal(Expected(texts, word).Count(p => p.Row < end), run.Count(0, System.Text.Encoding.UTF8.GetBytes(term), end));
        }

        Assert.Equal((texts.Take(end).Count(t => t.Length > 0), texts.Take(end).Sum(t => (long)t.Length)), run.Count(0, end));
    });

    [Fact]
    public void Skip_InAnyOrderOfSteps_FindsWhatIsThere() => Gen.Select(Texts, Gen.Int[0, 60].Array[1, 40], Gen.Int[0, 11]).Sample((texts, steps, word) =>
    {
        var rows = Expected(texts, word).Select(p => p.Row).ToList();
        var cursor = new PostingCursor();
        cursor.Open(Build(texts, 0).Find(0, System.Text.Encoding.UTF8.GetBytes(Stemmer.Stem(Name(word)))));
        var target = 0;
        foreach (var step in steps)
        {
            target += step;
            if (step % 3 == 0)
            {
                cursor.SkipTo(target);
                Assert.True(cursor.Row <= rows.Where(r => r >= target).DefaultIfEmpty(PostingCursor.End).First());
            }

            Assert.Equal(rows.Where(r => r >= target).DefaultIfEmpty(PostingCursor.End).First(), cursor.Advance(target));
        }
    });

    [Fact]
    public void Find_WhenTheTermIsNotThere_IsEmpty()
    {
        var run = Build([[1, 2]], 0);
        Assert.True(run.Find(0, "none"u8).IsEmpty);
        Assert.True(run.Find(0, ""u8).IsEmpty);
    }

    internal static string Name(int word) => "word" + (char)('a' + word) + (word % 2 == 0 ? "s" : "ed");

    internal static TextRun Build(int[][] texts, int firstRow)
    {
        var builder = new TextRunBuilder(1, Stemmer);
        foreach (var text in texts)
        {
            for (var i = 0; i < text.Length; i++)
            {
                builder.Add(0, Name(text[i]), i);
            }

            builder.SetLength(0, text.Length);
            builder.EndRow();
        }

        return builder.Build(firstRow);
    }

    private static List<(int Row, string Positions)> Expected(int[][] texts, int word) =>
        [.. texts.Select((text, row) => (Row: row, Positions: Text(Enumerable.Range(0, text.Length).Where(i => text[i] == word)))).Where(p => p.Positions.Length > 0)];

    private static List<(int Row, string Positions)> Read(TextRun run, string term)
    {
        var cursor = new PostingCursor();
        cursor.Open(run.Find(0, System.Text.Encoding.UTF8.GetBytes(term)));
        var read = new List<(int, string)>();
        var positions = new List<int>();
        for (var row = cursor.Advance(0); row != PostingCursor.End; row = cursor.Next())
        {
            cursor.ReadPositions(positions);
            Assert.Equal(positions.Count, cursor.Frequency);
            read.Add((row, Text(positions)));
        }

        return read;
    }

    private static string Text(IEnumerable<int> positions) => string.Join(' ', positions.Select(p => p.ToString(CultureInfo.InvariantCulture)));

    private sealed class FirstLetters : IWordStemmer
    {
        public string Stem(string word) => word[..5];
    }
}
